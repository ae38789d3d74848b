"""A layer of a new kind takes part in every way of going through an image, with no line changed outside this file."""

import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from pixelcnn.layers.raster_convolution import GroupedPointwise
from pixelcnn.networks.one_stack import OneStackNetwork
from pixelcnn.networks.pixel_cnn import ResidualBlock
from pixelcnn.traversal import WHOLE_IMAGE, Memory, Remembering

FILTERS = 4
IMAGE_SHAPE = (6, 5, 1)


class MeanSoFar(Remembering):
    """The mean of a row's features up to the current column; it remembers their sum, and how many they are."""

    def __init__(self):
        self.memory = Memory(FILTERS + 1, columns=1)

    def image(self, x):
        counts = np.arange(1, x.shape[2] + 1)[:, None]
        return ops.cumsum(x, axis=2) / ops.cast(counts, x.dtype)

    def rows(self, x, above):
        assert above is None  # the key has no rows
        return self.image(x), None

    def pixel(self, x, above, left):
        summed = left + ops.concatenate([x, ops.ones_like(x[..., :1])], axis=-1)
        return summed[..., :FILTERS] / summed[..., FILTERS:], summed


class SumAbove(Remembering):
    """The sum of the features of all rows above in the same column, half of it forgotten with each row."""

    def __init__(self):
        self.memory = Memory(FILTERS, rows=1)

    def image(self, x):
        return self.rows(x, ops.zeros_like(x[:, :1]))[0]

    def rows(self, x, above):
        sums = []
        for row in range(x.shape[1]):
            sums.append(above)
            above = 0.5 * (above + x[:, row : row + 1])
        return ops.concatenate(sums, axis=1), above

    def from_row_above(self, above):
        return above

    def pixel(self, x, above, left):
        assert left is None  # the key has no columns
        return above, 0.5 * (above + x)


class Block(keras.layers.Layer):
    def __init__(self, layer, name, dtype):
        super().__init__(name=name, dtype=dtype)
        self.layer = layer
        self.expand = GroupedPointwise(FILTERS, "B", 1, FILTERS, name=f"{name}_expand")
        self.built = True

    def linear_layers(self):
        return (self.expand,)

    def horizontal_layers(self):
        return (self.layer,)

    def call(self, x, condition=None, traversal=WHOLE_IMAGE, training=None):
        return x + self.expand(traversal.recur(self.layer, ops.tanh(x)))


@pytest.fixture(scope="module")
def distribution():
    keras.utils.set_random_seed(0)
    made = pixelcnn.PixelCNN(IMAGE_SHAPE, high=3, num_blocks=1, num_filters=FILTERS, dtype="float64")
    blocks = [
        Block(MeanSoFar(), "mean", "float64"),
        ResidualBlock(FILTERS, 1, 0.0, "residual", "float64"),
        Block(SumAbove(), "sum", "float64"),
    ]
    made._make_network(OneStackNetwork, num_filters=FILTERS, blocks=blocks, condition_filters=0)
    return made


@pytest.mark.quick
@pytest.mark.parametrize("method", ["naive", "jacobi"])
def test_it_samples_exactly(distribution, method):
    drawn = distribution.sample(4, seed=0, verbose=0)
    assert np.unique(drawn).size == 4
    assert np.array_equal(drawn, distribution.sample(4, seed=0, method=method, verbose=0))


@pytest.mark.quick
def test_it_completes_exactly(distribution):
    drawn = distribution.sample(4, seed=0, verbose=0)
    images, mask = pixelcnn.occlude(drawn, rows=3)
    assert np.array_equal(distribution.complete(images, mask, seed=0, verbose=0), drawn)


@pytest.mark.quick
def test_it_goes_on_with_particles(distribution):
    images = distribution.sample(2, seed=1, verbose=0)
    mask = np.arange(30).reshape(6, 5) % 7 < 3
    given = {"seed": 0, "num_particles": 3, "verbose": 0}
    cached = distribution.complete(images, mask, **given)
    assert np.array_equal(cached, distribution.complete(images, mask, method="naive", **given))
