"""Random orders of rows in which scarce classes occur more often than in the data."""

from collections.abc import Sequence

import numpy as np


def balanced_rows(labels: np.ndarray, balance: float, seed: Sequence[int]) -> np.ndarray:
    """Return n rows in a random order, in which a class of m images has a share in proportion to m^(1 - balance).

    Each image of a class occurs equally often, up to one time.

    Args:
        labels: (n,) integers of at least 0.
        balance: 0 for the shares of the data … 1 for equal shares.
        seed: Whole numbers of at least 0.

    Example:
        >>> labels = np.repeat([0, 1], [16, 4])
        >>> [np.bincount(labels[balanced_rows(labels, balance, [0])]).tolist() for balance in (0.0, 0.5, 1.0)]
        [[16, 4], [13, 7], [10, 10]]
    """
    random = np.random.default_rng(seed)
    classes, counts = np.unique(labels, return_counts=True)
    weights = counts ** (1.0 - balance)
    # The bounds of the shares are rounded, so that the shares have n rows together.
    quotas = np.diff(np.rint(len(labels) * np.cumsum(weights) / weights.sum()).astype(int), prepend=0)
    rows = []
    for label, quota in zip(classes, quotas, strict=True):
        of_class = np.flatnonzero(labels == label)
        passes = -(-quota // len(of_class))
        rows += [np.concatenate([random.permutation(of_class) for _ in range(passes)])[:quota]] if quota else []
    return random.permutation(np.concatenate(rows))
