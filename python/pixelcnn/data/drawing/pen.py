"""The kinds of strokes of doodles: polylines, smooth curves, ellipses and clouds."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

SPACING = 16.0  # between points, on a canvas of 256; about 1.5 pixels of a 28x28 bitmap


class Stroke(NamedTuple):
    """A stroke: points (P, 2), and whether a drawing may leave the stroke out."""

    points: np.ndarray
    optional: bool = False


def line(*xy: float) -> Stroke:
    """Return straight lines from point to point; the arguments are x, y, x, y, …."""
    return Stroke(_divide(_pairs(xy)))


def curve(*xy: float) -> Stroke:
    """Return a smooth curve through all points; the arguments are x, y, x, y, …."""
    points = _pairs(xy)
    ends = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    return Stroke(_thin(_spline(np.vstack([ends[0], points, ends[1]]))))


def loop(*xy: float) -> Stroke:
    """Return a smooth closed curve through all points; the arguments are x, y, x, y, …."""
    points = _pairs(xy)
    return Stroke(_thin(_spline(np.vstack([points[-1], points, points[:2]]))))


def ellipse(x: float, y: float, rx: float, ry: float | None = None, start: float = 0, stop: float = 360) -> Stroke:
    """Return an ellipse around (x, y), from angle `start` to `stop` in degrees; 0 is right and 90 is down."""
    return cloud(x, y, rx, rx if ry is None else ry, 0, start, stop)


def cloud(x: float, y: float, rx: float, ry: float, bumps: int, start: float = 0, stop: float = 360) -> Stroke:
    """Return an ellipse like `ellipse`, with `bumps` round bumps on a full turn."""
    angles = [math.radians(start + (stop - start) * k / 96) for k in range(97)]
    swell = [1 + (0.28 * abs(math.sin(bumps * angle / 2)) if bumps else 0) for angle in angles]
    # Rounded, because the sine differs in the last bit between machines.
    ring = [(x + rx * s * math.cos(a), y + ry * s * math.sin(a)) for s, a in zip(swell, angles, strict=True)]
    return Stroke(_thin(np.round(np.array(ring), 3), 10.0 if bumps else SPACING))


def maybe(*strokes: Stroke) -> list[Stroke]:
    """Mark strokes as optional: a drawing may leave them out."""
    return [stroke._replace(optional=True) for stroke in strokes]


def _pairs(xy: Sequence[float]) -> np.ndarray:
    return np.array(xy, np.float64).reshape(-1, 2)


def _spline(points: np.ndarray, steps: int = 8) -> np.ndarray:
    """Return a Catmull-Rom spline through the inner points; the first and last points set its end directions."""
    before, start, end, after = points[:-3], points[1:-2], points[2:-1], points[3:]
    t = np.arange(steps)[:, None, None] / steps
    cubic = 3 * (start - end) + after - before
    square = 2 * before - 5 * start + 4 * end - after
    path = start + t * (end - before + t * (square + t * cubic)) / 2
    return np.vstack([path.transpose(1, 0, 2).reshape(-1, 2), points[-2]])


def _divide(points: np.ndarray) -> np.ndarray:
    """Add points along the edges of a polyline, so that the edges can wobble; the corners stay."""
    divided = [points[:1]]
    for start, end in zip(points[:-1], points[1:], strict=True):
        steps = max(round(_length(end - start) / SPACING), 1)
        divided.append(start + (end - start) * np.arange(1, steps + 1)[:, None] / steps)
    return np.concatenate(divided)


def _thin(points: np.ndarray, spacing: float = SPACING) -> np.ndarray:
    """Drop points of a densely sampled curve; small curves keep enough points to be round."""
    whole = sum(_length(step) for step in np.diff(points, axis=0))
    kept = [points[0]]
    for point in points[1:-1]:
        if _length(point - kept[-1]) >= min(spacing, whole / 9):
            kept.append(point)
    return np.array([*kept, points[-1]])


def _length(step: np.ndarray) -> float:
    return math.sqrt(step[0] * step[0] + step[1] * step[1])
