"""The projection of a condition (a class, a vector, a map, an order of the pixels, or several of these) to features,
and what training draws at random of it: its dropout, and the order.
"""

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.backend import drawn_for_all
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
        num_orders: Number of orders of the pixels, each of which selects a row of a learned table too; or None.
        **kwargs: As in `keras.layers.Layer`.
    """

    def __init__(self, filters, num_classes=None, vector_size=None, map_channels=None, num_orders=None, **kwargs):
        super().__init__(**kwargs)
        budget.take((num_classes or 0) + (vector_size or 0) + (map_channels or 0) + (num_orders or 0), filters)
        normal = keras.initializers.RandomNormal(stddev=0.05)
        self.table = self.vector_kernel = self.vector_bias = self.map_kernel = self.order_table = None
        if num_classes is not None:
            self.table = self.add_weight(name="table", shape=(num_classes, filters), initializer=normal)
        if vector_size is not None:
            self.vector_kernel = self.add_weight(name="vector_kernel", shape=(vector_size, filters), initializer=normal)
            self.vector_bias = self.add_weight(name="vector_bias", shape=(filters,), initializer="zeros")
        if map_channels is not None:
            self.map_kernel = self.add_weight(name="map_kernel", shape=(map_channels, filters), initializer=normal)
        if num_orders is not None:
            self.order_table = self.add_weight(name="order_table", shape=(num_orders, filters), initializer=normal)
        self.built = True

    def call(self, label=None, vector=None, spatial=None, keep=None, order=None):
        """Sum the contributions: (B, 1, 1, F), or (B, H, W, F) if there is a map.

        Args:
            label: Labels (B,).
            vector: (B, N).
            spatial: A map (B, H, W, N).
            keep: (B,): 1, or 0 for an image without a condition, whose contribution is that of its order. None keeps
                all.
            order: Orders of the pixels (B,).
        """
        total = 0.0
        if self.table is not None:
            total = total + ops.take(ops.convert_to_tensor(self.table), label, axis=0)[:, None, None, :]
        if self.vector_kernel is not None:
            projected = vector @ ops.convert_to_tensor(self.vector_kernel) + self.vector_bias
            total = total + projected[:, None, None, :]
        if self.map_kernel is not None:
            total = total + matrix_product(spatial, ops.convert_to_tensor(self.map_kernel))
        if keep is not None:
            total = total * keep[:, None, None, None]
        if self.order_table is not None:
            total = total + ops.take(ops.convert_to_tensor(self.order_table), order, axis=0)[:, None, None, :]
        return total


class RandomOrder(keras.layers.Layer):
    """Gives each image an order of its pixels at random in training.

    Args:
        count: Number of orders.
        **kwargs: As in `keras.layers.Layer`.
    """

    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    def call(self, order, images, training=None):
        """The orders (B,) of images (B, …): while training drawn at random, else those given, (B,) or (1,)."""
        if not training:
            return order

        def draw(shape):
            return keras.random.randint(shape, 0, self.count, "int32", seed=self.seed_generator)

        return drawn_for_all(draw, ops.shape(images)[:1])


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
        drawn = drawn_for_all(lambda shape: keras.random.uniform(shape, seed=self.seed_generator), ops.shape(keep))
        return ops.where(drawn < self.rate, ops.zeros_like(keep), keep)
