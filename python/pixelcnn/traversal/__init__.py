"""How a network advances through an image: the whole image at once, row by row, or pixel by pixel.

A network is written once. Where a layer needs earlier cells, it asks the traversal:

* `WholeImage`: all cells at once; before the image there are zeros.
* `Rows`: the next rows over the full width.
* `NextRow`: the next row, in a compiled loop over rows.
* `NextPixel`: the next pixel, in a compiled loop over columns.

All four compute the same features for the same pixels, up to rounding, so cached sampling is exact.

A layer takes part in one of two ways. A convolution has a window and calls `traversal.convolve`. Any other layer that
depends on earlier cells, such as an LSTM, is given to `traversal.recur` and has

* `image(x)`: its result (B, H, W, F) for a whole image (B, H, W, G);
* `rows(x, above)`: its result for the next rows, and what it remembers of the last of them, from what it remembers of
  the row above, (B, 1, W, channels); None if `memory.rows` is 0;
* `pixel(x, above, left)`: its result for the next pixel, and what it remembers of this pixel;
* `from_row_above(above)`: what a row knows of the row above before its first pixel, (B, 1, W, A).

Both are `Remembering`: a key, `memory`, says how much they remember. The network lists the layers of either stack.
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
