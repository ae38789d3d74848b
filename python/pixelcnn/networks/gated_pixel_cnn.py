"""Gated PixelCNN: a vertical and a horizontal stack of gated convolutions, which together see all earlier pixels.

NOTE: behind the last block are the 1x1 layers of [2], table 1, with as many filters as the other layers. [1] does not
mention layers there.
NOTE: unlike figure 2 of [1], the first layer, whose input is the image, has no residual connection.
NOTE: unlike [1], the model may have dropout behind the gates of the horizontal stack, and a mixture of logistics in
place of the softmax. The map of a spatial condition is an input; in [1] a network makes this map.

References:
    1. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
       <https://arxiv.org/abs/1606.05328>.
    2. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.backend import tanh
from pixelcnn.distribution import PixelDistribution
from pixelcnn.layers.causal_convolution import CausalConv2D
from pixelcnn.layers.dropout import Dropout
from pixelcnn.layers.pointwise import Pointwise
from pixelcnn.layers.raster_convolution import GroupedPointwise, RasterConv2D
from pixelcnn.layers.remat import run_block
from pixelcnn.networks.one_grid import FirstRow, OneGridNetwork, Readout, choose_filters, first_rows_above
from pixelcnn.traversal import WHOLE_IMAGE


def gate(x):
    """`tanh(a) sigmoid(b)` of both halves (a, b) of the features: (…, 2 F) -> (…, F). Equation 2 of [1]."""
    a, b = ops.split(x, 2, axis=-1)
    return tanh(a) * ops.sigmoid(b)


class GatedLayer(keras.layers.Layer):
    """One layer of both stacks: figure 2 of [1].

    Args:
        num_filters: Number of filters F.
        reading: How the network reads the image, for the first layer, which reads the image under mask A; None for the
            other layers.
        channel_groups: See `OneGridNetwork`.
        dropout_p: Dropout probability.
        name, dtype: As in `keras.layers.Layer`.
    """

    def __init__(self, num_filters, reading, channel_groups, dropout_p, name, dtype):
        super().__init__(name=name, dtype=dtype)
        self.is_first = reading is not None
        twice = 2 * num_filters
        if self.is_first:
            self.vertical = first_rows_above(twice, reading, name=f"{name}_vertical")
            self.row = FirstRow(twice, reading, channel_groups, name=f"{name}_row")
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
        """Compute the vertical stack (left of the figure): its features (B, H, W, F), and its contribution to the
        horizontal stack, (B, H, W, 2 F).
        """

        def features(x, condition):
            y = self.vertical(x, traversal=traversal)
            link = self.link(y)
            return gate(y if condition is None else y + traversal.local(condition)), link

        return run_block(features, (self.vertical, self.link), x, condition)

    def call(self, x, link, condition=None, traversal=WHOLE_IMAGE, training=None, current=None):
        """Compute the horizontal stack (right of the figure): (B, H, W, F) -> (B, H, W, F).

        Args:
            x: The layer's input; for the first layer the image, shifted right by a column.
            link: The vertical stack's contribution from `step_down`, for all columns.
            condition: (B, 1, 1, 2 F) or (B, H, W, 2 F), added inside the gate (equation 4 of [1]).
            traversal: The traversal of the image.
            training: Whether dropout is active.
            current: The image, for the first layer of a network with channel groups.
        """
        keep = self.dropout.keep((*ops.shape(x)[:-1], self.last.filters), training)

        def features(x, link, condition, current):
            only_first = {"current": current} if self.is_first else {}
            y = self.row(x, traversal=traversal, **only_first) + traversal.select(link)
            if condition is not None:
                y = y + traversal.local(condition)
            y = self.last(self.dropout.drop(gate(y), keep))
            return y if self.is_first else x + y

        return run_block(features, self.linear_layers()[1:], x, link, condition, current)


class GatedPixelCNNNetwork(OneGridNetwork):
    """The network of [1]: a first layer of 7x7 under mask A, then layers of 3x3."""

    def __init__(self, head, reading, num_blocks, num_filters, dropout_p, dtype):
        super().__init__(head, reading, dtype)
        groups = head.channel_groups
        self.layers = [
            GatedLayer(num_filters, None if index else reading, groups, dropout_p, name=f"layer_{index}", dtype=dtype)
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
        """What a row takes from the rows above, (B, H, W, N), before its first pixel: (B, H, W, 2 F) by layer."""
        x, from_above = above, {}
        for layer in self.layers:
            x, from_above[layer.name] = layer.step_down(x, conditions.get(layer.name), traversal)
        return from_above

    def horizontal(self, left, from_above, conditions, traversal=WHOLE_IMAGE, training=None, current=None):
        """Compute the parameters (B, H, W, P), from the pixels to the left and the current pixels, (B, H, W, N)."""
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

    `p(x | h) = prod_i p(x_i | x_<i, h)` over pixels in raster order and the channels of each pixel. A vertical stack
    sees the rows above; a horizontal stack sees the pixels to the left and the features of the vertical stack. Together
    both stacks have no blind spot. With a Bernoulli or categorical head the network chains the channels: features form
    a group for each channel, and a group sees the channels before its own. A mixture of logistics chains the channels
    in the head.

    Args:
        image_shape: (H, W, C), any sizes.
        conditional_shape: Shape of a condition vector, which the model flattens; `()` for one number; or None.
        num_blocks: Number of gated 3x3 layers behind the first layer of 7x7.
        num_filters: Number of filters F of the layers; a multiple of C where the network chains the channels. None
            chooses the smallest such number of at least 128.
        head: `bernoulli`, `categorical` or `logistic_mixture`. None chooses `bernoulli` for 2 levels, `categorical` for
            up to 256 and for names, and `logistic_mixture` for more.
        num_logistic_mix: Number of components M of a mixture of logistics.
        dropout_p: Dropout probability.
        high: Largest level of a pixel.
        low: Smallest level of a pixel.
        num_classes: Number of classes K, or None. The condition is then a label 0 … K-1.
        class_names: Names of the classes, which users may pass in place of labels; or None.
        spatial_condition_shape: Shape (H, W, N) of a map that is a condition for each pixel, or None.
        condition_dropout: Probability that an image loses its condition in training. Above 0 the model also learns the
            distribution without a condition (`conditional_input=None`), which `guidance` needs.
        levels: `ordinal`: levels are numbers, such as brightness. `categorical`: levels are names, such as the codes of
            a VQ-VAE; the network reads `embedding_dim` learned features of each level, and the head is `categorical`,
            or `bernoulli` for 2 levels.
        embedding_dim: Number of learned features of each level or code that is a name.
        spatial_condition_levels: Number K of codes of a map that holds codes 0 … K-1 and no numbers, or None.
        orders: 1 for raster order alone; 4 for one model of four orders of the pixels, the flips of raster order; 8 for
            these and their transpositions, for square images. In training each image of a batch gets a random order.
            See `pixelcnn.orders`.
        dtype: A Keras dtype, or a dtype policy or its name; None takes Keras' default.
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
        self,
        image_shape: Sequence[int],
        conditional_shape: Sequence[int] | None = None,
        num_blocks: int = 15,
        num_filters: int | None = None,
        head: str | None = None,
        num_logistic_mix: int = 10,
        dropout_p: float = 0.0,
        high: int = 255,
        low: int = 0,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        spatial_condition_shape: Sequence[int] | None = None,
        condition_dropout: float = 0.0,
        levels: str = "ordinal",
        embedding_dim: int = 16,
        spatial_condition_levels: int | None = None,
        orders: int = 1,
        dtype: Any = None,
        name: str = "gated_pixel_cnn",
    ) -> None:
        super().__init__(locals())
        self._make_network(
            GatedPixelCNNNetwork,
            num_blocks=require.positive_integer("num_blocks", num_blocks),
            num_filters=choose_filters(num_filters, self.head.channel_groups, "the number of channel groups"),
            dropout_p=require.probability("dropout_p", dropout_p),
        )
