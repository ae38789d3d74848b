"""What the networks of 2016 share: one grid, a first layer of 7x7, and layers of 1x1 at the end.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, table 1.
"""

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.layers.causal_convolution import CausalConv2D
from pixelcnn.layers.condition import ConditionProjection
from pixelcnn.layers.linear import in_full_precision, kernels_in_place, stacks_of
from pixelcnn.layers.raster_convolution import GroupedPointwise
from pixelcnn.layers.shift import shift_down, shift_right
from pixelcnn.traversal import WHOLE_IMAGE

FIRST_KERNEL_SIZE = 7
DEFAULT_FILTERS = 128


class OneGridNetwork(keras.layers.Layer):
    """From an image to the parameters of its pixels, on the image's own grid: (B, H, W, C) -> (B, H, W, P).

    A family has `vertical` (from the rows above, a row ahead) and `horizontal` (pixel by pixel), and lists its layers:
    `linear_layers`, and `vertical_layers` and `horizontal_layers`, which remember earlier cells. It sets `conditioned`,
    the names of the blocks that a condition contributes to, in the vertical and in the horizontal stack, and
    `condition_filters`, the number of features that it contributes to each.

    Args:
        head: The head that reads the parameters. Its `channel_groups` are C where features lie in a group for each
            channel, channel = index mod C, and a group sees the channels before its own; 1 where the head chains the
            channels.
        dtype: As in Keras.
    """

    granularity = 1
    margin = 0  # columns of zeros that are to be at the image's right

    def __init__(self, head, dtype):
        super().__init__(name="network", dtype=dtype)
        self.channel_groups, self.projection = head.channel_groups, None

    def add_weights(self, condition):
        """Make the kernels of all layers, and the table or kernels of a condition.

        Args:
            condition: Arguments of `ConditionProjection`; empty without a condition.
        """
        self.kernel_stacks = stacks_of(self.linear_layers(), use_weight_norm=False, dtype=self.dtype_policy)
        if condition:
            total = self.condition_filters * sum(map(len, self.conditioned))
            self.projection = ConditionProjection(total, name="condition", dtype=self.dtype_policy, **condition)
        self.built = True

    def kernels_in_place(self, parameters=None):
        """A context in which `vertical` and `horizontal` may be called."""
        return kernels_in_place(self.kernel_stacks, parameters)

    def conditions(self, condition):
        """What the condition contributes to each block: two dictionaries by name, for the vertical and the horizontal
        stack.
        """
        if self.projection is None:
            return {}, {}
        vertical, horizontal = self.conditioned
        parts = ops.split(self.projection(**condition), len(vertical) + len(horizontal), axis=-1)
        for_vertical = dict(zip(vertical, parts[: len(vertical)], strict=True))
        return for_vertical, dict(zip(horizontal, parts[len(vertical) :], strict=True))

    def call(self, images, condition=None, training=None):
        """Parameters of all pixels at once.

        Args:
            images: (B, H, W, C), scaled to [-1, 1].
            condition: A dictionary with `label`, `vector` or `spatial`, and perhaps `keep`.
            training: Whether dropout is active.
        """
        for_vertical, for_horizontal = self.conditions(condition or {})
        current, left = images if self.channel_groups > 1 else None, shift_right(images)
        with self.kernels_in_place():
            from_above = self.vertical(shift_down(images), for_vertical, training=training)
            return self.horizontal(left, from_above, for_horizontal, training=training, current=current)


class FirstRow:
    """The first layer's view of the current row, under mask A: the pixels to the left, and the channels before.

    Args:
        filters: Number of filters F.
        channels: Number of channels C of the image.
        channel_groups: See `OneGridNetwork`.
        name: Prefix of the layers' names.
    """

    def __init__(self, filters, channels, channel_groups, name):
        half = FIRST_KERNEL_SIZE // 2
        # It reads the image shifted by a column, so that its window may end in the current cell.
        self.left = CausalConv2D(filters, (1, half), half - 1, channels, name=f"{name}_left")
        self.current = None
        if channel_groups > 1:
            self.current = GroupedPointwise(filters, "A", channel_groups, channels, name=f"{name}_current")

    def linear_layers(self):
        """All layers that have a kernel."""
        return [layer for layer in (self.left, self.current) if layer is not None]

    def __call__(self, left, traversal=WHOLE_IMAGE, current=None):
        """From the pixels to the left and the current pixels, (B, H, W, C) both, to (B, H, W, F)."""
        x = self.left(left, traversal=traversal)
        return x if self.current is None else x + self.current(current)


def first_rows_above(filters, channels, name):
    """The first layer's view of the rows above, which it reads shifted by a row."""
    half = FIRST_KERNEL_SIZE // 2
    return CausalConv2D(filters, (half, FIRST_KERNEL_SIZE), half, channels, name=name)


class Readout:
    """From the features of the last block to the parameters of the pixels: two layers of ReLU and 1x1 convolution, and
    one more of as many filters as there are parameters (table 1 of [1]).

    Args:
        num_filters: Number of filters F.
        head: See `OneGridNetwork`.
    """

    def __init__(self, num_filters, head):
        filters = (num_filters, num_filters, head.num_parameters)
        self.layers = [
            GroupedPointwise(count, "B", head.channel_groups, num_filters, name=f"readout_{index}")
            for index, count in enumerate(filters)
        ]
        in_full_precision(self.layers[-1])

    def __call__(self, x):
        """(B, H, W, F) -> (B, H, W, P)."""
        for layer in self.layers:
            x = layer(ops.relu(x))
        return x


def choose_filters(num_filters, of, of_name):
    """A number of filters that is a multiple; None is the first from 128 on.

    Raises:
        ValueError: If it is not.
    """
    if num_filters is None:
        return -(-DEFAULT_FILTERS // of) * of
    return require.multiple("num_filters", require.positive_integer("num_filters", num_filters), of, of_name)
