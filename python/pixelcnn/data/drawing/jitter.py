"""Random deviations from a drawing program: each stroke is shifted, turned, wobbled or left out, and all are squeezed.

The coordinates come only from operations that every machine rounds in the same way: no sine, no matrix product and no
normal random numbers. They are rounded to whole numbers, as QuickDraw's are.
"""

from typing import NamedTuple

import numpy as np

from pixelcnn.data.drawing.pen import Stroke

MOST_STROKES = 20
WHOLE, PER_STROKE = 5, 16  # uniforms for a whole drawing, and for each of its strokes
UNIFORMS = WHOLE + PER_STROKE * MOST_STROKES
KNOTS = 5  # number of points of a stroke that wobble independently
FORGOTTEN = 0.08  # probability of leaving out an optional stroke
EDGE = 255  # the longer side of a simplified QuickDraw drawing is 0 … 255


class Hand(NamedTuple):
    """The largest deviations of a hand in each direction.

    They are smaller than those of QuickDraw's players, because the demo trains for four minutes only.
    """

    tilt: float = 0.08  # of the whole drawing, in radians
    squeeze: float = 0.08  # of width against height
    shear: float = 0.06
    shift: float = 2.5  # of a stroke, where the canvas is 256
    turn: float = 0.045
    scale: float = 0.05
    wobble: float = 3.5


class Program(NamedTuple):
    """Strokes laid end to end: points (P, 2), and for each point the properties of its stroke."""

    points: np.ndarray
    stroke: np.ndarray  # (P,) index of the point's stroke
    middle: np.ndarray  # (P, 2) centre of the point's stroke
    knots: np.ndarray  # (P, KNOTS) weight of each knot's wobble in the wobble of the point
    optional: np.ndarray  # (S,) whether a stroke may be left out


def compile_program(strokes: list[Stroke]) -> Program:
    """Lay strokes end to end."""
    points = [stroke.points for stroke in strokes]
    counts = [len(p) for p in points]
    middles = np.array([(p.min(axis=0) + p.max(axis=0)) / 2 for p in points])
    return Program(
        np.concatenate(points),
        np.repeat(np.arange(len(points)), counts),
        np.repeat(middles, counts, axis=0),
        np.concatenate([_knots(p) for p in points]),
        np.array([stroke.optional for stroke in strokes]),
    )


def draw(program: Program, uniforms: np.ndarray, hand: Hand) -> tuple[np.ndarray, np.ndarray]:
    """Draw a program once for each row of `uniforms`, (m, UNIFORMS).

    Returns:
        Whole coordinates (m, P, 2), in 0 … 255, and whether each stroke is drawn, (m, S).
    """
    is_drawn = (uniforms[:, WHOLE::PER_STROKE][:, : len(program.optional)] >= FORGOTTEN) | ~program.optional
    points = _squeeze(_wobble(program, uniforms, hand), uniforms, hand)
    return _fill_canvas(points, is_drawn[:, program.stroke]), is_drawn


def _knots(points: np.ndarray) -> np.ndarray:
    """Return the weights of the knots along a stroke, (P, KNOTS), overlapping; short strokes have smaller weights."""
    steps = np.sqrt(np.square(np.diff(points, axis=0)).sum(axis=1))
    length = max(steps.sum(), 1e-9)
    along = np.concatenate([[0.0], np.cumsum(steps)]) / length * (KNOTS - 1)
    near = np.maximum(1 - np.square((along[:, None] - np.arange(KNOTS)) / 1.5), 0)
    return np.square(near) * min(1.0, length / 150)


def _signed(uniforms: np.ndarray, largest: float) -> np.ndarray:
    return (2 * uniforms - 1) * largest


def _turn(half_angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cosine and sine of a small angle; half the angle is taken as the tangent of half the angle."""
    square = half_angle * half_angle
    return (1 - square) / (1 + square), 2 * half_angle / (1 + square)


def _wobble(program: Program, uniforms: np.ndarray, hand: Hand) -> np.ndarray:
    """Move each stroke independently; return (m, P, 2)."""
    own = uniforms[:, WHOLE:].reshape(len(uniforms), MOST_STROKES, PER_STROKE)[:, program.stroke]
    shift, scale = _signed(own[..., 1:3], hand.shift), 1 + _signed(own[..., 3], hand.scale)
    cos, sin = _turn(_signed(own[..., 4], hand.turn / 2))
    x, y = (program.points - program.middle).T
    turned = np.stack([(x * cos - y * sin) * scale, (x * sin + y * cos) * scale], axis=-1)
    moved = program.middle + shift + turned
    for k in range(KNOTS):  # a loop, so that every machine sums in the same order
        moved += program.knots[:, k, None] * _signed(own[..., 5 + 2 * k : 7 + 2 * k], hand.wobble)
    return moved


def _squeeze(points: np.ndarray, uniforms: np.ndarray, hand: Hand) -> np.ndarray:
    """Squeeze, shear and tilt whole drawings."""
    u = uniforms[:, 1:WHOLE, None]
    width, height = (1 + _signed(u[:, k], hand.squeeze) for k in (0, 1))
    x = (points[..., 0] - 128) * width
    y = (points[..., 1] - 128) * height
    x = x + y * _signed(u[:, 2], hand.shear)
    cos, sin = _turn(_signed(u[:, 3], hand.tilt / 2))
    return np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1)


def _fill_canvas(points: np.ndarray, is_drawn: np.ndarray) -> np.ndarray:
    """Move drawings to the top left and scale their longer side to 0 … 255, as QuickDraw does."""
    low = np.where(is_drawn[..., None], points, np.inf).min(axis=1, keepdims=True)
    high = np.where(is_drawn[..., None], points, -np.inf).max(axis=1, keepdims=True)
    longer = (high - low).max(axis=2, keepdims=True)
    return np.clip(np.floor((points - low) / longer * EDGE + 0.5), 0, EDGE)
