"""Raw strokes of QuickDraw: with times, in the pixels of the screen they were drawn on."""

import numpy as np

from pixelcnn.data.drawing.canvas import SIDE


def has_times(stroke) -> bool:
    """Tell [xs, ys, ts] from points: three lists or arrays are columns, three tuples (x, y) are points."""
    return isinstance(stroke, (list, tuple)) and len(stroke) == 3 and not any(isinstance(row, tuple) for row in stroke)


def on_canvas(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Move a drawing to the upper left and scale it so that its longer side is 0 … 255, in whole numbers.

    Google simplified drawings in the same way, and then also dropped points that lie within 2 units of a line through
    the points that stay; 2 units are a fifth of a pixel in a 28x28 bitmap. Here all points stay.
    """
    low = np.min([points.min(axis=0) for points in strokes], axis=0)
    longer = max((points - low).max() for points in strokes)
    scale = (SIDE - 1) / longer if longer > 0 else 1.0
    return [np.round((points - low) * scale) for points in strokes]
