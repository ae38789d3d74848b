"""QuickDraw strokes and their bitmaps."""

import json
from pathlib import Path

import numpy as np

from pixelcnn.data import _cairo, _coverage
from pixelcnn.data._checks import whole

RENDERERS = ("auto", "cairo", "portable")


def read_strokes(path: str | Path) -> list[list[list[list[int]]]]:
    """Read the drawings of a simplified QuickDraw `.ndjson` file.

    Args:
        path: the file, one JSON object a line.

    Returns:
        A list of drawings; a drawing is a list of strokes, a stroke is [xs, ys] with coordinates 0 … 255.

    Raises:
        ValueError: a line that is no drawing; the message names file and line.

    Example:
        >>> import pathlib, tempfile, pixelcnn
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "line.ndjson"
        >>> _ = path.write_text('{"word": "line", "drawing": [[[0, 255], [0, 90]]]}')
        >>> pixelcnn.data.read_strokes(path)
        [[[[0, 255], [0, 90]]]]

    Source: https://github.com/googlecreativelab/quickdraw-dataset#simplified-drawing-files-ndjson
    """
    with Path(path).open(encoding="utf-8") as file:
        return [_read_line(line, f"{path}, line {k}") for k, line in enumerate(file, start=1) if line.strip()]


def _read_line(line: str, source: str) -> list:
    try:
        return json.loads(line)["drawing"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f'{source} is no drawing: {line[:60]!r}; a JSON object with "drawing" is expected.') from error


def rasterize(strokes, size: int = 28, renderer: str = "auto") -> np.ndarray:
    """Draw QuickDraw strokes as the bitmaps of the data set: white on black, antialiased, centred.

    Args:
        strokes: one drawing, a list of drawings, or the path of an `.ndjson` file. A drawing is a list of strokes. A
            stroke is [xs, ys] (two lists, as QuickDraw has it) or n points, as an (n, 2) array or a list of tuples
            (x, y). Coordinates are 0 … 255.
        size: height and width of the bitmap in pixels; the line is size / 19 wide.
        renderer: "cairo" (byte for byte Google's bitmaps; needs `pip install pixelcnn[strokes]` and libcairo),
            "portable" (NumPy alone, the same on every machine, about one grey level off on average), or "auto": cairo
            where it is there.

    Returns:
        (size, size, 1) uint8 for one drawing, (n, size, size, 1) for n of them.

    Raises:
        ValueError: strokes of another form or outside 0 … 255.
        ImportError: "cairo" where it is missing.

    Example:
        >>> import numpy as np, pixelcnn
        >>> house = [[[0, 0, 255, 255, 0], [120, 250, 250, 120, 120]], np.array([[0, 120], [128, 0], [255, 120]])]
        >>> pixelcnn.data.rasterize(house).shape
        (28, 28, 1)

    Source: https://github.com/googlecreativelab/quickdraw-dataset/issues/19
    """
    size = whole("size", size, 1)
    render = _choose_renderer(renderer)
    if isinstance(strokes, (str, Path)):
        strokes = read_strokes(strokes)
    if _is_drawing(strokes):
        return render([_check_drawing(strokes, "strokes")], size)[0, ..., None]
    return render([_check_drawing(drawing, f"strokes[{k}]") for k, drawing in enumerate(strokes)], size)[..., None]


def _choose_renderer(renderer: str):
    if renderer not in RENDERERS:
        raise ValueError(f"`renderer` must be one of {', '.join(map(repr, RENDERERS))}; got {renderer!r}.")
    if renderer == "portable" or (renderer == "auto" and _cairo.load_cairo() is None):
        return _coverage.render_all
    if _cairo.load_cairo() is None:
        raise ImportError(
            '`renderer="cairo"` needs cairocffi (pip install "pixelcnn[strokes]") and the system\'s libcairo; '
            '"portable" needs neither.'
        )
    return lambda drawings, size: np.stack([_cairo.render(drawing, size) for drawing in drawings])


def _is_drawing(strokes) -> bool:
    """Tell one drawing from a list of drawings, by how deep the numbers lie."""
    depth = _depth(strokes)
    if depth not in (3, 4):
        raise ValueError(
            "`strokes` must be a drawing (a list of strokes, each [xs, ys] or an (n, 2) array), a list of drawings or "
            f"the path of an .ndjson file; got {str(strokes)[:60]!r}."
        )
    return depth == 3


def _depth(value) -> int:
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.ndim
    if isinstance(value, (list, tuple, np.ndarray)):
        return 1 + _depth(value[0]) if len(value) else -9  # nothing to draw in it
    return 0


def _check_drawing(drawing, name: str) -> list[np.ndarray]:
    if len(drawing) == 0:
        raise ValueError(f"`{name}` has no stroke; a drawing has one at least.")
    return [_check_stroke(stroke, f"{name}[{k}]") for k, stroke in enumerate(drawing)]


def _check_stroke(stroke, name: str) -> np.ndarray:
    """Return the points of a stroke, (n, 2)."""
    try:
        points = np.array(stroke, np.float64)
    except (ValueError, TypeError) as error:
        raise ValueError(f"`{name}` is no stroke: {str(stroke)[:60]}; give [xs, ys] or an (n, 2) array.") from error
    if _is_columns(stroke, points):
        points = points.T
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"`{name}` has shape {points.shape}; a stroke is [xs, ys] or an (n, 2) array.")
    if not ((points >= 0) & (points <= 255)).all():
        raise ValueError(f"`{name}` has coordinates {points.min()} … {points.max()}; they must lie in 0 … 255.")
    return points


def _is_columns(stroke, points: np.ndarray) -> bool:
    """Tell [xs, ys] from points: two lists are columns, an array of two rows or two tuples (x, y) are points."""
    if points.ndim != 2 or len(points) != 2 or isinstance(stroke, np.ndarray):
        return False
    return points.shape[1] != 2 or not isinstance(stroke[0], tuple)
