"""Gated PixelCNN: a vertical and a horizontal stack of gated convolutions, which together see all that came before.

NOTE: unlike [1], which names no layers behind the last block, there are the 1x1 layers of [2], table 1, with as many
filters as the other layers.
NOTE: unlike figure 2 of [1], the first layer, whose input is the image, has no residual connection.
NOTE: unlike [1], there may be dropout, behind the gates of the horizontal stack, and a mixture of logistics in place of
the softmax. The map of features that a spatial condition is in [1] is given; no network makes it.

References:
    1. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
       <https://arxiv.org/abs/1606.05328>.
    2. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>.
"""

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.backend import tanh
from pixelcnn.distribution import PixelDistribution
from pixelcnn.layers.causal_convolution import CausalConv2D
from pixelcnn.layers.dropout import Dropout
from pixelcnn.layers.pointwise import Pointwise
from pixelcnn.layers.raster_convolution import GroupedPointwise, RasterConv2D
from pixelcnn.networks.one_grid import FirstRow, OneGridNetwork, Readout, choose_filters, first_rows_above
from pixelcnn.traversal import WHOLE_IMAGE


def gate(x):
    """`tanh(a) sigmoid(b)` of the two halves of the features: (…, 2 F) -> (…, F). Equation 2 of [1]."""
    value, gate = ops.split(x, 2, axis=-1)
    return tanh(value) * ops.sigmoid(gate)


class GatedLayer(keras.layers.Layer):
    """One layer of both stacks: figure 2 of [1].

    Args:
        num_filters: Number of filters F.
        channels: Channels C of the image for the first layer, which sees it under mask A; None for all others.
        channel_groups: See `OneGridNetwork`.
        dropout_p: Dropout probability.
    """

    def __init__(self, num_filters, channels, channel_groups, dropout_p, name, dtype):
        super().__init__(name=name, dtype=dtype)
        self.is_first = channels is not None
        twice = 2 * num_filters
        if self.is_first:
            self.vertical = first_rows_above(twice, channels, name=f"{name}_vertical")
            self.row = FirstRow(twice, channels, channel_groups, name=f"{name}_row")
        else:
            self.vertical = CausalConv2D(twice, (2, 3), left=1, channels=num_filters, name=f"{name}_vertical")
            self.row = RasterConv2D(twice, (1, 3), "B", channel_groups, num_filters, name=f"{name}_row")
        self.link = Pointwise(twice, [twice], name=f"{name}_link")
        self.last = GroupedPointwise(num_filters, "B", channel_groups, num_filters, name=f"{name}_last")
        self.dropout = Dropout(dropout_p, name=f"{name}_dropout", dtype=dtype)
        self.built = True

    def linear_layers(self):
        """All layers that have a kernel."""
        row = self.row.linear_layers() if self.is_first else [self.row]
        return self.vertical, *row, self.link, self.last

    def horizontal_layer(self):
        """The layer of the horizontal stack that remembers earlier cells."""
        return self.row.left if self.is_first else self.row

    def step_down(self, x, condition=None, traversal=WHOLE_IMAGE):
        """The vertical stack (left of the figure): its features (B, H, W, F), and what it gives the horizontal stack,
        (B, H, W, 2 F).
        """
        y = self.vertical(x, traversal=traversal)
        link = self.link(y)
        return gate(y if condition is None else y + traversal.local(condition)), link

    def call(self, x, link, condition=None, traversal=WHOLE_IMAGE, training=None, current=None):
        """The horizontal stack (right of the figure): (B, H, W, F) -> (B, H, W, F).

        Args:
            x: The layer's input; for the first layer the pixels to the left.
            link: What `step_down` gave, for all columns.
            condition: (B, 1, 1, 2 F) or (B, H, W, 2 F), added inside the gate (equation 4 of [1]).
            traversal: How far the traversal has come.
            training: Whether dropout is active.
            current: For the first layer of a network with channel groups the pixels themselves.
        """
        only_first = {"current": current} if self.is_first else {}
        row = self.row(x, traversal=traversal, **only_first)
        y = row + traversal.select(link)
        if condition is not None:
            y = y + traversal.local(condition)
        y = self.last(self.dropout(gate(y), training=training))
        return y if self.is_first else x + y


