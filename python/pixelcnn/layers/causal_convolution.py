"""Convolutions that look up and to the left by where their window is placed, not by a mask."""

from keras import ops

from pixelcnn.layers.activation import NONE
from pixelcnn.layers.linear import Linear
from pixelcnn.traversal import WHOLE_IMAGE, Memory, Remembering, convolve_rows


class CausalConv2D(Linear, Remembering):
    """A convolution whose window ends in the current row: rows `r - rows + 1 … r`, columns `c - left … c - left +
    columns - 1`.

    `(B, H, W, C) -> (B, H / stride, W / stride, F)`; with a stride of 2 cell (r, c) has its window at (2r, 2c).
    Only cells inside the window are stored and computed. Whether a column to the right of the current pixel may be seen
    is for the caller to say through `left`.

    Args:
        filters: Number of filters F.
        kernel_size: (rows, columns) of the window.
        left: How many columns to the left of the current one the window starts.
        channels: Number of channels C of the input.
        stride: 1 or 2.
        grid: The grid that the convolution reads, see `Memory`.
        name: See `Linear`.
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
        """Features of activated features at the cells that the traversal computes now."""
        return self.finish(self.unfold(traversal.convolve(self, x, activation)))

    def unfold(self, features):
        """From what the convolution computes for a cell to the cells that it stands for: here, the same."""
        return features

    def from_row_above(self, above):
        """What the row above, (B, 1, W, C), contributes to the cells of a row before anything of that row is known."""
        return convolve_rows(self, above, self.kernel[: self.top])

    def shape_from_row_above(self, width):
        """(columns, features) of what `from_row_above` gives for a row of this width."""
        return width // self.stride, self.kernel.shape[-1]

    def for_pixels(self):
        """The part of the kernel in the current row, up to the current column, as a matrix."""
        return ops.reshape(self.kernel[self.top, : self.left + 1], (-1, self.kernel.shape[-1]))


class UpsampleConv2D(CausalConv2D):
    """A transposed convolution of stride 2 that is causal, written as a convolution on the coarse grid and a shuffle to
    the fine one.

    `(B, H, W, C) -> (B, 2H, 2W, F)`. Fine row o is fed by coarse rows i with `0 <= o - 2i < rows`, fine column o by
    coarse columns j with `-before <= o - 2j < columns - before`.

    Args:
        filters: Number of filters F.
        kernel_size: (rows, columns) of the transposed kernel.
        before: How many fine columns a coarse cell reaches to the left: 0 in a horizontal stack.
        channels: Number of channels C of the input.
        grid: The coarse grid, which the convolution reads.
        name: See `Linear`.
    """

    def __init__(self, filters, kernel_size, before, channels, name, grid=1):
        kernel_rows, kernel_columns = kernel_size
        # A fine cell of parity o takes the taps k = 2 m + o (m coarse cells away), so both extents are filled up to
        # even numbers.
        front = before % 2
        self.padding = ((0, kernel_rows % 2), (front, (kernel_columns + front) % 2))
        self.rows, self.columns = (kernel_rows + 1) // 2, (kernel_columns + front + 1) // 2
        self.right = (before + front) // 2
        self.top, self.left = self.rows - 1, self.columns - 1 - self.right
        self.stride = 1
        self.channels = channels
        self.memory = Memory(channels, rows=self.top, columns=self.left, grid=grid)
        self.fine = Memory(filters, rows=2, grid=grid - 1, cells=2)  # the fine cells that wait for their turn
        area = kernel_rows * kernel_columns
        shape = (kernel_rows, kernel_columns, filters, channels)
        Linear.__init__(self, name, shape, fans=(area * channels, area * filters), filter_axis=2)

    def memories(self):
        """The coarse cells, and the fine cells that the traversal has not come to."""
        return self.memory, self.fine

    def arrange(self, kernel):
        """The transposed kernel as one of a convolution on the coarse grid."""
        kernel = ops.pad(kernel, (*self.padding, (0, 0), (0, 0)))
        kernel = ops.reshape(kernel, (self.rows, 2, self.columns, 2, self.filters, self.channels))
        kernel = ops.flip(kernel, axis=(0, 2))  # m counts cells backwards, a window counts them forwards
        kernel = ops.transpose(kernel, (0, 2, 5, 1, 3, 4))
        return ops.reshape(kernel, (self.rows, self.columns, self.channels, 4 * self.filters))

    def multiply_adds(self):
        """Of a cell of the coarse grid, for the four fine cells that it stands for."""
        return self.rows * self.columns * self.channels * 4 * self.filters

    def unfold(self, features):
        """(B, H, W, 4 F) -> (B, 2H, 2W, F)."""
        height, width = features.shape[1:3]
        features = ops.reshape(features, (-1, height, width, 2, 2, self.filters))
        features = ops.transpose(features, (0, 1, 3, 2, 4, 5))
        return ops.reshape(features, (-1, 2 * height, 2 * width, self.filters))
