"""The few strokes that a doodle is made of: polylines, smooth curves, ellipses, clouds."""

import math
from typing import NamedTuple

import numpy as np

SPACING = 16.0  # between points, on a canvas of 256: about one and a half pixels


class Stroke(NamedTuple):
    """One stroke: points (P, 2), and whether a hasty hand may leave it out."""

    points: np.ndarray
    optional: bool = False


def line(*xy: float) -> Stroke:
    """Straight from point to point: x, y, x, y, …."""
    return Stroke(_divide(_pairs(xy)))


def curve(*xy: float) -> Stroke:
    """Smoothly through all points."""
    points = _pairs(xy)
    ends = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    return Stroke(_thin(_spline(np.vstack([ends[0], points, ends[1]]))))


def loop(*xy: float) -> Stroke:
    """Smoothly through all points and back to the first one."""
    points = _pairs(xy)
    return Stroke(_thin(_spline(np.vstack([points[-1], points, points[:2]]))))


def ellipse(x: float, y: float, rx: float, ry: float | None = None, start: float = 0, stop: float = 360) -> Stroke:
    """Around (x, y), from one angle to another; 0 is right and 90 is down."""
    return cloud(x, y, rx, rx if ry is None else ry, 0, start, stop)


def cloud(x: float, y: float, rx: float, ry: float, bumps: int, start: float = 0, stop: float = 360) -> Stroke:
    """Like `ellipse`, with so many round bumps on a full turn."""
    angles = [math.radians(start + (stop - start) * k / 96) for k in range(97)]
    swell = [1 + (0.28 * abs(math.sin(bumps * angle / 2)) if bumps else 0) for angle in angles]
    # Rounded, so that machines whose sine differs in the last bit draw the same.
    ring = [(x + rx * s * math.cos(a), y + ry * s * math.sin(a)) for s, a in zip(swell, angles, strict=True)]
    return Stroke(_thin(np.round(np.array(ring), 3), 10.0 if bumps else SPACING))


def maybe(*strokes: Stroke) -> list[Stroke]:
    """Mark strokes as ones that may be left out."""
    return [stroke._replace(optional=True) for stroke in strokes]


def _pairs(xy) -> np.ndarray:
    return np.array(xy, np.float64).reshape(-1, 2)


def _spline(points: np.ndarray, steps: int = 8) -> np.ndarray:
    """Pass a Catmull-Rom spline through all points but the first and the last, which say how it leaves and arrives."""
    before, here, after, beyond = points[:-3], points[1:-2], points[2:-1], points[3:]
    t = np.arange(steps)[:, None, None] / steps
    cubic = 3 * (here - after) + beyond - before
    square = 2 * before - 5 * here + 4 * after - beyond
    path = here + t * (after - before + t * (square + t * cubic)) / 2
    return np.vstack([path.transpose(1, 0, 2).reshape(-1, 2), points[-2]])


def _divide(points: np.ndarray) -> np.ndarray:
    """Put points along the edges of a polyline, so that it can wobble; its corners stay."""
    divided = [points[:1]]
    for start, end in zip(points[:-1], points[1:], strict=True):
        steps = max(round(_length(end - start) / SPACING), 1)
        divided.append(start + (end - start) * np.arange(1, steps + 1)[:, None] / steps)
    return np.concatenate(divided)


def _thin(points: np.ndarray, spacing: float = SPACING) -> np.ndarray:
    """Drop points of a densely sampled curve; small curves keep enough of them to be round."""
    whole = sum(_length(step) for step in np.diff(points, axis=0))
    kept = [points[0]]
    for point in points[1:-1]:
        if _length(point - kept[-1]) >= min(spacing, whole / 9):
            kept.append(point)
    return np.array([*kept, points[-1]])


def _length(step: np.ndarray) -> float:
    return math.sqrt(step[0] * step[0] + step[1] * step[1])
