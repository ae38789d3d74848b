"""Strokes of QuickDraw, and their bitmaps."""

import os
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.data import _ndjson, _raw_strokes
from pixelcnn.data.drawing import cairo, coverage
from pixelcnn.data.drawing.canvas import SIDE

RENDERERS = ("auto", "cairo", "portable")
MOST_POINTS = 10_000  # of a drawing; players of Quick, Draw! draw some hundreds in their 20 seconds


def read_strokes(path: str | os.PathLike[str]) -> list[list[list[list[int]]]]:
    """Read the drawings of a QuickDraw `.ndjson` file, simplified or raw.

    A stroke of a raw file is [xs, ys, times], in pixels of the player's screen. Drawings of a raw file are moved to the
    top left and scaled to 0 … 255, as Google's simplified drawings are, and the times are dropped. A drawing without a
    stroke is skipped, with a warning that names the line.

    Args:
        path: The file, with one JSON object in each line of at most 16 MiB. The file may have a byte order mark, and
            gzip may have compressed it.

    Returns:
        A list of drawings; a drawing is a list of strokes, a stroke is [xs, ys] with coordinates 0 … 255.

    Raises:
        ValueError: If a line is not a drawing, or has more than 10,000 points; the message names file and line.
        OSError: If the file cannot be read.

    Example:
        >>> import pathlib, tempfile, pixelcnn
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "line.ndjson"
        >>> _ = path.write_text('{"word": "line", "drawing": [[[0, 255], [0, 90]]]}')
        >>> pixelcnn.data.read_strokes(path)
        [[[[0, 255], [0, 90]]]]
        >>> _ = path.write_text('{"word": "line", "drawing": [[[100.5, 202.5], [50, 86], [0, 17]]]}')
        >>> pixelcnn.data.read_strokes(path)
        [[[[0, 255], [0, 90]]]]

    Source: https://github.com/googlecreativelab/quickdraw-dataset#the-raw-moderated-dataset
    """
    return [
        [points.astype(np.int64).T.tolist() for points in checked] if len(drawing[0]) == 3 else drawing
        for drawing, checked in _read(require.path("path", path))
    ]


def _read(path: Path) -> list[tuple[list, list[np.ndarray]]]:
    """Return each drawing of a file twice: as stored in the file, and as strokes (n, 2) on the canvas of 0 … 255."""
    drawings, empty = [], []
    for number, line in _ndjson.lines(path):
        source = f"{path}, line {number}"
        drawing = _ndjson.parse(line, source)
        if drawing:
            drawings.append((drawing, _check_drawing(drawing, source, partial("{}, stroke {}".format, source))))
        else:
            empty.append(str(number))
    if empty:
        text = f"{path}: skipped drawings without a stroke in line {require.listed(empty)}."
        warnings.warn(text, UserWarning, stacklevel=3)
    return drawings


def rasterize(strokes: Any, size: int = 28, renderer: str = "auto", centred: bool = True) -> np.ndarray:
    """Draw strokes of QuickDraw like the bitmaps of the data set: white on black, antialiased, centred.

    Args:
        strokes: One drawing, a list of drawings, or the path of an `.ndjson` file, as for `read_strokes`. A drawing is
            a list of strokes with at most 10,000 points together. A stroke is [xs, ys] (two lists, as in QuickDraw's
            files) or n points, as an (n, 2) array or a list of tuples (x, y), with coordinates 0 … 255. A stroke may
            also be [xs, ys, times] (three lists, as in QuickDraw's raw files) with any coordinates; a drawing of such
            strokes is scaled to 0 … 255.
        size: Height and width of the bitmap in pixels; the line is size / 19 pixels wide.
        renderer: "cairo" (byte for byte Google's bitmaps; needs `pip install pixelcnn[strokes]` and libcairo),
            "portable" (NumPy alone, the same on every machine, about one grey level off on average), or "auto" for
            cairo if it is installed, else portable.
        centred: Whether to centre each drawing, as Google's bitmaps are. False keeps the place of the strokes on the
            canvas of 0 … 255, as for a drawing that is not finished.

    Returns:
        (size, size, 1) uint8 for one drawing, (n, size, size, 1) for n of them.

    Raises:
        ValueError: If strokes have another form or coordinates outside 0 … 255; for a file the message names the line.
        ImportError: If `renderer` is "cairo" and cairo is not installed.

    Example:
        >>> import numpy as np, pixelcnn
        >>> house = [[[0, 0, 255, 255, 0], [120, 250, 250, 120, 120]], np.array([[0, 120], [128, 0], [255, 120]])]
        >>> pixelcnn.data.rasterize(house).shape
        (28, 28, 1)

    Source: https://github.com/googlecreativelab/quickdraw-dataset/issues/19
    """
    size = require.positive_integer("size", size)
    render = partial(_choose_renderer(renderer), centred=require.boolean("centred", centred))
    if isinstance(strokes, (str, os.PathLike)):
        drawings = _read(Path(strokes))
        if not drawings:
            raise ValueError(f"{strokes} has no drawing: expected at least one.")
        return render([strokes for _, strokes in drawings], size)[..., None]
    if _is_drawing(strokes):
        return render([_check_drawing(strokes, "strokes", "strokes[{}]".format)], size)[0, ..., None]
    checked = [
        _check_drawing(drawing, f"strokes[{n}]", partial("strokes[{}][{}]".format, n))
        for n, drawing in enumerate(strokes)
    ]
    return render(checked, size)[..., None]


