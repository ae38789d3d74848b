"""A network of one stack of residual blocks, convolutional or recurrent: table 1 of [1], but for what a block is.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>.
"""

from pixelcnn.networks.one_grid import FirstRow, OneGridNetwork, Readout, first_rows_above
from pixelcnn.traversal import WHOLE_IMAGE


class OneStackNetwork(OneGridNetwork):
    """A 7x7 convolution under mask A, residual blocks, layers of 1x1.

    Args:
        channels: Channels C of the image.
        channel_groups: See `OneGridNetwork`.
        num_outputs: Number of parameters P.
        num_filters: Number of filters F.
        blocks: The residual blocks; each lists its `linear_layers`.
        condition: Arguments of `ConditionProjection`; empty without a condition.
        condition_filters: Number of features that the condition contributes to each block.
    """

    def __init__(
        self, channels, channel_groups, num_outputs, num_filters, blocks, condition, condition_filters, name, dtype
    ):
        super().__init__(channel_groups, name, dtype)
        self.first_above = first_rows_above(num_filters, channels, name="first_above")
        self.first_row = FirstRow(num_filters, channels, channel_groups, name="first")
        self.blocks = blocks
        self.readout = Readout(num_filters, num_outputs, channel_groups)
        self.add_weights(condition, condition_filters, vertical=[], horizontal=[block.name for block in blocks])

    def linear_layers(self):
        """All layers that have a kernel."""
        yield from (self.first_above, *self.first_row.linear_layers())
        for block in self.blocks:
            yield from block.linear_layers()
        yield from self.readout.layers

    def vertical_convolutions(self):
        """The convolutions that advance row by row, each with the level of its grid."""
        yield self.first_above, 0

    def vertical(self, above, conditions, traversal=WHOLE_IMAGE, training=None):
        """From the rows above, (B, H, W, C), what is known of a row before its first pixel."""
        return {"first": self.first_above(above, traversal=traversal)}

    def horizontal(self, left, known, conditions, traversal=WHOLE_IMAGE, training=None, here=None):
        """From the pixel to the left and the pixel itself, (B, H, W, C) both, the parameters (B, H, W, P)."""
        x = traversal.select(known["first"]) + self.first_row(left, traversal=traversal, here=here)
        for block in self.blocks:
            x = block(x, condition=conditions.get(block.name), traversal=traversal, training=training)
        return self.readout(x)
