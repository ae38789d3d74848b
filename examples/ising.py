"""Learn the 2-D Ising model from its energy alone, without data: a variational autoregressive network (Wu, Wang and
Zhang 2019), <https://arxiv.org/abs/1809.10606>.

Spins s = ±1 on a periodic L x L lattice have the energy E(s) = -sum of s_i s_j over neighbours, and the probability
exp(-beta E) / Z. A Gated PixelCNN draws lattices and knows log p of each, so the mean of E + log p / beta is an upper
bound of the free energy F = -log(Z) / beta. The gradient of beta times this bound is the mean of (beta E + log p - b)
times the gradient of log p (the score function), where the baseline b is the mean of beta E + log p. So a training step
is `train_on_batch` on drawn lattices, with b - beta E - log p as the weights of the images.

Flipped spins have the same energy. So p(s) is (q(s) + q(-s)) / 2, where q is the network's distribution. Otherwise the
network may learn one sign of the magnetisation only, which costs log 2 nats.

Because log p is exact, draws also give unbiased results: as importance weights exp(-beta E) / p, and as proposals of a
Metropolis chain, which accepts or rejects whole lattices.

    python examples/ising.py                  16x16 at the critical temperature, about eight minutes on one core
    python examples/ising.py --beta 0.3       another inverse temperature
    python examples/ising.py --side 8         a smaller lattice
    python examples/ising.py --steps 200      fewer steps
    python examples/ising.py --quick          a few steps on 4x4, to see how it works

The script prints the free energy per site of the model, of the importance weights, and its exact value (Kaufman 1949,
<https://doi.org/10.1103/PhysRev.76.1232>); the effective sample size; and the acceptance rate and the mean energy of
the chain. The figure has drawn lattices above, and lattices of the chain below.
"""

import argparse
import math

import keras
import numpy as np

import pixelcnn

CRITICAL = math.log(1 + math.sqrt(2)) / 2

parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
parser.add_argument("--side", type=int, help="L; 16 without --quick")
parser.add_argument(
    "--beta", type=float, default=CRITICAL, help="inverse temperature; 0.4407, the critical one, by default"
)
parser.add_argument("--steps", type=int, help="training steps; 800 without --quick")
parser.add_argument("--quick", action="store_true", help="a few steps on a small lattice")
arguments = parser.parse_args()
side = arguments.side or (4 if arguments.quick else 16)
steps = arguments.steps or (30 if arguments.quick else 800)
batch, draws = (64, 256) if arguments.quick else (128, 4096)
beta, sites = arguments.beta, side * side
keras.utils.set_random_seed(0)


def energy(lattices):
    """Energies (B,) of lattices (B, L, L, 1) of levels 0 and 1, which stand for the spins -1 and 1."""
    spins = 2.0 * lattices[..., 0] - 1
    neighbours = np.roll(spins, 1, axis=1) + np.roll(spins, 1, axis=2)
    return -np.sum(spins * neighbours, axis=(1, 2))


def log_partition(beta, side):
    """Log Z of a periodic lattice, by Kaufman's formula."""
    at = np.pi * np.arange(2 * side) / side
    gamma = np.arccosh(np.cosh(2 * beta) / np.tanh(2 * beta) - np.cos(at))
    gamma[0] = 2 * beta + math.log(math.tanh(beta))  # negative above the critical temperature
    half = side * gamma / 2
    log_cosh, log_sinh = np.logaddexp(half, -half), np.log(np.abs(np.expm1(-2 * half))) + half
    terms = [log_cosh[1::2].sum(), log_sinh[1::2].sum(), log_cosh[::2].sum(), log_sinh[::2].sum()]
    largest = max(terms)
    total = np.sum(np.array([1, 1, 1, np.sign(gamma[0])]) * np.exp(np.array(terms) - largest))
    return side * side / 2 * math.log(2 * math.sinh(2 * beta)) - math.log(2) + largest + math.log(total)


def free_energy(log_z):
    """Free energy per site."""
    return -log_z / (beta * sites)


def log_probs(lattices):
    """Log-probabilities (2, B) in nats of lattices and of the same lattices with all spins flipped."""
    return dist.log_prob(np.stack([lattices, 1 - lattices]), batch_size=256)


# At column L - 1 a spin touches column 0 across the border, so the network must reach as far as the lattice.
dist = pixelcnn.GatedPixelCNN((side, side, 1), num_blocks=max(1, side - 4), num_filters=16, high=1)
dist.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps), clipnorm=1.0))
for step in range(steps):
    warm = beta * min(1, 2 * (step + 1) / steps)  # cools from infinite temperature, so that no phase is missed
    lattices = dist.sample(batch, seed=step, verbose=0)
    both = log_probs(lattices)
    log_p = np.logaddexp(*both) - math.log(2)
    action = warm * energy(lattices) + log_p
    weights = (action.mean() - action) * np.exp(both - np.logaddexp(*both))
    dist.train_on_batch(np.concatenate([lattices, 1 - lattices]), sample_weight=weights.reshape(-1))
    if step % 50 == 0 or step == steps - 1:
        print(f"step {step}: beta {warm:.3f}, F per site {action.mean() / (warm * sites):.4f}", flush=True)

lattices = dist.sample(draws, seed=steps, verbose=0)
flipped = np.random.default_rng(0).integers(2, size=(draws, 1, 1, 1))
lattices = (lattices + flipped) % 2  # p draws a lattice of q, and flips its spins or not
log_weights = -beta * energy(lattices) - np.logaddexp(*log_probs(lattices)) + math.log(2)
weights = np.exp(log_weights - log_weights.max())
log_z = math.log(weights.mean()) + log_weights.max()
exact = log_partition(beta, side)
step = 1e-5
exact_energy = -(log_partition(beta + step, side) - log_partition(beta - step, side)) / (2 * step * sites)

chain = [0]  # indices of the lattices that a Metropolis chain visits; each proposal is the next draw
accepted = np.random.default_rng(0).uniform(size=draws)
for index in range(1, draws):
    accepts = accepted[index] < math.exp(min(0.0, log_weights[index] - log_weights[chain[-1]]))
    chain.append(index if accepts else chain[-1])
moved = np.mean(np.diff(chain) > 0)

print(f"free energy per site, the model's bound: {free_energy(log_weights.mean()):.5f}")
print(f"free energy per site, importance weights: {free_energy(log_z):.5f}")
print(f"free energy per site, exact: {free_energy(exact):.5f}")
print(f"effective sample size: {weights.sum() ** 2 / np.sum(weights**2) / draws:.1%} of {draws} draws")
print(f"Metropolis chain: {moved:.1%} of the proposals accepted")
energies = energy(lattices) / sites
print(f"energy per site: model {energies.mean():.4f}, chain {energies[chain].mean():.4f}, exact {exact_energy:.4f}")

columns = 8
shown = np.concatenate([lattices[:columns], lattices[chain][:: draws // columns][:columns]])
pixelcnn.plot.save(pixelcnn.plot.grid(shown, columns, high=1), "ising.png")
print("Wrote ising.png.")