def _choose_renderer(renderer: str) -> Callable[..., np.ndarray]:
    require.one_of("renderer", renderer, RENDERERS)
    if renderer == "portable" or (renderer == "auto" and cairo.load_cairo() is None):
        return coverage.render_all
    if cairo.load_cairo() is None:
        raise ImportError(
            "renderer='cairo' needs cairocffi (pip install 'pixelcnn[strokes]') and the system's libcairo; "
            "renderer='portable' needs neither."
        )
    return lambda drawings, size, centred: np.stack([cairo.render(drawing, size, centred) for drawing in drawings])


def _is_drawing(strokes: Any) -> bool:
    """Tell whether `strokes` is one drawing and not a list of drawings, by the depth of the nested lists."""
    depth = _depth(strokes)
    if depth not in (3, 4):
        raise ValueError(
            f"strokes={require.short(strokes, 60)} does not fit: expected a drawing (a list of strokes, each [xs, ys] "
            "or an (n, 2) array), a list of drawings or the path of an .ndjson file."
        )
    return depth == 3


def _depth(value: Any) -> int:
    """Return the depth of nested lists, at most 5; -1 if the first list at some depth is empty."""
    for depth in range(5):
        if isinstance(value, np.ndarray) and value.dtype != object:
            return depth + value.ndim
        if not isinstance(value, (list, tuple, np.ndarray)):
            return depth
        if len(value) == 0:
            return -1
        value = value[0]
    return 5


def _check_drawing(drawing: Any, name: str, stroke_name: Callable[[int], str]) -> list[np.ndarray]:
    """Return the strokes of a drawing, each (n, 2), on the canvas of 0 … 255."""
    if len(drawing) == 0:
        raise ValueError(f"{name} has no stroke: expected at least one.")
    strokes = [_points(stroke, stroke_name, k) for k, stroke in enumerate(drawing)]
    count = sum(map(len, strokes))
    if count > MOST_POINTS:
        raise ValueError(f"{name} has {count:,} points: expected at most {MOST_POINTS:,}.")
    raw = [_raw_strokes.has_times(stroke) for stroke in drawing]
    if any(raw):
        if not all(raw):
            raise ValueError(f"{name} has strokes with times, [xs, ys, times], and strokes without: expected one kind.")
        return _raw_strokes.on_canvas(strokes)
    for k, points in enumerate(strokes):
        if points.min() < 0 or points.max() > SIDE - 1:
            raise ValueError(f"{stroke_name(k)} has coordinates {points.min()} … {points.max()}: expected 0 … 255.")
    return strokes


def _points(stroke: Any, stroke_name: Callable[[int], str], k: int) -> np.ndarray:
    """Return the points of stroke `k`, (n, 2)."""
    try:
        points = np.asarray(stroke)
        if points.dtype.kind not in "iufO":
            raise TypeError(f"{points.dtype} is not a type of numbers")
        points = points.astype(np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        text = f"{stroke_name(k)} is {require.short(stroke, 60)}"
        raise ValueError(f"{text}, which does not fit: expected [xs, ys] or an (n, 2) array.") from error
    if points.ndim == 2 and points.shape[1] == 2 and len(points) > 3 and _holds_lists(stroke):
        raise ValueError(
            f"{stroke_name(k)} holds {len(points)} lists of two numbers: expected [xs, ys], an (n, 2) array, or a list "
            "of tuples (x, y), because two lists would be xs and ys."
        )
    if points.ndim == 2 and _raw_strokes.has_times(stroke):
        points = points[:2].T
    elif _is_columns(stroke, points):
        points = points.T
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        name = stroke_name(k)
        raise ValueError(f"{name} of shape {points.shape} does not fit: expected [xs, ys] or an (n, 2) array.")
    if not np.isfinite(points).all():
        raise ValueError(f"{stroke_name(k)} has coordinates that are not finite: expected 0 … 255.")
    return points


def _holds_lists(stroke: Any) -> bool:
    return not isinstance(stroke, np.ndarray) and isinstance(stroke[0], list)


def _is_columns(stroke: Any, points: np.ndarray) -> bool:
    """Tell whether a stroke is [xs, ys], two lists, and not two points: an array of two rows, or two tuples (x, y)."""
    if points.ndim != 2 or len(points) != 2 or isinstance(stroke, np.ndarray):
        return False
    return points.shape[1] != 2 or not isinstance(stroke[0], tuple)
