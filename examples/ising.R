#!/usr/bin/env Rscript
# Learn the 2-D Ising model from its energy alone, without data: a variational autoregressive network (Wu, Wang and
# Zhang 2019), <https://arxiv.org/abs/1809.10606>.
#
# Spins s = -1, 1 on a periodic L x L lattice have the energy E(s) = -sum of s_i s_j over neighbours, and the probability
# exp(-beta E) / Z. A Gated PixelCNN draws lattices and knows log p of each, so the mean of E + log p / beta is an upper
# bound of the free energy F = -log(Z) / beta. The gradient of beta times this bound is the mean of (beta E + log p - b)
# times the gradient of log p (the score function), where the baseline b is the mean of beta E + log p. So a training step
# is `train_on_batch` on drawn lattices, with b - beta E - log p as the weights of the images.
#
# Flipped spins have the same energy. So p(s) is (q(s) + q(-s)) / 2, where q is the network's distribution. Otherwise the
# network may learn one sign of the magnetisation only, which costs log 2 nats.
#
#   Rscript examples/ising.R              16x16 at the critical temperature, about eight minutes on one core
#   Rscript examples/ising.R --beta=0.3   another inverse temperature
#   Rscript examples/ising.R --quick      a few steps on 4x4, to see how it works
#
# The script prints the free energy per site of the model, of the importance weights exp(-beta E) / p, and its exact value
# (Kaufman 1949, <https://doi.org/10.1103/PhysRev.76.1232>); the effective sample size; and the acceptance rate of a
# Metropolis chain whose proposals are draws. The figure has drawn lattices.

library(pixelcnn)

arguments <- commandArgs(trailingOnly = TRUE)
stopifnot("arguments are --quick and --beta=NUMBER" = grepl("^--(quick|beta=.+)$", arguments))
quick <- "--quick" %in% arguments
beta <- as.numeric(c(sub("--beta=", "", grep("^--beta=", arguments, value = TRUE)), log(1 + sqrt(2)) / 2)[[1]])
side <- if (quick) 4 else 16
steps <- if (quick) 30 else 800
batch <- if (quick) 64 else 128
draws <- if (quick) 256 else 4096
sites <- side^2
set.seed(1)

# Energies of lattices (n, L, L, 1) of levels 0 and 1, which stand for the spins -1 and 1.
energy <- function(lattices) {
  spins <- 2 * as.array(lattices)[, , , 1] - 1
  next_one <- c(2:side, 1)
  -rowSums(spins * (spins[, next_one, ] + spins[, , next_one]), dims = 1)
}

# Log Z of a periodic lattice, by Kaufman's formula.
log_partition <- function(beta) {
  gamma <- acosh(cosh(2 * beta) / tanh(2 * beta) - cos(pi * seq(0, 2 * side - 1) / side))
  gamma[[1]] <- 2 * beta + log(tanh(beta)) # negative above the critical temperature
  half <- side * gamma / 2
  log_cosh <- abs(half) + log1p(exp(-2 * abs(half)))
  log_sinh <- abs(half) + log(-expm1(-2 * abs(half)))
  odd <- seq(2, 2 * side, 2) # the first has the number 0
  terms <- c(sum(log_cosh[odd]), sum(log_sinh[odd]), sum(log_cosh[-odd]), sum(log_sinh[-odd]))
  sites / 2 * log(2 * sinh(2 * beta)) - log(2) + max(terms) + log(sum(c(1, 1, 1, sign(gamma[[1]])) * exp(terms - max(terms))))
}

log_mean_exp <- function(x) max(x) + log(mean(exp(x - max(x))))

dist <- gated_pixel_cnn(c(side, side, 1), num_blocks = max(1, side - 4), num_filters = 16, high = 1)
rate <- reticulate::import("keras")$optimizers$schedules$CosineDecay(2e-3, as.integer(steps))
dist |> compile(optimizer = reticulate::import("keras")$optimizers$Adam(rate, clipnorm = 1))

# Log-probabilities in nats of lattices, of the same lattices with all spins flipped, and of both together.
log_probs <- function(lattices) {
  own <- log_prob(dist, lattices)
  flipped <- log_prob(dist, 1L - lattices)
  largest <- pmax(own, flipped)
  list(own = own, flipped = flipped, both = largest + log(exp(own - largest) + exp(flipped - largest)) - log(2))
}

for (step in seq_len(steps)) {
  warm <- beta * min(1, 2 * step / steps) # cools from infinite temperature, so that no phase is missed
  lattices <- sample_images(dist, batch, seed = step, verbose = FALSE)
  nats <- log_probs(lattices)
  action <- warm * energy(lattices) + nats$both
  shares <- exp(c(nats$own, nats$flipped) - log(2) - nats$both)
  both <- as.array(c(lattices, 1L - lattices))
  invisible(dist$train_on_batch(both, sample_weight = rep(mean(action) - action, 2) * shares))
  if (step %% 50 == 1 || step == steps) cat(sprintf("step %d: beta %.3f, F per site %.4f\n", step, warm, mean(action) / (warm * sites)))
}

lattices <- sample_images(dist, draws, seed = steps + 1, verbose = FALSE)
log_weights <- -beta * energy(lattices) - log_probs(lattices)$both
weights <- exp(log_weights - max(log_weights))
state <- 1
moves <- 0
for (index in seq_len(draws)[-1]) {
  accepts <- runif(1) < exp(log_weights[[index]] - log_weights[[state]])
  moves <- moves + accepts
  if (accepts) state <- index
}
free_energy <- function(log_z) -log_z / (beta * sites)
cat(sprintf("free energy per site, the model's bound: %.5f\n", free_energy(mean(log_weights))))
cat(sprintf("free energy per site, importance weights: %.5f\n", free_energy(log_mean_exp(log_weights))))
cat(sprintf("free energy per site, exact: %.5f\n", free_energy(log_partition(beta))))
cat(sprintf("effective sample size: %.1f%% of %d draws\n", 100 * sum(weights)^2 / sum(weights^2) / draws, draws))
cat(sprintf("Metropolis chain: %.1f%% of the proposals accepted\n", 100 * moves / (draws - 1)))

png("ising.png", width = 56 * 8, height = 56)
plot_images(lattices[1:8], columns = 8, high = 1)
invisible(dev.off())
cat("Wrote ising.png.\n")
