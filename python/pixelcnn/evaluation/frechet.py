"""The Fréchet distance between the features of two sets of images."""

import math

import numpy as np
from numpy.typing import ArrayLike


def frechet_distance(first: ArrayLike, second: ArrayLike) -> float:
    """Return the squared Fréchet distance between two normal distributions that have the moments of two sets.

    `|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^(1/2))`, with means m and covariances C. It is 0 for equal sets, and has the
    unit of squared features. Few images make the distance too large, so compare sets of the same number of images.

    Shapes: (B1, F) and (B2, F).

    Args:
        first: Features of one set, such as those of `extract_features`, B1 >= 2.
        second: Features of the other set, B2 >= 2.

    Raises:
        ValueError: If a shape does not fit, or a value is not finite.

    Example:
        >>> points = np.random.default_rng(0).standard_normal((100, 3))
        >>> round(frechet_distance(points, points + [3.0, 0.0, 4.0]), 6)
        25.0

    Source: Heusel et al., *GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium*, 2017,
    <https://arxiv.org/abs/1706.08500>, with the features of a classifier of the same data in place of Inception's.
    """
    sets = [np.asarray(features, "float64") for features in (first, second)]
    if any(points.ndim != 2 or len(points) < 2 for points in sets) or sets[0].shape[1] != sets[1].shape[1]:
        shapes = " and ".join(str(points.shape) for points in sets)
        raise ValueError(f"first and second of shapes {shapes} do not fit: expected (B1, F) and (B2, F), B1, B2 >= 2.")
    if not all(np.isfinite(points).all() for points in sets):
        raise ValueError("first or second holds a value that is not finite: expected finite features.")
    means, roots = [points.mean(axis=0) for points in sets], [_root(points) for points in sets]
    # With C = R'R, the trace of (C1 C2)^(1/2) is the sum of the singular values of R1 R2'.
    mixed = np.linalg.norm(roots[0] @ roots[1].T, "nuc")
    distance = np.sum((means[0] - means[1]) ** 2) + sum(np.sum(root**2) for root in roots) - 2 * mixed
    return max(0.0, float(distance))


def _root(points: np.ndarray) -> np.ndarray:
    """Return R with R'R = the covariance of points (B, F)."""
    return np.asarray(np.linalg.qr((points - points.mean(axis=0)) / math.sqrt(len(points) - 1), mode="r"))
