"""The model of O'Reilly's article 'Using TensorFlow to generate images with PixelRNNs', as published and corrected:
<https://www.oreilly.com/ideas/using-tensorflow-to-generate-images-with-pixelrnns>.

As published, all layers behind the first are 1x1, so that a pixel sees its 7x7 neighbourhood and no more. The corrected
model is the PixelCNN of the paper: layers of 3x3 with residual connections.

    python examples/mnist_pixelrnn.py            the article's 20 epochs
    python examples/mnist_pixelrnn.py --quick    a look at how it works

For each of the two it prints the nats of binarised test images and writes digits that it made up, and digits of which
it saw the upper half, completed. Digits come from mnist/mnist.npz in the folder PIXELCNN_DATA where that is set, else
from Keras' download.
"""

import os
import sys
from pathlib import Path

import keras
import numpy as np

import pixelcnn
from pixelcnn.layers import MaskedConv2D

quick = "--quick" in sys.argv[1:]
random = np.random.default_rng(0)
IMAGE_SHAPE = (28, 28, 1)


def gray_digits():
    """Training and test images as probabilities of ink, (N, 28, 28, 1)."""
    folder = os.environ.get("PIXELCNN_DATA")
    if folder:
        with np.load(Path(folder) / "mnist" / "mnist.npz") as file:
            images = file["x_train"], file["x_test"]
    else:
        (training, _), (test, _) = keras.datasets.mnist.load_data()
        images = training, test
    return [part[..., None] / 255 for part in images]


def binarized(gray):
    """Ink where a coin of the pixel's own probability falls so."""
    return (random.random(gray.shape) < gray).astype("uint8")


class Batches(keras.utils.PyDataset):
    """Batches of 100 digits, binarised anew each time that they are seen; `targets` says whether Keras gets them as
    targets too.
    """

    def __init__(self, gray, targets):
        super().__init__()
        self.gray, self.targets = gray, targets

    def __len__(self):
        return len(self.gray) // 100

    def __getitem__(self, index):
        images = binarized(self.gray[100 * index : 100 * (index + 1)])
        return (images, images) if self.targets else (images,)

    def on_epoch_end(self):
        random.shuffle(self.gray)


def article_optimizer():
    return keras.optimizers.RMSprop(1e-3, clipvalue=1.0)


class Published:
    """The article's network: log-odds of ink, from 7x7 pixels under mask A and layers of 1x1."""

    def __init__(self):
        inputs = keras.Input(IMAGE_SHAPE)
        x = MaskedConv2D(16, 7, "A")(inputs)
        for _ in range(7):
            x = MaskedConv2D(3, 1, "B")(x)
        for _ in range(2):
            x = keras.layers.ReLU()(MaskedConv2D(32, 1, "B")(x))
        self.network = keras.Model(inputs, MaskedConv2D(1, 1, "B")(x))
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        self.network.compile(article_optimizer(), loss=loss)

    def fit(self, gray, epochs):
        self.network.fit(Batches(gray, targets=True), epochs=epochs, verbose=2)

    def nats(self, images):
        return self.network.evaluate(images, images, verbose=0) * images[0].size

    def sample(self, count):
        return self.complete(np.zeros((count, *IMAGE_SHAPE)), np.zeros(IMAGE_SHAPE[:2], bool))

    def complete(self, images, known):
        """One pass of the whole network for each pixel, as in the article."""
        images = np.where(known[..., None], images, 0).astype("float32")
        for row, column in np.argwhere(~known):
            odds = self.network.predict_on_batch(images)[:, row, column]
            images[:, row, column] = random.random(odds.shape) < 1 / (1 + np.exp(-odds))
        return images.astype("uint8")


class Corrected:
    """The paper's PixelCNN, of about the article's width: 16 features inside its blocks."""

    def __init__(self):
        self.distribution = pixelcnn.PixelCNN(IMAGE_SHAPE, high=1, head="bernoulli", num_blocks=7, num_filters=32)
        self.distribution.compile(article_optimizer())

    def fit(self, gray, epochs):
        self.distribution.fit(Batches(gray, targets=False), epochs=epochs, verbose=2)

    def nats(self, images):
        return -self.distribution.log_prob(images).mean()

    def sample(self, count):
        return self.distribution.sample(count, seed=0)

    def complete(self, images, known):
        return self.distribution.complete(images, known, seed=0)


training, test = gray_digits()
if quick:
    training, test = training[:500], test[:100]
test = binarized(test)
upper_half = np.repeat(np.arange(28)[:, None] < 14, 28, axis=1)

for model in (Published(), Corrected()):
    name = f"mnist_pixelrnn_{type(model).__name__.lower()}"
    model.fit(training.copy(), epochs=1 if quick else 20)
    print(f"{type(model).__name__}: {model.nats(test):.1f} nats on {len(test)} test images")
    generated = model.sample(9 if quick else 100)
    pixelcnn.plot.save(pixelcnn.plot.grid(generated, high=1), f"{name}_generated.png")
    original = test[:8]
    occluded, completed = np.where(upper_half[..., None], original, 0), model.complete(original, upper_half)
    pixelcnn.plot.save(pixelcnn.plot.completion(original, occluded, completed, high=1), f"{name}_completed.png")
    print(f"Wrote {name}_generated.png and {name}_completed.png.")
