"""The projection of a condition (a class, a vector, a map, or several of these) to features, and its dropout."""

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.layers import budget
from pixelcnn.layers.pointwise import matrix_product


class ConditionProjection(keras.layers.Layer):
    """A condition's contribution to F features.

    A class selects a row of a learned table (K, F). A vector (B, N) goes through a dense layer, a map (B, H, W, N)
    through a 1x1 convolution (van den Oord et al. 2016, section 2.3, <https://arxiv.org/abs/1606.05328>).

    Args:
        filters: Number of features F.
        num_classes: Number of classes K, or None.
        vector_size: Length N of the flattened condition vector, or None.
        map_channels: Channels N of a spatial condition, or None.
        **kwargs: As in `keras.layers.Layer`.
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
        """Sum the contributions: (B, 1, 1, F), or (B, H, W, F) if there is a map.

        Args:
            label: Labels (B,).
            vector: (B, N).
            spatial: A map (B, H, W, N).
            keep: (B,): 1, or 0 for an image without a condition, whose contribution is 0. None keeps all.
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
    """Drops an image's whole condition at random in training, so that the model also learns the distribution without a
    condition.

    Ho and Salimans, Classifier-Free Diffusion Guidance, 2022, <https://arxiv.org/abs/2207.12598>, algorithm 1.

    Args:
        rate: Probability that an image loses its condition.
        **kwargs: As in `keras.layers.Layer`.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = require.probability("rate", rate)
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    def call(self, keep, training=None):
        """Set some more entries of `keep` (B,) to 0 while training."""
        if not training:
            return keep
        drawn = keras.random.uniform(ops.shape(keep), seed=self.seed_generator)
        return ops.where(drawn < self.rate, ops.zeros_like(keep), keep)
