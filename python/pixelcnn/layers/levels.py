"""How a network reads levels: as numbers, or as names that have learned features.

Both classes have the same members: `num_features` of a pixel, `width` with the channels of ones behind these features,
`add_weights`, and a call from levels (…, C) to features (…, width). Feature i belongs to channel i mod C, as in all
layers with groups of channels.
"""

import math

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.layers import budget
from pixelcnn.layers.linear import uniform

LEVELS = ("ordinal", "categorical")


class ScaledLevels:
    """Levels that are numbers: each becomes one feature, the level scaled to [-1, 1].

    Args:
        channels: Number of channels C.
        scale: Function from levels to [-1, 1].
        ones: Number of channels of ones.
        dtype: Data type of the features.
    """

    def __init__(self, channels, scale, ones, dtype):
        self.num_features, self.width = channels, channels + ones
        self.scale, self.dtype = scale, dtype

    def add_weights(self):
        """Make no weights."""

    def __call__(self, levels):
        """Features (…, width) of levels (…, C)."""
        return _with_ones(ops.cast(self.scale(levels), self.dtype), self.width)


class EmbeddedLevels(keras.layers.Layer):
    """Levels that are names: each level of each channel has E learned features. The features of a level that does not
    exist are zeros.

    A lookup finds the features, not a product with one-hot vectors, because these would take L numbers for each
    sub-pixel, as many as the parameters of a softmax.

    Args:
        channels: Number of channels C.
        low, high: Smallest and largest level.
        embedding_dim: Number of features E of a level.
        ones: Number of channels of ones. With one of them no level's features are those of the zeros around an image.
        name, dtype: As in `keras.layers.Layer`.
    """

    def __init__(self, channels, low, high, embedding_dim, ones, name, dtype):
        # Without autocast, because half precision cannot hold all levels.
        super().__init__(name=name, dtype=dtype, autocast=False)
        self.channels, self.low, self.count, self.embedding_dim = channels, low, high - low + 1, embedding_dim
        self.table_shape = channels, self.count, embedding_dim
        self.num_weights = math.prod(self.table_shape)
        budget.take(*self.table_shape)
        self.num_features, self.width = channels * embedding_dim, channels * embedding_dim + ones

    def add_weights(self):
        """Make the table (C, L, E). Its values begin in [-1, 1], the range of scaled levels."""
        initializer = uniform(1.0)
        self.table = self.add_weight(name="table", shape=self.table_shape, initializer=initializer, autocast=False)
        self.built = True

    def call(self, levels):
        """Features (…, width) of levels (…, C)."""
        table = ops.reshape(ops.convert_to_tensor(self.table), (-1, self.embedding_dim))
        index = ops.cast(levels, "int32") - self.low
        exists = ops.logical_and(index >= 0, index < self.count)
        rows = ops.where(exists, index, 0) + ops.arange(self.channels, dtype="int32") * self.count
        features = ops.cast(ops.take(table, rows, axis=0), self.compute_dtype)
        features = features * ops.cast(exists, self.compute_dtype)[..., None]
        features = ops.reshape(ops.swapaxes(features, -1, -2), (*ops.shape(levels)[:-1], self.num_features))
        return _with_ones(features, self.width)


def _with_ones(features, width):
    """Features (…, width), of which those behind the given ones are 1."""
    ones = width - features.shape[-1]
    return (
        ops.pad(features, [(0, 0)] * (len(features.shape) - 1) + [(0, ones)], constant_values=1) if ones else features
    )


def readings(head, condition, arguments, dtype):
    """Make the objects that read an image's levels and the codes of a map; None for a map of numbers.

    Args:
        head: The head, which has the range of the levels.
        condition: The `Condition`, which has the shape of the map and the number of its codes.
        arguments: The constructor arguments `levels` and `embedding_dim`, in a dictionary.
        dtype: A dtype policy.

    Raises:
        ValueError: If an argument does not fit.
    """
    features = require.positive_integer("embedding_dim", arguments["embedding_dim"])
    if require.one_of("levels", arguments["levels"], LEVELS) == "categorical":
        image = EmbeddedLevels(head.channels, head.low, head.high, features, ones=1, name="levels", dtype=dtype)
    else:
        image = ScaledLevels(head.channels, head.scaled, int(head.variant == "openai"), dtype.compute_dtype)
    if condition.map_levels is None:
        return image, None
    channels, highest = condition.map_shape[-1], condition.map_levels - 1
    return image, EmbeddedLevels(channels, 0, highest, features, ones=0, name="map_codes", dtype=dtype)
