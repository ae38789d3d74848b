"""Property 6: heads give probabilities, exact ones, with finite gradients. A new head enters with one line."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.backend import value_and_gradients
from pixelcnn.heads.bernoulli import Bernoulli
from pixelcnn.heads.categorical import Categorical
from pixelcnn.heads.logistic_mixture import LogisticMixture, logistic_bin_log_prob
from reference.categorical import bernoulli_log_prob, categorical_log_prob
from reference.logistic import bin_log_prob
from reference.mixture import pixel_log_prob


@dataclass(frozen=True)
class Head:
    """How to make a head from (channels, low, high), and the slow truth about it: (parameters, levels, low, high).

    A Bernoulli has two levels, whatever `high` is.
    """

    name: str
    make: object
    truth: object

    def __str__(self):
        return self.name


HEADS = (
    Head(
        "logistic_mixture",
        lambda channels, low, high: LogisticMixture(channels, 5, low, high),
        lambda parameters, level, low, high: pixel_log_prob(parameters, level, 5, low, high),
    ),
    Head(
        "logistic_mixture of openai",
        lambda channels, low, high: LogisticMixture(channels, 5, low, high, "openai"),
        lambda parameters, level, low, high: pixel_log_prob(parameters, level, 5, low, high, "openai"),
    ),
    Head("categorical", Categorical, categorical_log_prob),
    Head("bernoulli", lambda channels, low, high: Bernoulli(channels, low, low + 1), bernoulli_log_prob),
)
of_every_head = pytest.mark.parametrize("head", HEADS, ids=str)
QUICK_LEVELS = [(0, 1), (-4, 4), (0, 255)]
LEVELS = [
    pytest.param(*levels, marks=pytest.mark.quick if levels in QUICK_LEVELS else ())
    for levels in [(3, 3), (0, 1), (0, 2), (-4, 4), (0, 15), (0, 254), (0, 255), (100, 65_635)]
]
SCALES = [1e-6, 1e-4, 1e-2, 0.1, 1.0, 3.0, 30.0, 1e3, 1e4, 1e6]


def random_parameters(made, count, spread=3.0, seed=0):
    return np.random.default_rng(seed).normal(0, spread, (count, made.num_parameters)).astype("float32")


def random_levels(made, count, seed=1):
    """Half of them anywhere, half at or near an end."""
    random = np.random.default_rng(seed)
    anywhere = random.integers(made.low, made.high + 1, (count, made.channels))
    ends = random.choice([made.low, min(made.low + 1, made.high), made.high], (count, made.channels))
    return np.where(random.random((count, 1)) < 0.5, anywhere, ends)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("low", "high"), LEVELS)
def test_the_levels_of_a_logistic_have_probability_one(low, high, scale):
    levels = np.arange(low, high + 1).astype("float32")
    for location in (low - 1e6, low - 3.2, low, (low + high) / 2, high - 0.5, high + 1e3, high + 1e6):
        distance = levels - np.float32(location)
        log_probs = logistic_bin_log_prob(distance, np.float32(scale), levels == low, levels == high)
        assert np.exp(ops.convert_to_numpy(log_probs).astype("float64")).sum() == pytest.approx(1, abs=1e-6)


@of_every_head
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("low", "high"), LEVELS)
def test_the_levels_of_a_channel_have_probability_one(head, channels, low, high):
    made = head.make(channels, low, high)
    for spread in (1.0, 10.0, 1e3):
        parameters, levels = random_parameters(made, 20, spread), random_levels(made, 20)
        for channel in range(channels):
            total = ops.convert_to_numpy(made.probs(parameters, levels, channel)).astype("float64").sum(axis=-1)
            np.testing.assert_allclose(total, 1, atol=1e-6)


@of_every_head
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_pixel_is_the_product_of_its_channels(head, channels):
    made = head.make(channels, -3, 9)
    parameters, levels = random_parameters(made, 30), random_levels(made, 30)
    chained = 0.0
    for channel in range(channels):
        log_probs = ops.convert_to_numpy(made.log_probs(parameters, levels, channel))
        chained += np.take_along_axis(log_probs, levels[:, channel, None] + 3, axis=-1)[:, 0]
    np.testing.assert_allclose(ops.convert_to_numpy(made.log_prob(parameters, levels)), chained, rtol=1e-4, atol=1e-4)


@pytest.mark.quick
@pytest.mark.parametrize("scale", SCALES)
def test_a_component_is_exact(scale):
    levels = np.array([0, 1, 99, 100, 101, 128, 254, 255], "float32")
    scale = np.float32(scale)
    for location in np.array([-1e5, -3.2, 0.0, 100.3, 127.5, 255.0, 4e5], "float32"):
        ours = ops.convert_to_numpy(logistic_bin_log_prob(levels - location, scale, levels == 0, levels == 255))
        # The reference is given the distance in float32 as well: level 0 is at minus the location.
        truth = np.array(
            [
                bin_log_prob(level, level - distance, scale, 0, 255)
                for level, distance in zip(levels.astype("float64"), (levels - location).astype("float64"), strict=True)
            ]
        )
        assert np.all(np.isfinite(ours))
        assert np.all(np.abs(ours - truth) <= 1e-5 * np.maximum(1, np.abs(truth)))


@of_every_head
@pytest.mark.parametrize(("channels", "low", "high"), [(1, 0, 255), (3, 0, 255), (2, -4, 4), (4, 0, 1), (1, 0, 65_535)])
@pytest.mark.parametrize("spread", [0.3, 3.0, 30.0])
def test_a_pixel_is_exact(head, channels, low, high, spread):
    made = head.make(channels, low, high)
    parameters, levels = random_parameters(made, 25, spread), random_levels(made, 25)
    ours = ops.convert_to_numpy(made.log_prob(parameters, levels))
    truth = np.array([head.truth(*pair, made.low, made.high) for pair in zip(parameters, levels, strict=True)])
    compared = truth >= -300
    assert compared.any() and np.all(np.isfinite(ours))
    assert np.all(np.abs(ours - truth)[compared] <= 1e-4 * np.maximum(1, np.abs(truth[compared])))


@of_every_head
@pytest.mark.parametrize(
    ("channels", "low", "high"),
    [
        *(pytest.param(*case, marks=pytest.mark.quick) for case in [(1, 0, 255), (3, 0, 7), (2, -4, 4)]),
        pytest.param(1, 0, 65_535, marks=pytest.mark.full),  # 10 s, half a minute on JAX
    ],
)
def test_a_drawn_level_is_the_smallest_whose_cdf_reaches_the_uniform(head, channels, low, high):
    made = head.make(channels, low, high)
    parameters = random_parameters(made, 200)
    uniforms = np.random.default_rng(2).random((200, channels)).astype("float32")
    nothing = np.zeros((200, channels), "float32")
    arguments = [ops.convert_to_tensor(x) for x in (parameters, uniforms, nothing, nothing > 0)]
    for drawn in (made.draw(*arguments), made.draw_from_all_levels(*arguments)[0]):
        drawn = ops.convert_to_numpy(drawn).astype("int64")
        for channel in range(channels):
            probs = ops.convert_to_numpy(made.probs(arguments[0], drawn.astype("float32"), channel)).astype("float64")
            at = drawn[:, channel, None] - low
            reached = np.take_along_axis(np.cumsum(probs, axis=-1), at, axis=-1)[:, 0]
            before = reached - np.take_along_axis(probs, at, axis=-1)[:, 0]
            reached[drawn[:, channel] == made.high] = 1
            slack = 1e-5  # a tie: the uniform lies on a step, to the precision of a float32 sum
            assert np.all(before - slack < uniforms[:, channel]) and np.all(uniforms[:, channel] < reached + slack)


@of_every_head
@pytest.mark.parametrize(
    ("low", "high"), [*(pytest.param(*levels, marks=pytest.mark.quick) for levels in [(0, 1), (0, 255)]), (0, 65_535)]
)
def test_gradients_are_finite_for_parameters_of_any_size(head, low, high):
    made = head.make(3, low, high)
    levels = random_levels(made, 64)
    for size in (0.0, 1.0, 1e2, 1e4, 1e6):
        parameters = keras.Variable(size * random_parameters(made, 64, 1.0))
        value, (gradient,) = value_and_gradients(
            lambda parameters=parameters: ops.sum(made.log_prob(ops.convert_to_tensor(parameters), levels)),
            [parameters],
        )
        assert np.isfinite(ops.convert_to_numpy(value)) and np.isfinite(ops.convert_to_numpy(gradient)).all()


@of_every_head
@pytest.mark.quick
def test_gradients_are_those_of_differences(head):
    made = head.make(3, 0, 15)
    values, levels = random_parameters(made, 16, 1.0).astype("float64"), random_levels(made, 16)
    parameters = keras.Variable(values, dtype="float64")
    _, (gradient,) = value_and_gradients(
        lambda: ops.sum(made.log_prob(ops.convert_to_tensor(parameters), levels)), [parameters]
    )
    step = 1e-5
    for index in range(made.num_parameters):
        shift = step * (np.arange(made.num_parameters) == index)
        up, down = (ops.convert_to_numpy(made.log_prob(values + sign * shift, levels)) for sign in (1, -1))
        np.testing.assert_allclose(ops.convert_to_numpy(gradient)[:, index], (up - down) / (2 * step), atol=1e-6)
