"""The rasteriser that Google used, cairo; its bitmaps equal Google's byte for byte."""

from typing import Any

import numpy as np

from pixelcnn.data.drawing.canvas import LINE_WIDTH, MARGIN, WHOLE, shift_to_centre


def load_cairo() -> Any:
    """Return the module `cairocffi`, or `None` if the module or the system's libcairo is missing."""
    try:
        import cairocffi
    except (ImportError, OSError):  # cairocffi raises OSError if libcairo is missing
        return None
    return cairocffi


def render(drawing: list[np.ndarray], size: int, centred: bool = True) -> np.ndarray:
    """Draw strokes, each (n, 2), in white on black; return (size, size) uint8."""
    cairo = load_cairo()
    surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, size, size)
    pen = _pen(cairo, surface, size)
    shift = shift_to_centre(drawing) if centred else 0.0
    for stroke in drawing:
        points = (stroke + shift).tolist()
        pen.move_to(*points[0])
        for point in points:  # with the first point, so that a stroke of one point becomes a dot
            pen.line_to(*point)
        pen.stroke()
    surface.flush()
    pixels = np.frombuffer(surface.get_data(), np.uint8).reshape(size, surface.get_stride())
    return pixels[:, : 4 * size : 4].copy()


def _pen(cairo: Any, surface: Any, size: int) -> Any:
    pen = cairo.Context(surface)
    pen.set_antialias(cairo.ANTIALIAS_BEST)
    pen.set_line_cap(cairo.LINE_CAP_ROUND)
    pen.set_line_join(cairo.LINE_JOIN_ROUND)
    pen.set_line_width(LINE_WIDTH)
    pen.scale(size / WHOLE, size / WHOLE)
    pen.translate(MARGIN, MARGIN)
    pen.set_source_rgb(0, 0, 0)
    pen.paint()
    pen.set_source_rgb(1, 1, 1)
    return pen
