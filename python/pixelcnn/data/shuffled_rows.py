"""Random orders of rows, as functions of a seed. Orders of many rows are computed where they are read."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

# Runs of earlier versions have NumPy's order. An order of this many rows takes 64 MiB.
MOST_IN_MEMORY = 1 << 23
ROUNDS = 8


def shuffled_rows(count: int, seed: int | Sequence[int]) -> Any:
    """Return the numbers 0 … n-1 in a random order: an array, or a `Permutation` if there are more than 2^23.

    Args:
        count: The number of rows, n.
        seed: One or several whole numbers of at least 0.

    Example:
        >>> shuffled_rows(5, seed=(0, 1))
        array([1, 4, 3, 0, 2])
    """
    if count > MOST_IN_MEMORY:
        return Permutation(count, seed)
    return np.random.default_rng(seed).permutation(count)


class Permutation:
    """A random order of 0 … n-1 that takes no memory, because each element is computed from its position.

    A Feistel network permutes the cells of a table of R rows and S columns, the smallest near-square that has n cells.
    A number that the network maps to n or above is mapped again, until the result is below n (cycle-walking). The table
    has fewer than R cells too many, so this is rare.

    Args:
        count: The number of elements, n, at least 1.
        seed: One or several whole numbers of at least 0.

    Example:
        >>> order = Permutation(50_000_000, seed=0)
        >>> order[:3]
        array([29972152, 46958753, 29028235])

    Source: Black and Rogaway (2002), Ciphers with Arbitrary Finite Domains.
    """

    def __init__(self, count: int, seed: int | Sequence[int]):
        self.count = count
        self.rows = math.isqrt(count - 1) + 1
        self.columns = -(-count // self.rows)
        self.keys = np.random.SeedSequence(seed).generate_state(ROUNDS, np.uint64)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, positions: Any) -> np.ndarray:
        """Return the elements at the positions of a slice."""
        numbers = self._permute(np.arange(*positions.indices(self.count), dtype=np.uint64))
        while (outside := numbers >= self.count).any():
            numbers[outside] = self._permute(numbers[outside])
        return numbers.astype(np.int64)

    def _permute(self, numbers: np.ndarray) -> np.ndarray:
        """Permute the cells 0 … R S - 1 of the table."""
        row, column = np.divmod(numbers, np.uint64(self.columns))
        for first, second in self.keys.reshape(-1, 2):
            row = (row + _mixed(column ^ first) % np.uint64(self.rows)) % np.uint64(self.rows)
            column = (column + _mixed(row ^ second) % np.uint64(self.columns)) % np.uint64(self.columns)
        return row * np.uint64(self.columns) + column


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Mix the bits of 64-bit numbers, as the generator SplitMix64 does."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
