"""Traversals of an image by a network: the whole image at once, row by row, or pixel by pixel.

The code of a network is the same for all traversals. A layer that needs earlier cells gets these from the traversal:

* `WholeImage` computes all cells at once. The cells before the image are zeros.
* `Rows` computes the next rows over the full width.
* `NextRow` computes the next row, in a compiled loop over rows.
* `NextPixel` computes the next pixel, in a compiled loop over columns.

All four traversals compute the same features of the same pixels, up to rounding, so cached sampling is exact.

A convolution has a window and calls `traversal.convolve`. A network passes any other layer that depends on earlier
cells, such as an LSTM, to `traversal.recur`. Such a layer has these methods:

* `image(x)` returns the features (B, H, W, F) of a whole image x (B, H, W, G).
* `rows(x, above)` returns the features of the next rows, and the memory of the last of these rows. `above` is the
  memory of the row above, (B, 1, W, channels), or None if `memory.rows` is 0.
* `pixel(x, above, left)` returns the features of the next pixel, and the memory of this pixel. `above` is the pixel's
  column of the result of `from_row_above`, and `left` the memory of the pixels to the left.
* `from_row_above(above)` returns what a row takes from the row above before its first pixel, (B, 1, W', A). On a
  coarser grid, `shape_from_row_above(width)` returns (W', A).

Both kinds of layers are `Remembering`: the key `memory` says how much a layer remembers. A network lists the layers of
both stacks as `vertical_layers()` and `horizontal_layers()`.
"""

from pixelcnn.traversal.memory import Memory, NetworkMemory, Remembering
from pixelcnn.traversal.pixel import NextPixel, RowStart
from pixelcnn.traversal.rows import NextRow, Rows, convolve_rows
from pixelcnn.traversal.whole import WHOLE_IMAGE, WholeImage

__all__ = [
    "WHOLE_IMAGE",
    "Memory",
    "NetworkMemory",
    "NextPixel",
    "NextRow",
    "Remembering",
    "RowStart",
    "Rows",
    "WholeImage",
    "convolve_rows",
]
