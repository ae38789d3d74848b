"""The data set that needs no download: the package itself draws doodles of twenty classes."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from pixelcnn import require
from pixelcnn.data.classes import resolve_classes
from pixelcnn.data.drawing import coverage, jitter
from pixelcnn.data.drawing.canvas import SIDE
from pixelcnn.data.drawing.programs import PROGRAMS
from pixelcnn.data.image_data import ImageData
from pixelcnn.data.labels import BLOG20

CHUNK = 256  # drawings that are drawn together
HAND = jitter.Hand()


def doodles(n: int, classes: Sequence[str | int] = BLOG20, seed: int = 0) -> ImageData:
    """Draw `n` doodles in the style of QuickDraw, without network and without system libraries.

    Each class has a few programs of strokes. A drawing squeezes and tilts one of these programs, moves and wobbles each
    stroke, and leaves out some strokes. `rasterize(..., renderer="portable")` then draws the strokes. The same
    arguments give the same bytes on every machine, and `doodles(n)` is the beginning of `doodles(2 * n)`.

    Args:
        n: The number of drawings of all classes together.
        classes: K names out of `BLOG20`, or indices of `BLOG20`.
        seed: A whole number of at least 0.

    Returns:
        `ImageData`: images (n, 28, 28, 1) uint8; labels (n,) int64, where drawing i has class i mod K; K names.

    Raises:
        ValueError: If a class is not in `BLOG20`, or `n` or `seed` does not fit.

    Example:
        >>> import pixelcnn
        >>> images, labels, class_names = pixelcnn.data.doodles(6, classes=["sun", "tree", "train"], seed=1)
        >>> images.shape, labels.tolist(), class_names
        ((6, 28, 28, 1), [0, 1, 2, 0, 1, 2], ('sun', 'tree', 'train'))
    """
    n, seed = require.positive_integer("n", n), require.integer("seed", seed, 0)
    names = tuple(BLOG20[k] for k in resolve_classes(classes, BLOG20))
    labels = np.arange(n, dtype=np.int64) % len(names)
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    images = np.empty((n, 28, 28, 1), np.uint8)
    for first in range(0, n, CHUNK):
        part = labels[first : first + CHUNK]
        images[first : first + CHUNK, ..., 0] = _draw(part, names, random.random((len(part), jitter.UNIFORMS)))
    return ImageData(images, labels, names)


@cache
def _programs(name: str) -> list[jitter.Program]:
    return [jitter.compile_program(strokes) for strokes in PROGRAMS[name]()]


def _draw(labels: np.ndarray, names: tuple[str, ...], uniforms: np.ndarray) -> np.ndarray:
    """Draw one image for each label; the first uniform chooses among the programs of its class."""
    segments, owners, strokes = [], [], 0
    for label, name in enumerate(names):
        programs = _programs(name)
        chosen = (uniforms[:, 0] * len(programs)).astype(np.int64)
        for k, program in enumerate(programs):
            rows = np.flatnonzero((labels == label) & (chosen == k))
            if len(rows):
                segments.append(_segments(program, uniforms[rows], strokes))
                owners.append(np.repeat(rows, len(program.optional)))
                strokes += len(owners[-1])
    joined = coverage.Segments(*map(np.concatenate, zip(*segments, strict=True)))
    return coverage.composite(*_in_order(joined, np.concatenate(owners)), len(labels), 28)


def _segments(program: jitter.Program, uniforms: np.ndarray, first: int) -> coverage.Segments:
    """Return the segments of the strokes that are drawn; strokes are numbered from `first`."""
    points, is_drawn = jitter.draw(program, uniforms, HAND)
    highest = np.where(is_drawn[:, program.stroke, None], points, 0).max(axis=1, keepdims=True)
    points = points + (SIDE - highest) / 2
    inner = np.flatnonzero(np.diff(program.stroke) == 0)
    stroke = program.stroke[inner]
    number = first + np.arange(len(points))[:, None] * len(program.optional) + stroke
    kept = is_drawn[:, stroke]
    return coverage.Segments(points[:, inner][kept], points[:, inner + 1][kept], number[kept])


def _in_order(segments: coverage.Segments, owners: np.ndarray) -> tuple[coverage.Segments, np.ndarray]:
    """Number the strokes so that all strokes of a drawing follow one another."""
    order = np.argsort(owners, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return segments._replace(stroke=rank[segments.stroke]), owners[order]
