import numpy as np
import pytest

import pixelcnn
from models import model
from pixelcnn.anomaly import Likelihood, LikelihoodRatio, mutate
from properties.families import random_images

pytestmark = pytest.mark.eager


def test_the_score_is_the_difference_of_log_probabilities(plain):
    distribution, background = model((4, 4, 1), num_classes=3), plain
    images = random_images(5, distribution)
    scores = LikelihoodRatio(distribution, background).score(images, [0, 1, 2, 0, 1])
    expected = background.log_prob(images) - distribution.log_prob(images, [0, 1, 2, 0, 1])
    assert scores.instance_score == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert scores.feature_score.sum((-2, -1)) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert not LikelihoodRatio(plain, plain).score(images).instance_score.any()


def test_a_background_may_have_a_condition_of_its_own(plain):
    background = model((4, 4, 1), num_classes=3)
    images = random_images(5, plain)
    scores = LikelihoodRatio(plain, background.given(2)).score(images)
    expected = background.log_prob(images, 2) - plain.log_prob(images)
    assert scores.instance_score == pytest.approx(expected, rel=1e-4, abs=1e-4)
    both = LikelihoodRatio(background.given(1), background.given(2)).score(images)
    expected = background.log_prob(images, 2) - background.log_prob(images, 1)
    assert both.instance_score == pytest.approx(expected, rel=1e-4, abs=1e-4)


def named(*names, **arguments):
    """A distribution with classes, of random weights that are not those of the other ones."""
    return model((4, 4, 1), class_names=names, **arguments)


@pytest.mark.parametrize("label", ["sun", 1, ["sun", "bee", "sun", "sun", "bee"]])
def test_a_class_keeps_its_name_in_a_background_whose_classes_have_other_numbers(label):
    distribution, background = named("bee", "sun"), named("sun", "ant", "bee")
    images = random_images(5, distribution)
    names = ["bee", "sun"][label] if isinstance(label, int) else label
    expected = background.log_prob(images, names) - distribution.log_prob(images, names)
    for detector, condition in (
        (LikelihoodRatio(distribution, background), label),
        (LikelihoodRatio(distribution.given(label), background), None),
    ):
        scores = detector.score(images, condition)
        assert scores.instance_score == pytest.approx(expected, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("background", "prior"),
    [(("sun", "bee"), [0.2, 0.8]), (("sun", "ant"), [0.5, 0.5]), (("sun", "ant", "bee"), [1 / 3] * 3)],
)
def test_the_prior_of_unknown_classes_goes_by_name_too(background, prior):
    distribution, background = named("bee", "sun"), named(*background)
    images = random_images(5, distribution)
    scores = LikelihoodRatio(distribution, background, prior=[0.8, 0.2]).score(images)
    expected = Likelihood(distribution, prior=[0.8, 0.2]).score(images).instance_score
    expected = expected - Likelihood(background, prior=prior).score(images).instance_score
    assert scores.instance_score == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_a_class_that_the_background_lacks_is_named():
    images = random_images(1, named("bee", "sun"))
    for background, text in (
        (named("sun", "ant"), "background with the classes sun, ant does not fit: expected also the class 'bee'"),
        (model((4, 4, 1), num_classes=3), "background with 3 classes without names does not fit: .* the class 'bee'"),
    ):
        with pytest.raises(ValueError, match=text):
            LikelihoodRatio(named("bee", "sun"), background).score(images, "bee")


def test_a_given_background_is_trained_with_its_condition():
    images = np.zeros((32, 4, 4, 1), "uint8")
    distribution = pixelcnn.PixelCNN((4, 4, 1), num_classes=2, num_blocks=1, num_filters=4, high=3)
    background = pixelcnn.PixelCNN((4, 4, 1), num_classes=2, num_blocks=1, num_filters=4, high=3)
    detector = LikelihoodRatio(distribution, background.given(1))
    detector.fit(images, [0, 1] * 16, rate=1.0, epochs=15, batch_size=8, verbose=0)
    assert background.bits_per_dim(images, [1] * 32).mean() == pytest.approx(2, abs=0.3)


def test_fit_trains_the_background_on_mutated_images_and_leaves_the_distribution():
    distribution = pixelcnn.PixelCNN((4, 4, 1), num_classes=2, num_blocks=1, num_filters=4, high=3)
    images, labels = np.zeros((64, 4, 4, 1), "uint8"), np.arange(64) % 2
    before = distribution.get_weights()
    detector = LikelihoodRatio(distribution)
    with pytest.raises(ValueError, match="background=None does not fit"):
        detector.score(images, labels)
    assert detector.fit(images, labels, rate=1.0, epochs=15, batch_size=8, verbose=0) is detector
    assert all(np.array_equal(a, b) for a, b in zip(before, distribution.get_weights(), strict=True))
    # Of images that are noise, all levels are equally likely: 2 bits of 4 levels.
    assert detector.background.bits_per_dim(images, labels).mean() == pytest.approx(2, abs=0.2)


def test_a_background_is_of_the_same_images(plain):
    for other in (model((4, 4, 3)), model((4, 4, 1), high=3)):
        with pytest.raises(ValueError, match=r"background of images of shape .* expected images of shape \(4, 4, 1\)"):
            LikelihoodRatio(plain, other)
    with pytest.raises(ValueError, match="background=3 does not fit"):
        LikelihoodRatio(plain, 3)


def test_a_share_of_sub_pixels_is_mutated():
    images = np.full((50, 8, 8, 3), 7, "uint8")
    changed = mutate(images, rate=0.3, seed=5, low=5, high=8)
    assert changed.dtype == "uint8" and changed.min() == 5 and changed.max() == 8
    assert (changed != 7).mean() == pytest.approx(0.3 * 3 / 4, abs=0.02)
    for level in (5, 6, 8):
        assert (changed == level).mean() == pytest.approx(0.3 / 4, abs=0.01)
    assert np.array_equal(changed, mutate(images, rate=0.3, seed=5, low=5, high=8))
    assert not np.array_equal(changed, mutate(images, rate=0.3, seed=6, low=5, high=8))
    assert np.array_equal(mutate(images, rate=0), images)


def test_mutate_names_what_does_not_fit():
    images = np.zeros((2, 3, 3, 1), "uint8")
    for arguments, message in (
        ({"rate": 1.5}, "rate=1.5 does not fit"),
        ({"seed": -1}, "seed=-1 does not fit"),
        ({"high": 0}, "high=0 and low=0 do not fit"),
        ({"low": 1}, "images holds 0, which does not fit"),
        ({"high": 256}, "images of type uint8 does not fit: expected a type that holds 0 … 256"),
    ):
        with pytest.raises(ValueError, match=message):
            mutate(images, **arguments)
    with pytest.raises(ValueError, match="images of type float64 does not fit"):
        mutate(images / 2)
