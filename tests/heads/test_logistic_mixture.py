import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.heads.logistic_mixture import LogisticMixture, logistic_bin_log_prob
from reference.logistic import bin_log_prob

SCALES = [1e-6, 1e-3, 0.1, 1.0, 30.0, 1e3, 1e6]


def parameters_for(head, count, spread=3.0, seed=0):
    return np.random.default_rng(seed).normal(0, spread, (count, head.num_parameters)).astype("float32")


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("location", [-1e5, -3.2, 0.0, 100.3, 127.5, 255.0, 4e5])
def test_a_components_log_probability_agrees_with_a_high_precision_reference(scale, location):
    levels = np.array([0, 1, 99, 100, 101, 128, 254, 255], "float32")
    scale, location = np.float32(scale), np.float32(location)
    ours = ops.convert_to_numpy(logistic_bin_log_prob(levels - location, scale, levels == 0, levels == 255))
    expected = np.array([bin_log_prob(level, location, scale, 0, 255) for level in levels], "float64")
    assert np.all(np.isfinite(ours))
    # Beyond -300 only the relative precision of float32 is left.
    assert np.all(np.abs(ours - expected) <= 1e-5 * np.maximum(1, np.abs(expected)))


@pytest.mark.parametrize(("channels", "high"), [(1, 255), (3, 255), (2, 1), (1, 65_535), (4, 3)])
def test_probabilities_of_all_levels_sum_to_one(channels, high):
    head = LogisticMixture(channels, 5, 0, high)
    parameters = parameters_for(head, 20)
    levels = np.random.default_rng(1).integers(0, high + 1, (20, channels))
    for channel in range(channels):
        total = ops.convert_to_numpy(head.probs(parameters, levels, channel)).astype("float64").sum(axis=-1)
        np.testing.assert_allclose(total, 1, atol=1e-5 if high > 255 else 2e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_pixels_log_probability_is_the_sum_over_its_channels(channels):
    head = LogisticMixture(channels, 4, -3, 9)
    parameters = parameters_for(head, 30)
    levels = np.random.default_rng(1).integers(-3, 10, (30, channels))
    chained = sum(
        np.take_along_axis(
            ops.convert_to_numpy(head.log_probs(parameters, levels, channel)), levels[:, channel, None] + 3, axis=-1
        )[:, 0]
        for channel in range(channels)
    )
    np.testing.assert_allclose(ops.convert_to_numpy(head.log_prob(parameters, levels)), chained, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("channels", "low", "high"), [(1, 0, 255), (3, 0, 7), (2, -4, 4), (1, 0, 65_535)])
def test_a_drawn_level_is_the_smallest_whose_cdf_reaches_the_uniform(channels, low, high):
    head = LogisticMixture(channels, 5, low, high)
    parameters = parameters_for(head, 200).astype("float64")
    uniforms = np.random.default_rng(2).random((200, channels))
    nothing = np.zeros((200, channels))
    arguments = [ops.convert_to_tensor(x, "float64") for x in (parameters, uniforms, nothing)]
    drawn = ops.convert_to_numpy(head.draw(*arguments, ops.convert_to_tensor(nothing > 0)))
    for channel in range(channels):
        cumulative = np.cumsum(ops.convert_to_numpy(head.probs(arguments[0], drawn, channel)), axis=-1)
        cumulative[:, -1] = 1
        smallest = np.argmax(cumulative >= uniforms[:, channel, None], axis=-1) + low
        assert np.array_equal(drawn[:, channel], smallest)


def test_temperature_one_and_none_draw_the_same_levels():
    head = LogisticMixture(3, 5)
    arguments = [
        ops.convert_to_tensor(x)
        for x in (
            parameters_for(head, 500).astype("float64"),
            np.random.default_rng(0).random((500, 3)),
            np.zeros((500, 3)),
            np.zeros((500, 3), bool),
        )
    ]
    plain = ops.convert_to_numpy(head.draw(*arguments))
    assert np.array_equal(plain, ops.convert_to_numpy(head.draw(*arguments, temperature=1.0)))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="takes gradients with TensorFlow's tape")
@pytest.mark.parametrize("size", [0.0, 1.0, 1e2, 1e4, 1e6])
def test_gradients_are_finite_for_parameters_of_any_size(size):
    import tensorflow as tf

    head = LogisticMixture(3, 4)
    parameters = tf.Variable(size * parameters_for(head, 64, 1.0))
    levels = np.random.default_rng(0).choice([0, 1, 128, 254, 255], (64, 3))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(head.log_prob(parameters, levels))
    assert np.isfinite(value) and np.all(np.isfinite(tape.gradient(value, parameters)))
