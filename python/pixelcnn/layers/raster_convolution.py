"""Convolutions over earlier pixels in raster order: the rows above and the pixels to the left. Where features form a
group for each colour, also over the earlier colours of the current pixel.

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
    """The blocks of a kernel whose last cell is the current pixel.

    Input and output channels form groups; channel i belongs to group i mod `groups`. A block connects one group of the
    input with one group of the output at one cell. At cells before the current pixel the kernel has all blocks. At the
    current pixel a group of the output is connected with earlier groups of the input (mask A), or with earlier groups
    and its own (mask B). Only these blocks are stored, so that no weight is masked.

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
        # The index at which each block is stored. A block that the kernel lacks has the index behind the last block,
        # where `arrange` puts zeros.
        self.place = np.full(there.shape, self.count)
        self.place[there] = np.arange(self.count)

    def arrange(self, stored):
        """Arrange blocks (count, C / groups, F / groups) as a kernel (cells, C, F); missing blocks are zero."""
        if self.groups == 1:  # a block is a cell
            return ops.pad(stored, ((0, self.cells - self.count), (0, 0), (0, 0)))
        _, channels, filters = stored.shape
        zeros = ops.zeros((1, channels, filters), stored.dtype)
        blocks = ops.take(ops.concatenate([stored, zeros]), self.place, axis=0)
        blocks = ops.transpose(blocks, (0, 3, 1, 4, 2))
        return ops.reshape(blocks, (self.cells, channels * self.groups, filters * self.groups))


class RasterConv2D(CausalConv2D):
    """A convolution over the rows above, the pixels to the left, and the groups of channels of the current pixel that
    the mask lets through [1].

    `(B, H, W, C) -> (B, H, W, F)`. The window is a rectangle, so that one convolution without padding computes the
    layer. Cells of the window to the right of the current pixel are zeros and have no weights. A window of one row has
    no such cells.

    Args:
        filters: Number of filters F, a multiple of the groups.
        kernel_size: (rows, columns) of the whole kernel, the masked half included; both odd.
        mask_type: `A` or `B`.
        channel_groups: Number of groups; with 1, all channels form one group.
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
        """Arrange the stored blocks as a kernel (rows, columns, C, F)."""
        cells = ops.pad(self.blocks.arrange(kernel), ((0, self.right), (0, 0), (0, 0)))
        return ops.reshape(cells, (self.rows, self.columns, self.channels, self.filters))


class GroupedPointwise(Linear):
    """A dense layer at every pixel, `(B, H, W, C) -> (B, H, W, F)`, whose output groups depend on the input groups that
    the mask lets through.

    Args:
        filters, mask_type, channel_groups, channels, name: As in `RasterConv2D`.
    """

    def __init__(self, filters, mask_type, channel_groups, channels, name):
        self.blocks = Blocks(1, mask_type, channel_groups)
        shape = (self.blocks.count, channels // channel_groups, filters // channel_groups)
        super().__init__(name, shape, fans=(channels, filters))
        self.filters = filters

    def arrange(self, kernel):
        """Arrange the stored blocks as a matrix (C, F)."""
        return self.blocks.arrange(kernel)[0]

    def __call__(self, x):
        """Compute the features of the pixels of x."""
        return self.finish(matrix_product(x, self.kernel))
