"""What a condition adds inside a block (a class, a vector, a map, or two of these), and its dropout."""

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.layers import budget
from pixelcnn.layers.pointwise import matrix_product


class ConditionProjection(keras.layers.Layer):
    """A condition's contribution to F features.

    A class is looked up in a learned table (K, F), a vector (B, N) goes through a dense layer, a map (B, H, W, N)
    through a 1x1 convolution (van den Oord et al. 2016, section 2.3, <https://arxiv.org/abs/1606.05328>).

    Args:
        filters: Number of features F.
        num_classes: Number of classes K, or None.
        vector_size: Length N of the flattened condition vector, or None.
        map_channels: Channels N of a spatial condition, or None.
    """

    def __init__(self, filters, num_classes=None, vector_size=None, map_channels=None, **kwargs):
        super().__init__(**kwargs)
        budget.take((num_classes or 0) + (vector_size or 0) + (map_channels or 0), filters)
        normal = keras.initializers.RandomNormal(stddev=0.05)
        self.table = self.vector_kernel = self.vector_bias = self.map_kernel = None
        if num_classes is not None:
            self.table = self.add_weight(name="table", shape=(num_classes, filters), initializer=normal)
        if vector_size is not None:
            self.vector_kernel = self.add_weight(name="vector_kernel", shape=(vector_size, filters), initializer=normal)
            self.vector_bias = self.add_weight(name="vector_bias", shape=(filters,), initializer="zeros")
        if map_channels is not None:
            self.map_kernel = self.add_weight(name="map_kernel", shape=(map_channels, filters), initializer=normal)
        self.built = True

    def call(self, label=None, vector=None, spatial=None, keep=None):
        """Labels (B,), a vector (B, N), a map (B, H, W, N) -> (B, 1, 1, F), or (B, H, W, F) where there is a map.

        `keep` (B,) is 1, or 0 for an image without a condition, which contributes nothing.
        """
        total = 0.0
        if self.table is not None:
            total = total + ops.take(ops.convert_to_tensor(self.table), label, axis=0)[:, None, None, :]
        if self.vector_kernel is not None:
            projected = vector @ ops.convert_to_tensor(self.vector_kernel) + self.vector_bias
            total = total + projected[:, None, None, :]
        if self.map_kernel is not None:
            total = total + matrix_product(spatial, ops.convert_to_tensor(self.map_kernel))
        return total if keep is None else total * keep[:, None, None, None]


class ConditionDropout(keras.layers.Layer):
    """Takes an image's whole condition away at random while training, which teaches the distribution without one too.

    Ho and Salimans, Classifier-Free Diffusion Guidance, 2022, <https://arxiv.org/abs/2207.12598>, algorithm 1.

    Args:
        rate: The probability.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = require.probability("rate", rate)
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    def call(self, keep, training=None):
        """What to keep (B,), 1 or 0 -> the same, with some more zeros."""
        if not training:
            return keep
        drawn = keras.random.uniform(ops.shape(keep), seed=self.seed_generator)
        return ops.where(drawn < self.rate, ops.zeros_like(keep), keep)
