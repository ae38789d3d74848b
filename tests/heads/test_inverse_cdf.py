import numpy as np
import pytest
from keras import ops

from pixelcnn.heads.inverse_cdf import smallest_level


def drawn(probs, uniforms):
    return ops.convert_to_numpy(smallest_level(probs, uniforms)).astype(int)


@pytest.mark.parametrize("levels", [1, 2, 15, 16, 17, 255, 256, 257, 4096, 65_536])
def test_the_level_is_where_the_cdf_reaches_the_uniform(levels):
    random = np.random.default_rng(0)
    probs = random.dirichlet(np.full(levels, 0.3), 50).astype("float32")
    uniforms = random.random(50).astype("float32")
    level = drawn(probs, uniforms)
    cumulative = np.cumsum(probs.astype("float64"), axis=-1)
    at = level[:, None]
    reached = np.take_along_axis(cumulative, at, axis=-1)[:, 0]
    before = reached - np.take_along_axis(probs, at, axis=-1)[:, 0]
    assert np.all(before - 1e-6 < uniforms) and np.all((uniforms <= reached + 1e-6) | (level == levels - 1))


def test_a_uniform_on_a_step_gives_the_level_of_the_step():
    probs = np.full((4, 32), 1 / 32, "float32")
    uniforms = np.array([1 / 32, 0.5, 0.5 + 1e-6, 1 - 1e-6], "float32")
    assert drawn(probs, uniforms).tolist() == [0, 15, 16, 31]


def test_levels_without_probability_are_not_drawn_and_the_last_is_a_level():
    probs = np.zeros((2, 20), "float32")
    probs[:, 18] = 0.9999  # rounding may leave the sum below the uniform
    level = drawn(probs, np.array([0.5, 0.99999], "float32"))
    assert level[0] == 18 and level[1] <= 19


def test_batch_axes_stay():
    probs = np.random.default_rng(0).dirichlet(np.ones(40), (2, 3)).astype("float32")
    uniforms = np.random.default_rng(1).random((2, 3)).astype("float32")
    one_by_one = [[drawn(probs[i, j], uniforms[i, j]) for j in range(3)] for i in range(2)]
    assert np.array_equal(drawn(probs, uniforms), one_by_one)
