"""One drawing program, many hands: every stroke shifted, turned, wobbled or forgotten, the whole thing squeezed.

Only operations that every machine rounds alike decide where a point goes: no sine, no matrix product, no normal
random numbers; the result is rounded to QuickDraw's whole coordinates.
"""

from typing import NamedTuple

import numpy as np

from pixelcnn.data.drawing.pen import Stroke

MOST_STROKES = 20
WHOLE, PER_STROKE = 5, 16  # uniforms that one drawing takes: for all of it, and for each stroke
UNIFORMS = WHOLE + PER_STROKE * MOST_STROKES
KNOTS = 5  # of the wobble along a stroke
FORGOTTEN = 0.08  # how often a stroke that may be left out is
EDGE = 255  # simplified QuickDraw drawings fill 0 … 255 in one direction


class Hand(NamedTuple):
    """How unsteady a hand is, as the largest deviation each way.

    Steadier than the hands of QuickDraw: what a drawing shows must be learnt in the four minutes that the demo trains.
    """

    tilt: float = 0.08  # of the whole drawing, in radians
    squeeze: float = 0.08  # of width against height
    shear: float = 0.06
    shift: float = 2.5  # of a stroke, where the canvas is 256
    turn: float = 0.045
    scale: float = 0.05
    wobble: float = 3.5


class Program(NamedTuple):
    """Strokes laid end to end: points (P, 2) and what each of them needs to know of its stroke."""

    points: np.ndarray
    stroke: np.ndarray  # (P,) which stroke
    middle: np.ndarray  # (P, 2) the centre of that stroke
    knots: np.ndarray  # (P, KNOTS) how much each knot of the wobble moves the point
    optional: np.ndarray  # (S,)


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
        Whole coordinates (m, P, 2), in 0 … 255, and which strokes are there, (m, S).
    """
    there = (uniforms[:, WHOLE::PER_STROKE][:, : len(program.optional)] >= FORGOTTEN) | ~program.optional
    points = _squeeze(_wobble(program, uniforms, hand), uniforms, hand)
    return _fill_canvas(points, there[:, program.stroke]), there


def _knots(points: np.ndarray) -> np.ndarray:
    """Return overlapping bumps along a stroke, (P, KNOTS); short strokes are drawn with a steadier hand."""
    steps = np.sqrt(np.square(np.diff(points, axis=0)).sum(axis=1))
    length = max(steps.sum(), 1e-9)
    along = np.concatenate([[0.0], np.cumsum(steps)]) / length * (KNOTS - 1)
    near = np.maximum(1 - np.square((along[:, None] - np.arange(KNOTS)) / 1.5), 0)
    return np.square(near) * min(1.0, length / 150)


def _signed(uniforms: np.ndarray, largest: float) -> np.ndarray:
    return (2 * uniforms - 1) * largest


def _turn(half_angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cosine and sine of a small angle, from half of it taken as its tangent."""
    square = half_angle * half_angle
    return (1 - square) / (1 + square), 2 * half_angle / (1 + square)


def _wobble(program: Program, uniforms: np.ndarray, hand: Hand) -> np.ndarray:
    """Move every stroke on its own; return (m, P, 2)."""
    own = uniforms[:, WHOLE:].reshape(len(uniforms), MOST_STROKES, PER_STROKE)[:, program.stroke]
    shift, scale = _signed(own[..., 1:3], hand.shift), 1 + _signed(own[..., 3], hand.scale)
    cos, sin = _turn(_signed(own[..., 4], hand.turn / 2))
    x, y = (program.points - program.middle).T
    turned = np.stack([(x * cos - y * sin) * scale, (x * sin + y * cos) * scale], axis=-1)
    moved = program.middle + shift + turned
    for k in range(KNOTS):  # summed in this order everywhere
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


def _fill_canvas(points: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Scale drawings to 0 … 255 along their longer side, from the left and the top, as QuickDraw does."""
    low = np.where(there[..., None], points, np.inf).min(axis=1, keepdims=True)
    high = np.where(there[..., None], points, -np.inf).max(axis=1, keepdims=True)
    longer = (high - low).max(axis=2, keepdims=True)
    return np.clip(np.floor((points - low) / longer * EDGE + 0.5), 0, EDGE)
