"""Convolutions over what comes first in raster order: the rows above, the pixels to the left and, where features form a
group for each colour, the colours before.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3.4: mask A and mask B.
"""

import numpy as np
from keras import ops

from pixelcnn.layers.causal_convolution import CausalConv2D
from pixelcnn.layers.linear import Linear
from pixelcnn.layers.pointwise import matrix_product
from pixelcnn.traversal import Memory


class Blocks:
    """Which blocks of a kernel there are, where the last of its cells is the current pixel.

    Input and output channels lie in groups, channel = index mod groups. A block joins one group of the input to one of
    the output at one cell. At cells before the current pixel all blocks are there; at the current pixel those from
    earlier groups (mask A) or from earlier groups and the same (mask B). Only these are stored, so that no weight is
    ever masked.

    Args:
        cells: Number of cells, in raster order.
        mask_type: `A` or `B`.
        groups: Number of groups.
    """

    def __init__(self, cells, mask_type, groups):
        self.cells, self.groups = cells, groups
        there = np.ones((cells, groups, groups), bool)  # by cell, group of the input, group of the output
        there[-1] = np.triu(there[-1], 1 if mask_type == "A" else 0)
        self.count = int(there.sum())
        # Where each block is stored; those that are not there find the zeros behind the last.
        self.place = np.full(there.shape, self.count)
        self.place[there] = np.arange(self.count)

    def arrange(self, stored):
        """Blocks (count, C / groups, F / groups) as a kernel (cells, C, F), zero where there are none."""
        if self.groups == 1:  # a block is a cell
            return ops.pad(stored, ((0, self.cells - self.count), (0, 0), (0, 0)))
        _, channels, filters = stored.shape
        zeros = ops.zeros((1, channels, filters), stored.dtype)
        blocks = ops.take(ops.concatenate([stored, zeros]), self.place, axis=0)
        blocks = ops.transpose(blocks, (0, 3, 1, 4, 2))
        return ops.reshape(blocks, (self.cells, channels * self.groups, filters * self.groups))


class RasterConv2D(CausalConv2D):
    """A convolution whose window ends in the current pixel: rows above in full, this row from the left, and of the
    current pixel the groups of channels that the mask opens [1].

    `(B, H, W, C) -> (B, H, W, F)`. The window is a rectangle, so that it is one convolution without padding; its cells
    to the right of the current pixel are zeros that stand for no weight. A window of one row has no such cells.

    Args:
        filters: Number of filters F, a multiple of the groups.
        kernel_size: (rows, columns) of the whole kernel, the masked half included; both odd.
        mask_type: `A` or `B`.
        channel_groups: Number of groups; 1 has no groups.
        channels: Number of channels C of the input, a multiple of the groups.
        name: See `Linear`.
    """

    def __init__(self, filters, kernel_size, mask_type, channel_groups, channels, name):
        rows, columns = kernel_size
        self.top, self.left = rows // 2, columns // 2
        self.right = self.left if self.top else 0
        self.rows, self.columns = self.top + 1, self.left + 1 + self.right
        self.stride, self.channels = 1, channels
        self.memory = Memory(channels, rows=self.top, columns=self.left)
        self.blocks = Blocks(self.top * columns + self.left + 1, mask_type, channel_groups)
        area = self.blocks.cells
        shape = (self.blocks.count, channels // channel_groups, filters // channel_groups)
        Linear.__init__(self, name, shape, fans=(area * channels, area * filters))
        self.filters = filters

    def arrange(self, kernel):
        """The stored blocks as a kernel (rows, columns, C, F)."""
        cells = ops.pad(self.blocks.arrange(kernel), ((0, self.right), (0, 0), (0, 0)))
        return ops.reshape(cells, (self.rows, self.columns, self.channels, self.filters))


class GroupedPointwise(Linear):
    """A dense layer at every pixel, each group of the output from the groups of the input that the mask opens:
    `(B, H, W, C) -> (B, H, W, F)`.

    Args:
        filters, mask_type, channel_groups, channels, name: As in `RasterConv2D`.
    """

    def __init__(self, filters, mask_type, channel_groups, channels, name):
        self.blocks = Blocks(1, mask_type, channel_groups)
        shape = (self.blocks.count, channels // channel_groups, filters // channel_groups)
        super().__init__(name, shape, fans=(channels, filters))
        self.filters = filters

    def arrange(self, kernel):
        """The stored blocks as a matrix (C, F)."""
        return self.blocks.arrange(kernel)[0]

    def __call__(self, x):
        """Features of the pixels of x."""
        return self.finish(matrix_product(x, self.kernel))
