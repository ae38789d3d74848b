"""The estimate of an entropy, beside sums over all images."""

import math

import numpy as np
import pytest

import pixelcnn
from properties.families import all_images, model, of_one_family_quickly_and_of_others_in_full


@of_one_family_quickly_and_of_others_in_full
def test_the_estimate_is_within_four_standard_errors_of_the_exact_entropy(family):
    distribution, images, n = model(family, (2, 2, 1), "label", high=1), all_images((2, 2, 1), 1), 2000
    labels = np.array([2, 0])
    estimate = distribution.entropy(n, seed=0, conditional_input=labels)
    for index, label in enumerate(labels):
        nats = distribution.log_prob(images, label).astype("float64")
        exact = -(np.exp(nats) * nats).sum()
        error = math.sqrt(((np.exp(nats) * nats**2).sum() - exact**2) / n)
        assert abs(estimate.nats[index] - exact) < 4 * error
        assert estimate.standard_error[index] == pytest.approx(error, rel=0.2)
    lower, upper = estimate.interval
    assert np.allclose(upper - lower, 2 * 1.96 * estimate.standard_error)
    assert np.allclose(lower + upper, 2 * estimate.nats)
    assert np.allclose(estimate.bits_per_dim, estimate.nats / (4 * math.log(2)))


def test_a_single_condition_gives_numbers_that_a_seed_repeats():
    distribution = pixelcnn.PixelCNN((2, 2, 1), num_classes=2, high=1, num_blocks=1, num_filters=2)
    first, second = (distribution.entropy(5, seed=1, conditional_input=1, batch_size=2) for _ in range(2))
    assert first == second
    assert isinstance(first.nats, float)
    assert distribution.given(1).entropy(5, seed=1, batch_size=2) == first
    drawn = distribution.sample(5, seed=1, conditional_input=1, verbose=0)
    assert first.nats == pytest.approx(-distribution.log_prob(drawn, 1).mean(), rel=1e-6)


@pytest.mark.parametrize("n", [1, 0, 2.5, "many", None])
def test_fewer_than_two_images_are_an_error(n):
    with pytest.raises(ValueError, match="^n=.* expected a whole number of at least 2"):
        pixelcnn.PixelCNN((2, 2, 1), high=1, num_blocks=1, num_filters=2).entropy(n)
