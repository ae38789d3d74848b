"""Raw strokes of QuickDraw: with times, and in pixels of the player's screen."""

from typing import Any

import numpy as np

from pixelcnn.data.drawing.canvas import SIDE


def has_times(stroke: Any) -> bool:
    """Tell whether a stroke is [xs, ys, times], three lists or arrays, and not three points, tuples (x, y)."""
    return isinstance(stroke, (list, tuple)) and len(stroke) == 3 and not any(isinstance(row, tuple) for row in stroke)


def on_canvas(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Move a drawing to the upper left, scale its longer side to 0 … 255, and round the coordinates.

    Google's simplified drawings are made in the same way. Google then also dropped points that lie within 2 units of a
    line through the other points. This function keeps all points; 2 units are a fifth of a pixel in a 28x28 bitmap.
    """
    low = np.min([points.min(axis=0) for points in strokes], axis=0)
    longer = max((points - low).max() for points in strokes)
    scale = (SIDE - 1) / longer if longer > 0 else 1.0
    return [np.round((points - low) * scale) for points in strokes]
