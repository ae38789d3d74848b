"""Where the class is unknown, a detector takes the marginal over the classes, exactly and pixel by pixel."""

import numpy as np
import pytest

from models import model
from pixelcnn.anomaly.marginal import check_prior, pixel_log_prob
from properties.families import all_images, given, of_one_family_quickly_and_of_others_in_full
from properties.families import model as of_family

PRIOR = np.array([0.5, 0.0, 0.5])


def summed(distribution, images, prior, condition_of):
    """log sum_k prior_k p(image | k), class by class."""
    parts = [np.exp(distribution.log_prob(images, condition_of(k)).astype("float64")) for k in range(len(prior))]
    return np.log(np.tensordot(prior, np.stack(parts), 1))


@of_one_family_quickly_and_of_others_in_full
@pytest.mark.parametrize("image_shape", [(2, 2, 1), (1, 2, 3)])
def test_pixels_are_those_of_the_mixture_of_classes(family, image_shape):
    images = all_images(image_shape, 1)
    distribution = of_family(family, image_shape, "label", high=1)
    nats = pixel_log_prob(distribution, images, None, PRIOR)
    assert nats.sum((-2, -1)) == pytest.approx(summed(distribution, images, PRIOR, lambda k: k), abs=1e-5)
    assert np.exp(nats.sum((-2, -1))).sum() == pytest.approx(1, abs=1e-5)
    # A pixel's probability: of all images that agree up to the pixel, over those that agree up to the pixel before.
    pixels, joint = images.reshape((len(images), -1, image_shape[-1])), np.exp(nats.sum((-2, -1)))
    agree = [(pixels[:, None, :place] == pixels[None, :, :place]).all((-2, -1)) @ joint for place in range(3)]
    assert np.exp(nats.reshape((len(images), -1)))[:, 1] == pytest.approx(agree[2] / agree[1], rel=1e-4)


def test_a_known_class_is_taken_as_it_is():
    distribution, images = model((3, 4, 1), num_classes=3), np.zeros((3, 3, 4, 1), "uint8")
    known = pixel_log_prob(distribution, images, [0, 1, 2], PRIOR)
    assert np.array_equal(known, distribution.pixel_log_prob(images, [0, 1, 2]))


def test_a_map_may_come_without_its_class():
    distribution = model((3, 4, 1), num_classes=3, spatial_condition_shape=(3, 4, 2))
    images, (_, maps) = np.zeros((2, 3, 4, 1), "uint8"), given("label and map", 2, (3, 4, 1))
    nats = pixel_log_prob(distribution, images, (None, maps), PRIOR).sum((-2, -1))
    each = [distribution.log_prob(images, (k, maps)) for k in range(3)]
    expected = np.log(0.5) + np.logaddexp(each[0], each[2])
    assert nats == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match="conditional_input=None does not fit: expected a pair"):
        pixel_log_prob(distribution, images, None, PRIOR)


def test_with_condition_dropout_no_condition_is_no_condition():
    distribution, images = model((3, 4, 1), num_classes=3, condition_dropout=0.5), np.zeros((2, 3, 4, 1), "uint8")
    assert np.array_equal(pixel_log_prob(distribution, images, None, PRIOR), distribution.pixel_log_prob(images))


def test_a_prior_is_probabilities_of_the_classes():
    classes, plain = model((3, 4, 1), num_classes=3), model((3, 4, 1))
    assert check_prior(classes, None).tolist() == [1 / 3] * 3
    assert check_prior(classes, [0, 0.25, 0.75]).tolist() == [0, 0.25, 0.75]
    assert check_prior(plain, None) is None
    for prior in ([0.5, 0.5], [0.5, 0.5, 0.5], [2, -1, 0], [np.nan, 0, 1], ["bee", "sun", "cat"], 1):
        with pytest.raises(ValueError, match=r"prior.* does not fit: expected 3 probabilities that sum to 1"):
            check_prior(classes, prior)
    with pytest.raises(ValueError, match="prior does not fit: expected None"):
        check_prior(plain, [1.0])