class GatedPixelCNNNetwork(OneGridNetwork):
    """The network of [1]: a first layer of 7x7 under mask A, then layers of 3x3."""

    def __init__(self, head, num_blocks, num_filters, dropout_p, dtype):
        super().__init__(head, dtype)
        groups = head.channel_groups
        self.layers = [
            GatedLayer(
                num_filters, None if index else head.channels, groups, dropout_p, name=f"layer_{index}", dtype=dtype
            )
            for index in range(1 + num_blocks)
        ]
        self.readout = Readout(num_filters, head)
        names = [layer.name for layer in self.layers]
        self.conditioned, self.condition_filters = (names, names), 2 * num_filters

    def linear_layers(self):
        """All layers that have a kernel."""
        for layer in self.layers:
            yield from layer.linear_layers()
        yield from self.readout.layers

    def vertical_layers(self):
        """The layers of the vertical stack that remember earlier rows."""
        return [layer.vertical for layer in self.layers]

    def horizontal_layers(self):
        """The layers of the horizontal stack that remember earlier cells."""
        return [layer.horizontal_layer() for layer in self.layers]

    def vertical(self, above, conditions, traversal=WHOLE_IMAGE, training=None):
        """From the rows above, (B, H, W, C), what a row takes from them before its first pixel: (B, H, W, 2 F) by
        layer.
        """
        x, from_above = above, {}
        for layer in self.layers:
            x, from_above[layer.name] = layer.step_down(x, conditions.get(layer.name), traversal)
        return from_above

    def horizontal(self, left, from_above, conditions, traversal=WHOLE_IMAGE, training=None, current=None):
        """From the pixel to the left and the pixel itself, (B, H, W, C) both, the parameters (B, H, W, P)."""
        x = left
        for layer in self.layers:
            x = layer(
                x,
                from_above[layer.name],
                condition=conditions.get(layer.name),
                traversal=traversal,
                training=training,
                current=current if layer.is_first else None,
            )
        return self.readout(x)


@keras.saving.register_keras_serializable(package="pixelcnn")
class GatedPixelCNN(PixelDistribution):
    """A conditional Gated PixelCNN distribution of images [1], a Keras model with a likelihood.

    `p(x | h) = prod_i p(x_i | x_<i, h)`, sub-pixels in raster order and channel by channel. A vertical stack sees the
    rows above, a horizontal one the row to the left and what the vertical stack found; together they have no blind
    spot. With a Bernoulli or categorical head the colour chain is in the network: features lie in a group for each
    channel, and a group sees the channels before its own. A mixture of logistics has a chain of its own.

    Args:
        image_shape: (H, W, C), any sizes.
        conditional_shape: Shape of a condition vector (flattened), or `()` for one number, or None.
        num_blocks: Gated layers of 3x3 behind the first layer of 7x7.
        num_filters: Filters F of the layers; a multiple of C where the network chains the channels. None is 128, or the
            next such number.
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
        >>> dist = pixelcnn.GatedPixelCNN((4, 4, 3), num_classes=2, num_blocks=1, num_filters=6)
        >>> images = dist.sample(2, conditional_input=1, seed=0, verbose=0)
        >>> images.shape, images.dtype
        ((2, 4, 4, 3), dtype('uint8'))
        >>> dist.log_prob(images, conditional_input=1).shape
        (2,)

    References:
        1. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
           <https://arxiv.org/abs/1606.05328>.
    """

    __module__ = "pixelcnn"

    def __init__(
        self, image_shape, conditional_shape=None, num_blocks=15, num_filters=None, head=None, num_logistic_mix=10,
        dropout_p=0.0, high=255, low=0, num_classes=None, class_names=None, spatial_condition_shape=None,
        condition_dropout=0.0, dtype=None, name="gated_pixel_cnn",
    ):  # fmt: skip
        super().__init__(locals())
        self._make_network(
            GatedPixelCNNNetwork,
            num_blocks=require.positive_integer("num_blocks", num_blocks),
            num_filters=choose_filters(num_filters, self.head.channel_groups, "the number of channel groups"),
            dropout_p=require.probability("dropout_p", dropout_p),
        )
