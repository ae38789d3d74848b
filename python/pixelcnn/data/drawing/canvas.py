"""Where Google's QuickDraw rasteriser puts a drawing: the facts that both renderers share.

A drawing has coordinates 0 … 255. It is centred, by the maximum of its bounding box, on a canvas of 256 with a margin
of the padding and half a line on each side, and the canvas is scaled to the bitmap.
"""

SIDE = 256
LINE_WIDTH = 16
PADDING = 16
MARGIN = PADDING + LINE_WIDTH / 2
WHOLE = SIDE + 2 * MARGIN
