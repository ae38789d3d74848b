"""Train an unconditional PixelCNN++ on gray digits: the model in the documentation of `tfp.distributions.PixelCNN`,
<https://www.tensorflow.org/probability/api_docs/python/tfp/distributions/PixelCNN>, with digits padded to 32x32 and
batches of 128.

A pixel's gray level is drawn from a mixture of five logistics. The lowest level, the empty ground, gets the
probability of the whole lower tail of the mixture.

    python examples/mnist_mixture.py               ten epochs, as in the documentation
    python examples/mnist_mixture.py --epochs 2    fewer
    python examples/mnist_mixture.py --quick       a few digits, to see how it works

The script prints the bits/dim of the test digits, and writes a figure of generated digits below real digits. The script
reads mnist/mnist.npz in the folder PIXELCNN_DATA if this variable is set, else downloads the digits.
"""

import argparse

import keras
import numpy as np

import pixelcnn

parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--quick", action="store_true", help="one epoch of a few digits")
arguments = parser.parse_args()
keras.utils.set_random_seed(0)


def padded(images):
    """Add two empty pixels on each side: (N, 28, 28, 1) -> (N, 32, 32, 1)."""
    return np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))


training, test = (padded(pixelcnn.data.mnist(split=split).images) for split in ("train", "test"))
if arguments.quick:
    training, test = training[:32], test[:16]

dist = pixelcnn.PixelCNNPlusPlus(
    image_shape=(32, 32, 1),
    num_resnet=1,
    num_hierarchies=2,
    num_filters=32,
    num_logistic_mix=5,
    dropout_p=0.3,
)
dist.compile(optimizer=keras.optimizers.Adam(1e-3))
dist.fit(training, epochs=1 if arguments.quick else arguments.epochs, batch_size=128, verbose=2)
print(f"{dist.bits_per_dim(test).mean():.3f} bits/dim on {len(test)} test images")

rows = 4 if arguments.quick else 16
generated = dist.sample(rows, seed=0)
figure = pixelcnn.plot.real_vs_generated(test[None, :rows], generated[None], ["digits"])
pixelcnn.plot.save(figure, "mnist_mixture.png")
print("Wrote mnist_mixture.png.")
