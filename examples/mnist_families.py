"""Train the families of two papers on binarised digits: PixelCNN and PixelRNN (van den Oord, Kalchbrenner, Kavukcuoglu
2016, <https://arxiv.org/abs/1601.06759>) and Gated PixelCNN (van den Oord et al. 2016,
<https://arxiv.org/abs/1606.05328>).

The papers report 81.30 nats for PixelCNN, 80.54 for seven layers of Row LSTMs and 79.20 for seven layers of
Diagonal BiLSTMs, with networks that are several times as wide as these.

    python examples/mnist_families.py                                        twenty epochs of all four: for a GPU
    python examples/mnist_families.py --families row diagonal --epochs 2     less, of the recurrent networks
    python examples/mnist_families.py --quick                                small networks, to see how all four work

For each family the script prints the nats of test digits, and writes a figure of generated digits and a figure of
completed digits, whose upper half was known. The digits are the papers' fixed binarisation. The script reads
mnist/binarized_mnist.npz in the folder PIXELCNN_DATA if this variable is set, else downloads the digits.
"""

import argparse

import keras

import pixelcnn

# The convolutional networks are deep, because each block sees one more row above and digits are 20 rows high.
FAMILIES = {
    "pixel_cnn": (pixelcnn.PixelCNN, {"num_blocks": 16, "num_filters": 48}),
    "gated_pixel_cnn": (pixelcnn.GatedPixelCNN, {"num_blocks": 16, "num_filters": 24}),
    "row": (pixelcnn.PixelRNN, {"cell": "row", "num_layers": 7, "num_filters": 32}),
    "diagonal": (pixelcnn.PixelRNN, {"cell": "diagonal", "num_layers": 7, "num_filters": 32}),
}
LEARNING_RATE = 2e-3

parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
parser.add_argument(
    "--families", nargs="+", choices=FAMILIES, default=list(FAMILIES), help="families to train; default: all"
)
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--quick", action="store_true", help="a few steps of narrow, shallow networks")
arguments = parser.parse_args()

training, test = (pixelcnn.data.mnist("fixed", split=split).images for split in ("train", "test"))
epochs, batch_size, digits = arguments.epochs, 8, 64
if arguments.quick:
    training, test, epochs, digits = training[:16], test[::1000], 1, 4
steps = len(training) // batch_size * epochs

for name in arguments.families:
    keras.utils.set_random_seed(0)
    family, size = FAMILIES[name]
    if arguments.quick:
        size = {key: min(value, 8) if key == "num_filters" else value for key, value in size.items()}
        size |= {key: 1 for key in size if key in ("num_blocks", "num_layers")}
    dist = family((28, 28, 1), high=1, **size)

    rate = keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=LEARNING_RATE, warmup_steps=steps // 20)
    # Weights that are averaged over the last steps give a better likelihood than the weights of one step.
    dist.compile(optimizer=keras.optimizers.Adam(rate), ema_momentum=0.999)
    dist.fit(training, epochs=epochs, batch_size=batch_size, verbose=2)
    print(f"{name}: {-dist.log_prob(test).mean():.2f} nats on {len(test)} test images")

    pixelcnn.plot.save(pixelcnn.plot.grid(dist.sample(digits, seed=0), high=1), f"mnist_{name}_generated.png")
    original = test[:: len(test) // 8][:8]
    occluded = pixelcnn.occlude(original, rows=14)
    figure = pixelcnn.plot.completion(original, occluded, dist.complete(*occluded, seed=0), high=1)
    pixelcnn.plot.save(figure, f"mnist_{name}_completed.png")
    print(f"Wrote mnist_{name}_generated.png and mnist_{name}_completed.png.")
