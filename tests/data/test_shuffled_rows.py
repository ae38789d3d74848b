"""A permutation that takes no memory is a permutation, a function of its seed, and as random as one needs."""

import tracemalloc

import numpy as np
import pytest
from scipy import stats

from pixelcnn.data.shuffled_rows import MOST_IN_MEMORY, Permutation, shuffled_rows

MANY = 50_426_266  # drawings of Quick, Draw!


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 12, 97, 100, 101, 9999])
def test_each_number_comes_once(count):
    order = Permutation(count, (3, 1))
    assert sorted(order[:]) == list(range(count)) and len(order) == count


def test_an_element_depends_on_seed_and_position_only():
    order = Permutation(MANY, (0, 5))
    whole = order[1000:2000]
    np.testing.assert_array_equal(whole[100:228], Permutation(MANY, (0, 5))[1100:1228])
    assert whole.min() >= 0 and whole.max() < MANY and len(set(whole)) == 1000
    assert not (whole == Permutation(MANY, (0, 6))[1000:2000]).any()
    assert len(order[MANY - 3 : MANY + 5]) == 3


def test_elements_are_spread_evenly_and_neighbours_are_independent():
    bins = 16
    cells = Permutation(MANY, 0)[: 1 << 17] * bins // MANY
    pairs = np.bincount(cells[:-1:2] * bins + cells[1::2], minlength=bins * bins)
    assert stats.chisquare(np.bincount(cells)).pvalue > 1e-3
    assert stats.chisquare(pairs).pvalue > 1e-3


def test_over_seeds_each_element_comes_to_each_position():
    orders = np.array([Permutation(10, seed)[:] for seed in range(2000)])
    for position in range(10):
        assert stats.chisquare(np.bincount(orders[:, position], minlength=10)).pvalue > 1e-4


def test_many_rows_take_no_memory_and_few_have_the_order_of_numpy():
    tracemalloc.start()
    order = shuffled_rows(MOST_IN_MEMORY + 1, 0)
    order[:128]
    assert tracemalloc.get_traced_memory()[1] < 1 << 17
    tracemalloc.stop()
    np.testing.assert_array_equal(shuffled_rows(9, (2, 1)), np.random.default_rng((2, 1)).permutation(9))
