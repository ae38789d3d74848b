"""Convolutions that are causal because of the place of their window; they need no mask."""

from keras import ops

from pixelcnn.layers.activation import NONE
from pixelcnn.layers.linear import Linear
from pixelcnn.traversal import WHOLE_IMAGE, Memory, Remembering, convolve_rows


class CausalConv2D(Linear, Remembering):
    """A convolution whose window ends in the current row: rows `r - rows + 1 … r`, columns `c - left … c - left +
    columns - 1`.

    `(B, H, W, C) -> (B, H / stride, W / stride, F)`. With a stride of 2 the window of the output's cell (r, c) is at
    the input's cell (2r, 2c). The kernel has no weights outside the window. The caller chooses through `left` whether
    the window covers columns to the right of the current one.

    Args:
        filters: Number of filters F.
        kernel_size: (rows, columns) of the window.
        left: Number of the window's columns to the left of the current column.
        channels: Number of channels C of the input.
        name: See `Linear`.
        stride: 1 or 2.
        grid: The grid that the convolution reads, see `Memory`.
    """

    def __init__(self, filters, kernel_size, left, channels, name, stride=1, grid=0):
        self.rows, self.columns = kernel_size
        self.top, self.left, self.right = self.rows - 1, left, self.columns - 1 - left
        self.stride = stride
        self.channels = channels
        self.memory = Memory(channels, rows=self.top, columns=left, grid=grid)
        area = self.rows * self.columns
        super().__init__(name, (self.rows, self.columns, channels, filters), fans=(area * channels, area * filters))

    def __call__(self, x, traversal=WHOLE_IMAGE, activation=NONE):
        """Compute the features of the cells that the traversal computes now, from activated features x."""
        return self.finish(self.unfold(traversal.convolve(self, x, activation)))

    def unfold(self, features):
        """Arrange the convolution's output on the grid of the result. Here both grids are the same."""
        return features

    def from_row_above(self, above):
        """What the row above, (B, 1, W, C), contributes to all cells of the current row."""
        return convolve_rows(self, above, self.kernel[: self.top])

    def shape_from_row_above(self, width):
        """(columns, features) of the result of `from_row_above` for a row of this width."""
        return width // self.stride, self.kernel.shape[-1]

    def for_pixels(self):
        """The part of the kernel in the current row, up to the current column, as a matrix (cells C, F)."""
        return ops.reshape(self.kernel[self.top, : self.left + 1], (-1, self.kernel.shape[-1]))


class UpsampleConv2D(CausalConv2D):
    """A causal transposed convolution of stride 2, computed as a convolution on the coarse grid whose output is
    rearranged to the fine grid.

    `(B, H, W, C) -> (B, 2H, 2W, F)`. Fine row o depends on the coarse rows i with `0 <= o - 2i < rows`, fine column o
    on the coarse columns j with `-before <= o - 2j < columns - before`.

    Args:
        filters: Number of filters F.
        kernel_size: (rows, columns) of the transposed kernel.
        before: Number of fine columns to the left that a coarse cell contributes to: 0 in a horizontal stack.
        channels: Number of channels C of the input.
        name: See `Linear`.
        grid: The coarse grid, which the convolution reads.
    """

    scale = 2

    def __init__(self, filters, kernel_size, before, channels, name, grid=1):
        kernel_rows, kernel_columns = kernel_size
        # A fine cell of parity o (0 or 1) uses the taps k = 2 m + o of the coarse cell that is m cells away. The kernel
        # is padded to even numbers of rows and columns, so that both parities have as many taps.
        front = before % 2
        self.padding = ((0, kernel_rows % 2), (front, (kernel_columns + front) % 2))
        self.rows, self.columns = (kernel_rows + 1) // 2, (kernel_columns + front + 1) // 2
        self.right = (before + front) // 2
        self.top, self.left = self.rows - 1, self.columns - 1 - self.right
        self.stride = 1
        self.channels = channels
        self.memory = Memory(channels, rows=self.top, columns=self.left, grid=grid)
        self.fine = Memory(filters, rows=2, grid=grid - 1, cells=2)  # fine cells that the traversal reaches later
        area = kernel_rows * kernel_columns
        shape = (kernel_rows, kernel_columns, filters, channels)
        Linear.__init__(self, name, shape, fans=(area * channels, area * filters), filter_axis=2)

    def memories(self):
        """The keys of the coarse cells, and of the fine cells that the traversal has not reached."""
        return self.memory, self.fine

    def arrange(self, kernel):
        """Arrange the transposed kernel as the kernel of a convolution on the coarse grid."""
        kernel = ops.pad(kernel, (*self.padding, (0, 0), (0, 0)))
        kernel = ops.reshape(kernel, (self.rows, 2, self.columns, 2, self.filters, self.channels))
        kernel = ops.flip(kernel, axis=(0, 2))  # m counts cells backwards, but a window counts cells forwards
        kernel = ops.transpose(kernel, (0, 2, 5, 1, 3, 4))
        return ops.reshape(kernel, (self.rows, self.columns, self.channels, 4 * self.filters))

    def multiply_adds(self):
        """Number of multiplications with an addition for each coarse cell, which gives four fine cells."""
        return self.rows * self.columns * self.channels * 4 * self.filters

    def unfold(self, features):
        """Arrange four fine cells for each coarse cell: (B, H, W, 4 F) -> (B, 2H, 2W, F)."""
        height, width = features.shape[1:3]
        features = ops.reshape(features, (-1, height, width, 2, 2, self.filters))
        features = ops.transpose(features, (0, 1, 3, 2, 4, 5))
        return ops.reshape(features, (-1, 2 * height, 2 * width, self.filters))
