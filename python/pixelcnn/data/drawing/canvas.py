"""The position of a drawing in a bitmap of Google's QuickDraw rasteriser; both renderers use these numbers.

A drawing has coordinates 0 … 255. The drawing is centred, by the maximum of its bounding box, on a canvas of 256. The
canvas has a margin of the padding and half a line on each side, and is scaled to the bitmap.
"""

import numpy as np

SIDE = 256
LINE_WIDTH = 16
PADDING = 16
MARGIN = PADDING + LINE_WIDTH / 2
WHOLE = SIDE + 2 * MARGIN


def shift_to_centre(drawing: list[np.ndarray]) -> np.ndarray:
    """The shift (2,) that centres strokes, each (n, 2)."""
    return (SIDE - np.concatenate(drawing).max(axis=0)) / 2
