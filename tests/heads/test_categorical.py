import numpy as np
import pytest
from keras import ops

from pixelcnn.heads.categorical import Categorical


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16"])
def test_likelihoods_have_float32_at_least(dtype):
    parameters = ops.cast(np.zeros((2, 8)), dtype)
    expected = "float64" if dtype == "float64" else "float32"
    assert ops.convert_to_numpy(Categorical(1, 0, 7).log_prob(parameters, np.zeros((2, 1)))).dtype == expected


def test_parameters_of_channels_lie_in_turn():
    head = Categorical(3, 0, 1)
    parameters = np.array([[0, 0, 0, 9, -9, 0]], "float32")  # level 0 of three channels, then level 1
    probs = np.stack([ops.convert_to_numpy(head.probs(parameters, channel=channel))[0] for channel in range(3)])
    np.testing.assert_allclose(probs, [[0, 1], [1, 0], [0.5, 0.5]], atol=2e-4)


def test_a_low_temperature_draws_the_most_probable_level():
    head = Categorical(2, -3, 12)
    random = np.random.default_rng(0)
    parameters = random.normal(0, 3, (50, 32)).astype("float32")
    uniforms, nothing = random.random((50, 2)).astype("float32"), np.zeros((50, 2), "float32")
    drawn, _ = head.draw_from_all_levels(parameters, uniforms, nothing, nothing > 0, 1e-3)
    assert np.array_equal(drawn, parameters.reshape(50, 16, 2).argmax(axis=1) - 3)


def test_known_levels_are_kept():
    head = Categorical(2, 0, 3)
    known, is_known = np.array([[3.0, 2.0]], "float32"), np.array([[True, False]])
    drawn = ops.convert_to_numpy(
        head.draw(np.zeros((1, 8), "float32"), np.full((1, 2), 0.1, "float32"), known, is_known)
    )
    assert drawn.tolist() == [[3, 0]]
