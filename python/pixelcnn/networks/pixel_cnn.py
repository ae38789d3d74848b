"""PixelCNN: one stack of masked convolutions over what comes first in raster order.

Its view has a blind spot: a pixel d rows above is seen up to d + 2 columns to the right, and none beyond. A cell sees
the row above one column further to the right than itself, so with more layers the view grows along this slope and never
past it. `GatedPixelCNN` has none.

NOTE: unlike [1], a condition may be given; it is added where [2] adds it, before the non-linearity of each block's
masked convolution. And there may be dropout, and a mixture of logistics in place of the softmax.
NOTE: unlike [1], whose last 1x1 layers have 32 or 1024 filters, they have as many as the other layers.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>.
    2. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
       <https://arxiv.org/abs/1606.05328>.
"""

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.layers.dropout import Dropout
from pixelcnn.layers.raster_convolution import GroupedPointwise, RasterConv2D
from pixelcnn.networks.one_grid import choose_filters
from pixelcnn.networks.one_stack import OneStackNetwork
from pixelcnn.traversal import WHOLE_IMAGE


class ResidualBlock(keras.layers.Layer):
    """Half as many features, a masked 3x3 convolution of them, and all of them again: figure 5 (left) of [1].

    Args:
        num_filters: Number of filters F.
        channel_groups: See `OneGridNetwork`.
        dropout_p: Dropout probability.
    """

    def __init__(self, num_filters, channel_groups, dropout_p, name, dtype):
        super().__init__(name=name, dtype=dtype)
        half, masked = num_filters // 2, ("B", channel_groups)
        self.reduce = GroupedPointwise(half, *masked, num_filters, name=f"{name}_reduce")
        self.convolution = RasterConv2D(half, (3, 3), *masked, half, name=f"{name}_convolution")
        self.expand = GroupedPointwise(num_filters, *masked, half, name=f"{name}_expand")
        self.dropout = Dropout(dropout_p, name=f"{name}_dropout", dtype=dtype)
        self.built = True

    def linear_layers(self):
        """All layers that have a kernel."""
        return self.reduce, self.convolution, self.expand

    def horizontal_layers(self):
        """The layers that remember earlier cells."""
        return (self.convolution,)

    def call(self, x, condition=None, traversal=WHOLE_IMAGE, training=None):
        """(B, H, W, F) -> (B, H, W, F).

        Args:
            x: The block's input.
            condition: (B, 1, 1, F / 2) or (B, H, W, F / 2).
            traversal: How far the traversal has come.
            training: Whether dropout is active.
        """
        y = self.convolution(ops.relu(self.reduce(ops.relu(x))), traversal=traversal)
        if condition is not None:
            y = y + traversal.local(condition)
        return x + self.expand(self.dropout(ops.relu(y), training=training))


class PixelCNNNetwork(OneStackNetwork):
    """The network of [1], table 1: a 7x7 convolution under mask A, residual blocks under mask B, layers of 1x1."""

    def __init__(self, head, num_blocks, num_filters, dropout_p, dtype):
        blocks = [
            ResidualBlock(num_filters, head.channel_groups, dropout_p, name=f"block_{index}", dtype=dtype)
            for index in range(num_blocks)
        ]
        super().__init__(head, num_filters, blocks, num_filters // 2, dtype)


@keras.saving.register_keras_serializable(package="pixelcnn")
class PixelCNN(PixelDistribution):
    """A PixelCNN distribution of images [1], a Keras model with a likelihood.

    `p(x | h) = prod_i p(x_i | x_<i, h)`, sub-pixels in raster order and channel by channel. With a Bernoulli or
    categorical head the colour chain is in the network: features lie in a group for each channel, and a group sees the
    channels before its own. A mixture of logistics has a chain of its own.

    What a pixel sees has a blind spot: d rows above, the columns beyond d + 2 to the right.

    Args:
        image_shape: (H, W, C), any sizes.
        conditional_shape: Shape of a condition vector (flattened), or `()` for one number, or None.
        num_blocks: Residual blocks behind the first layer.
        num_filters: Filters F of the layers, half as many inside a block; a multiple of 2, and of 2 C where the
            network chains the channels. None is 128, or the next such number.
        head: `bernoulli`, `categorical` or `logistic_mixture`; None chooses by the number of levels: 2, up to 256, or
            more.
        num_logistic_mix: Mixture components M of a mixture of logistics.
        dropout_p: Dropout probability.
        high: Largest level of a pixel.
        low: Smallest level of a pixel.
        num_classes: Number of classes K; labels 0 … K-1 then are the condition.
        class_names: Names of the classes, which then may be given in place of labels.
        spatial_condition_shape: (H, W, N) of a map added pixel by pixel, or None.
        condition_dropout: Probability with which an image loses its condition in training. Above 0 the model is also
            the distribution without a condition (`conditional_input=None`), and `guidance` works.
        dtype: A Keras dtype or policy name; None takes Keras' own.
        name: Name of the model.

    Raises:
        ValueError: If an argument does not fit; the message names it.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelCNN((4, 4, 1), high=1, num_blocks=2, num_filters=8)  # binary images
        >>> images = dist.sample(2, seed=0, verbose=0)
        >>> images.shape, int(images.max()) <= 1
        ((2, 4, 4, 1), True)
        >>> dist.log_prob(images).shape
        (2,)

    References:
        1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
           <https://arxiv.org/abs/1601.06759>.
    """

    __module__ = "pixelcnn"

    def __init__(
        self, image_shape, conditional_shape=None, num_blocks=15, num_filters=None, head=None, num_logistic_mix=10,
        dropout_p=0.0, high=255, low=0, num_classes=None, class_names=None, spatial_condition_shape=None,
        condition_dropout=0.0, dtype=None, name="pixel_cnn",
    ):  # fmt: skip
        super().__init__(locals())
        self._make_network(
            PixelCNNNetwork,
            num_blocks=require.positive_integer("num_blocks", num_blocks),
            num_filters=choose_filters(num_filters, 2 * self.head.channel_groups, "twice the number of channel groups"),
            dropout_p=require.probability("dropout_p", dropout_p),
        )
