"""The parts that the networks of 2016 share: one grid, a first layer of 7x7, and 1x1 layers at the end.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, table 1.
"""

from keras import ops

from pixelcnn import require
from pixelcnn.layers.causal_convolution import CausalConv2D
from pixelcnn.layers.condition import ConditionProjection
from pixelcnn.layers.linear import in_full_precision, stacks_of
from pixelcnn.layers.raster_convolution import GroupedPointwise
from pixelcnn.networks.network import Network
from pixelcnn.traversal import WHOLE_IMAGE

FIRST_KERNEL_SIZE = 7
DEFAULT_FILTERS = 128


class OneGridNetwork(Network):
    """A network whose layers all compute on the image's own grid.

    A family lists all layers that have a kernel as `linear_layers`. It sets `conditioned`, a pair of lists: the names
    of the blocks of the vertical and of the horizontal stack that a condition contributes to. It sets
    `condition_filters`, the number of features that the condition contributes to each of these blocks.

    Args:
        head: The head that reads the parameters. Its `channel_groups` is C where the network chains the channels:
            features then form C groups, feature i belongs to group i mod C, and a group sees the channels before its
            own. `channel_groups` is 1 where the head chains the channels.
        reading, dtype: As in `Network`.
    """

    def __init__(self, head, reading, dtype):
        super().__init__(head, reading, dtype)
        self.projection = None

    def make_weights(self, condition):
        """See `add_weights`."""
        self.kernel_stacks = stacks_of(self.linear_layers(), use_weight_norm=False, dtype=self.dtype_policy)
        if condition:
            total = self.condition_filters * sum(map(len, self.conditioned))
            self.projection = ConditionProjection(total, name="condition", dtype=self.dtype_policy, **condition)

    def layers_by_grid(self):
        """All layers that have a kernel, as pairs (layer, grid that the layer computes on)."""
        return ((layer, 0) for layer in self.linear_layers())

    def projections_by_grid(self):
        """The projection of the condition, if there is one, as a pair (projection, grid)."""
        return [] if self.projection is None else [(self.projection, 0)]

    def conditions(self, condition):
        """What the condition contributes to the blocks, by name: a dictionary for each of the two stacks."""
        if self.projection is None:
            return {}, {}
        vertical, horizontal = self.conditioned
        parts = ops.split(self.projection(**self.read_map(condition)), len(vertical) + len(horizontal), axis=-1)
        for_vertical = dict(zip(vertical, parts[: len(vertical)], strict=True))
        return for_vertical, dict(zip(horizontal, parts[len(vertical) :], strict=True))


class FirstRow:
    """The part of the first layer that reads the current row under mask A: the pixels to the left, and the channels
    before.

    Args:
        filters: Number of filters F.
        reading: How the network reads the image, see `Network`.
        channel_groups: See `OneGridNetwork`.
        name: Prefix of the layers' names.
    """

    def __init__(self, filters, reading, channel_groups, name):
        half = FIRST_KERNEL_SIZE // 2
        # This layer reads the image shifted right by a column, so its window may end in the current cell.
        self.left = CausalConv2D(filters, (1, half), half - 1, reading.width, name=f"{name}_left")
        self.current = None
        if channel_groups > 1:
            self.current = GroupedPointwise(filters, "A", channel_groups, reading.num_features, name=f"{name}_current")

    def linear_layers(self):
        """All layers that have a kernel."""
        return [layer for layer in (self.left, self.current) if layer is not None]

    def __call__(self, left, traversal=WHOLE_IMAGE, current=None):
        """Compute features (B, H, W, F).

        Args:
            left: The image as the network reads it, (B, H, W, N), shifted right by a column.
            traversal: The traversal of the image.
            current: The image's own features, for a network with channel groups, see `Network.current`.
        """
        x = self.left(left, traversal=traversal)
        return x if self.current is None else x + self.current(current)


def first_rows_above(filters, reading, name):
    """Make the part of the first layer that reads the rows above, from the image shifted down by a row."""
    half = FIRST_KERNEL_SIZE // 2
    return CausalConv2D(filters, (half, FIRST_KERNEL_SIZE), half, reading.width, name=name)


class Readout:
    """The last layers, from features (B, H, W, F) to parameters (B, H, W, P): three times a ReLU and a 1x1 convolution
    (table 1 of [1]).

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
        """Compute the parameters: (B, H, W, F) -> (B, H, W, P)."""
        for layer in self.layers:
            x = layer(ops.relu(x))
        return x


def choose_filters(num_filters, of, of_name):
    """Check that `num_filters` is a multiple of `of`; None chooses the smallest multiple of at least 128."""
    if num_filters is None:
        return -(-DEFAULT_FILTERS // of) * of
    return require.multiple("num_filters", require.positive_integer("num_filters", num_filters), of, of_name)
