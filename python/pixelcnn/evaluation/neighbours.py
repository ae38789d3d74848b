"""Nearest neighbours of images among the training images, and distances within a set: memorisation and diversity."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

CHUNK = 256  # points whose distances to all others are computed at once


class Neighbours(NamedTuple):
    """The nearest neighbours of points.

    Args:
        indices: (B,) Index of each point's nearest neighbour.
        distances: (B,) Euclidean distance of each point to its nearest neighbour.
    """

    indices: np.ndarray
    distances: np.ndarray


def nearest_neighbours(points: ArrayLike, others: ArrayLike) -> Neighbours:
    """Return the nearest neighbour of each point among other points.

    A model that has memorised training images draws images that are nearer to the training images than real test
    images are. Compare features rather than levels, because a copy that is shifted by a pixel is far in levels.

    Shapes: points (B, F), others (N, F).

    Args:
        points: Features of images, such as those of `extract_features`.
        others: Features of the training images, N >= 1.

    Raises:
        ValueError: If the shapes do not fit.

    Example:
        >>> nearest_neighbours([[0.0, 1.0], [5.0, 5.0]], [[5.0, 5.0], [0.0, 0.0]]).distances.tolist()
        [1.0, 0.0]

    Source: Meehan, Chaudhuri and Dasgupta, *A Non-Parametric Test to Detect Data-Copying in Generative Models*, 2020,
    <https://arxiv.org/abs/2004.05675>.
    """
    rows, columns = np.asarray(points, "float64"), np.asarray(others, "float64")
    if rows.ndim != 2 or columns.ndim != 2 or rows.shape[1] != columns.shape[1] or not len(columns):
        raise ValueError(
            f"points of shape {rows.shape} and others of shape {columns.shape} do not fit: expected (B, F) and (N, F)."
        )
    lengths = np.sum(columns**2, axis=1)
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    nearest = [np.argmin(lengths - 2 * chunk @ columns.T, axis=1) for chunk in chunks]
    indices = np.concatenate([np.zeros(0, int), *nearest])
    return Neighbours(indices, np.linalg.norm(rows - columns[indices], axis=1))


def mean_pairwise_distance(points: ArrayLike) -> float:
    """Return the mean Euclidean distance between two different points of a set; NaN for a single point.

    A model that draws the same image again and again has a smaller distance than real images.

    Args:
        points: (B, F) features of images, B >= 1.

    Raises:
        ValueError: If the shape does not fit.

    Example:
        >>> mean_pairwise_distance([[0.0], [1.0], [2.0]])
        1.3333333333333333
    """
    rows = np.asarray(points, "float64")
    if rows.ndim != 2 or not len(rows):
        raise ValueError(f"points of shape {rows.shape} does not fit: expected (B, F), B >= 1.")
    if len(rows) == 1:
        return float("nan")
    return float(np.mean(np.concatenate([np.linalg.norm(rows[k + 1 :] - row, axis=1) for k, row in enumerate(rows)])))
