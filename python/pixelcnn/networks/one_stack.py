"""A network of one stack of residual blocks, convolutional or recurrent: table 1 of [1].

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>.
"""

from pixelcnn.networks.one_grid import FirstRow, OneGridNetwork, Readout, first_rows_above
from pixelcnn.traversal import WHOLE_IMAGE


class OneStackNetwork(OneGridNetwork):
    """A 7x7 convolution under mask A, residual blocks, and 1x1 layers.

    Args:
        head, reading: See `OneGridNetwork`.
        num_filters: Number of filters F.
        blocks: The residual blocks; each lists its `linear_layers` and `horizontal_layers`.
        condition_filters: Number of features that the condition contributes to each block.
        dtype: As in Keras.
    """

    def __init__(self, head, reading, num_filters, blocks, condition_filters, dtype):
        super().__init__(head, reading, dtype)
        self.first_above = first_rows_above(num_filters, reading, name="first_above")
        self.first_row = FirstRow(num_filters, reading, head.channel_groups, name="first")
        self.blocks = blocks
        self.readout = Readout(num_filters, head)
        self.conditioned, self.condition_filters = ([], [block.name for block in blocks]), condition_filters

    def linear_layers(self):
        """All layers that have a kernel."""
        yield from (self.first_above, *self.first_row.linear_layers())
        for block in self.blocks:
            yield from block.linear_layers()
        yield from self.readout.layers

    def vertical_layers(self):
        """The layers of the vertical stack that remember earlier rows."""
        return (self.first_above,)

    def horizontal_layers(self):
        """The layers of the horizontal stack that remember earlier cells."""
        yield self.first_row.left
        for block in self.blocks:
            yield from block.horizontal_layers()

    def vertical(self, above, conditions, traversal=WHOLE_IMAGE, training=None):
        """What a row takes from the rows above, (B, H, W, N), before its first pixel."""
        return {"first": self.first_above(above, traversal=traversal)}

    def horizontal(self, left, from_above, conditions, traversal=WHOLE_IMAGE, training=None, current=None):
        """Compute the parameters (B, H, W, P), from the pixels to the left and the current pixels, (B, H, W, N)."""
        x = traversal.select(from_above["first"]) + self.first_row(left, traversal=traversal, current=current)
        for block in self.blocks:
            x = block(x, condition=conditions.get(block.name), traversal=traversal, training=training)
        return self.readout(x)
