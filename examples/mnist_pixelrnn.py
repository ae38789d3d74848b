"""Train the model of O'Reilly's article 'Using TensorFlow to generate images with PixelRNNs', published and corrected:
<https://www.oreilly.com/ideas/using-tensorflow-to-generate-images-with-pixelrnns>.

As published, all layers after the first are 1x1, so that a pixel depends only on its 7x7 neighbourhood. The corrected
model is the PixelCNN of the paper, with blocks of 3x3 layers and residual connections, and is about as wide as the
article's model.

    python examples/mnist_pixelrnn.py               the article's 20 epochs
    python examples/mnist_pixelrnn.py --epochs 3    fewer
    python examples/mnist_pixelrnn.py --quick       a few digits, to see how it works

For each model the script prints the nats of binarised test digits, and writes a figure of generated digits and a figure
of completed digits, whose upper half was known. The script reads mnist/mnist.npz in the folder PIXELCNN_DATA if this
variable is set, else downloads the digits.
"""

import argparse
import time

import keras
import numpy as np
from keras import ops

import pixelcnn
from pixelcnn.layers import MaskedConv2D

IMAGE_SHAPE = (28, 28, 1)

parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--quick", action="store_true", help="one epoch of a few digits")
arguments = parser.parse_args()
keras.utils.set_random_seed(0)


class Published(keras.Model):
    """The article's network, which returns log-odds of ink: a 7x7 layer with mask A, then 1x1 layers."""

    def __init__(self):
        super().__init__()
        layers = [MaskedConv2D(16, 7, "A"), *(MaskedConv2D(3, 1, "B") for _ in range(7))]
        layers += [layer for _ in range(2) for layer in (MaskedConv2D(32, 1, "B"), keras.layers.ReLU())]
        self.network = keras.Sequential([keras.Input(IMAGE_SHAPE), *layers, MaskedConv2D(1, 1, "B")])

    def call(self, images):
        return self.network(ops.cast(images, "float32"))

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        nats = ops.binary_crossentropy(ops.cast(x, "float32"), y_pred, from_logits=True)
        return ops.mean(ops.sum(nats, axis=(1, 2, 3)))

    def log_prob(self, images):
        odds = self.predict(images, verbose=0)
        return (images * odds - np.logaddexp(0, odds)).sum(axis=(1, 2, 3))

    def sample(self, count, seed):
        return self.complete(np.zeros((count, *IMAGE_SHAPE)), np.zeros(IMAGE_SHAPE[:2], bool), seed)

    def complete(self, images, mask, seed):
        """Apply the whole network once for each pixel, as in the article."""
        random = np.random.default_rng(seed)
        images = np.where(mask[..., None], images, 0).astype("float32")
        for row, column in np.argwhere(~mask):
            odds = self.predict_on_batch(images)[:, row, column]
            images[:, row, column] = random.random(odds.shape) < 1 / (1 + np.exp(-odds))
        return images.astype("uint8")


# Training digits are binarised again in each epoch; test digits are binarised once.
training = pixelcnn.data.mnist("dynamic", batch_size=100)
test = pixelcnn.data.mnist("dynamic", split="test").images
epochs = 1 if arguments.quick else arguments.epochs
if arguments.quick:
    training.images, training.labels, test = training.images[:100], training.labels[:100], test[:20]

corrected = pixelcnn.PixelCNN(IMAGE_SHAPE, high=1, head="bernoulli", num_blocks=7, num_filters=32)
for name, model in (("published", Published()), ("corrected", corrected)):
    training.set_epoch(0)
    # The article clips gradients at 1 for a mean over pixels; this loss is a sum over 28 x 28 pixels.
    model.compile(optimizer=keras.optimizers.RMSprop(1e-3, clipvalue=28 * 28))
    started = time.process_time()
    model.fit(training, epochs=epochs, verbose=2)
    minutes = (time.process_time() - started) / 60
    nats = -model.log_prob(test).mean()
    spent = f"{epochs} epochs, {minutes:.1f} CPU minutes of training"
    print(f"{name}: {nats:.2f} nats on {len(test)} test images after {spent}")

    generated = model.sample(9 if arguments.quick else 100, seed=0)
    pixelcnn.plot.save(pixelcnn.plot.grid(generated, high=1), f"mnist_pixelrnn_{name}_generated.png")

    original = test[:8]
    occluded = pixelcnn.occlude(original, rows=14)
    completed = model.complete(*occluded, seed=0)
    figure = pixelcnn.plot.completion(original, occluded, completed, high=1)
    pixelcnn.plot.save(figure, f"mnist_pixelrnn_{name}_completed.png")
    print(f"Wrote mnist_pixelrnn_{name}_generated.png and mnist_pixelrnn_{name}_completed.png.")
