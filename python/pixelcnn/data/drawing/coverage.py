"""The portable rasteriser: the share of each pixel that a line with round caps covers, in closed form.

The result is nearer to cairo than supersampling at the same cost. The result is the same on every machine, because the
rasteriser uses only additions, multiplications, divisions and square roots, which IEEE 754 rounds in one way.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pixelcnn.data.drawing.canvas import LINE_WIDTH, MARGIN, WHOLE, shift_to_centre

CORNER = np.float32(0.7072)  # from a pixel's centre to its corner
# A round cap covers as much of a pixel, on average, as a straight edge that lies nearer to the line by this.
CAP = np.float32(0.05)
POINT_PIXELS = 1 << 25  # limit of points times pixels that are rendered at once, which takes about 0.3 GB


class Segments(NamedTuple):
    """Straight pieces of strokes.

    `start` and `end` are (S, 2), x and y on the canvas of 0 … 255; `stroke` (S,) is the index of each piece's stroke.
    """

    start: np.ndarray
    end: np.ndarray
    stroke: np.ndarray


def render_all(drawings: list[list[np.ndarray]], size: int, centred: bool = True) -> np.ndarray:
    """Draw drawings of strokes, each (n, 2), in white on black; return (len(drawings), size, size) uint8."""
    return np.concatenate([_render(part, size, centred) for part in _parts(drawings, POINT_PIXELS // size**2)])


def _parts(drawings: list[list[np.ndarray]], points: int) -> Iterator[list[list[np.ndarray]]]:
    """Yield the drawings in parts of about `points` points."""
    part: list[list[np.ndarray]] = []
    held = 0
    for drawing in drawings:
        count = sum(map(len, drawing))
        if part and held + count > points:
            yield part
            part, held = [], 0
        part.append(drawing)
        held += count
    yield part


def _render(drawings: list[list[np.ndarray]], size: int, centred: bool) -> np.ndarray:
    strokes = [stroke for drawing in drawings for stroke in drawing]
    owner = np.repeat(np.arange(len(drawings)), [len(drawing) for drawing in drawings])
    shifts = [shift_to_centre(drawing) if centred else 0.0 for drawing in drawings]
    placed = [stroke + shifts[k] for stroke, k in zip(strokes, owner, strict=True)]
    starts = [points[:-1] if len(points) > 1 else points for points in placed]
    ends = [points[1:] if len(points) > 1 else points for points in placed]
    index = np.repeat(np.arange(len(strokes)), [len(points) for points in starts])
    segments = Segments(np.concatenate(starts), np.concatenate(ends), index)
    return composite(segments, owner, len(drawings), size)


def composite(segments: Segments, owner: np.ndarray, count: int, size: int) -> np.ndarray:
    """Lay the strokes of each drawing over one another, as cairo does.

    Args:
        segments: The pieces of all strokes, centred on the canvas.
        owner: The index of each stroke's drawing, (T,), ascending; every drawing has a stroke.
        count: The number of drawings.
        size: Height and width of a bitmap in pixels.
    """
    left = 1 - cover(segments, len(owner), size)
    first = np.searchsorted(owner, np.arange(count))
    ink = 1 - np.multiply.reduceat(left, first, axis=0)
    return np.floor(ink * 255 + np.float32(0.5)).astype(np.uint8)


def cover(segments: Segments, strokes: int, size: int) -> np.ndarray:
    """Return the share of each pixel that each stroke covers, (strokes, size, size) in 0 … 1."""
    scale = size / WHOLE
    radius = np.float32(LINE_WIDTH / 2 * scale)
    start, end = (((points + MARGIN) * scale).astype(np.float32) for points in segments[:2])
    longest = max(2.0, 2.0 * float(radius))
    start, end, stroke = _cut(start, end, segments.stroke, longest)
    window = int(2 * (longest / 2 + radius + CORNER)) + 1
    # x, y of the window's first pixel
    corner = np.ceil((start + end) / 2 - np.float32((window + 1) / 2)).astype(np.int64)
    area = _areas(start, end, corner, window, radius)
    return _gather(area, corner, stroke, strokes, size, window)


def _cut(start: np.ndarray, end: np.ndarray, stroke: np.ndarray, longest: float) -> tuple[np.ndarray, ...]:
    """Cut segments into pieces of at most about `longest`, so that one small window of pixels holds each."""
    length = np.sqrt(np.square(end - start).sum(axis=1))
    pieces = np.maximum(np.ceil(length / np.float32(longest)), 1).astype(np.int64)
    whole = np.repeat(np.arange(len(pieces)), pieces)
    step = np.arange(len(whole)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = (1 / pieces[whole]).astype(np.float32)
    along = (end - start)[whole]
    first = start[whole] + along * (step * share).astype(np.float32)[:, None]
    last = start[whole] + along * ((step + 1) * share).astype(np.float32)[:, None]
    return first, last, stroke[whole]


def _areas(start: np.ndarray, end: np.ndarray, corner: np.ndarray, window: int, radius: np.float32) -> np.ndarray:
    """Return the share of each pixel of a segment's window that the segment covers, (S, window, window)."""
    grid = np.arange(window, dtype=np.float32) + np.float32(0.5)
    x = (corner[:, 0] - start[:, 0]).astype(np.float32)[:, None, None] + grid[None, None, :]
    y = (corner[:, 1] - start[:, 1]).astype(np.float32)[:, None, None] + grid[None, :, None]
    dx, dy = ((end - start)[:, k, None, None] for k in (0, 1))
    along = (x * dx + y * dy) / np.maximum(dx * dx + dy * dy, np.float32(1e-9))
    nearest = np.clip(along, 0, 1)
    x, y = x - nearest * dx, y - nearest * dy
    distance = np.sqrt(x * x + y * y)
    normal = np.abs(x), np.abs(y), np.maximum(distance, np.float32(1e-6))
    area = _half_plane(radius - distance - CAP * (nearest != along), *normal)
    if radius < CORNER:  # the line is so thin that both edges may cross a pixel
        area = np.maximum(area + _half_plane(radius + distance, *normal) - 1, 0)
    return area


def _half_plane(inside: np.ndarray, x: np.ndarray, y: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return the area of a unit square on one side of a line.

    `inside` is the distance of the line from the centre, positive if the centre is covered. The normal of the line is
    (x, y) / `distance`, with x and y of at least 0.
    """
    long = np.maximum(np.maximum(x, y) / distance, CORNER)
    short = np.maximum(np.minimum(x, y) / distance, np.float32(0.01))
    depth = (long + short) / 2 - np.abs(inside)  # of the smaller part, measured from its outermost corner
    corner = np.clip(depth, 0, short)
    smaller = corner * corner / (2 * long * short) + np.maximum(depth - short, 0) / long
    return np.where(inside > 0, 1 - smaller, smaller)


def _gather(
    area: np.ndarray, corner: np.ndarray, stroke: np.ndarray, strokes: int, size: int, window: int
) -> np.ndarray:
    """Return for each stroke and pixel the largest area that a segment of the stroke covers."""
    side = size + 2 * window  # with a margin, because windows may reach over the edge
    grid = np.arange(window)
    place = (stroke * side + corner[:, 1] + window)[:, None, None] + grid[:, None]
    place = place * side + (corner[:, 0] + window)[:, None, None] + grid
    pixels = np.zeros(strokes * side * side, np.float32)
    np.maximum.at(pixels, place.ravel(), area.ravel())
    return pixels.reshape(strokes, side, side)[:, window:-window, window:-window]
