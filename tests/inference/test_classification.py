"""Bayes' rule: probabilities of classes follow from the likelihood under each class, and from nothing else."""

import numpy as np
import pytest

import pixelcnn
from properties.families import (
    FAMILIES,
    all_images,
    given,
    model,
    of_one_family_quickly_and_of_others_in_full,
    random_images,
)

PRIOR = np.array([1.0, 2.0, 5.0])


def small(**arguments):
    arguments = {"class_names": ["bee", "sun", "tree"], "high": 1, "num_blocks": 1, "num_filters": 2, **arguments}
    return pixelcnn.PixelCNN((2, 2, 1), **arguments)


@of_one_family_quickly_and_of_others_in_full
def test_over_all_images_the_mean_probability_of_a_class_is_its_prior(family):
    distribution, images = model(family, (2, 2, 1), "label", high=1), all_images((2, 2, 1), 1)
    likelihood = np.stack([np.exp(distribution.log_prob(images, label)) for label in range(3)], axis=-1)
    prior = PRIOR / PRIOR.sum()
    probs = np.exp(distribution.class_log_probs(images, PRIOR))
    assert np.abs(probs - likelihood * prior / (likelihood @ prior)[:, None]).max() < 1e-5
    assert np.abs(probs.sum(axis=-1) - 1).max() < 1e-12
    assert np.abs((likelihood @ prior) @ probs - prior).max() < 1e-5
    assert np.ptp(probs, axis=0).max() > 0.01  # images differ in their classes


@pytest.mark.parametrize("shape", [(5,), (), (2, 3), (0,)], ids=str)
def test_batch_shapes_broadcast_with_those_of_the_map(shape):
    distribution = model(FAMILIES[1], (3, 2, 1), "label and map", high=1)
    images = random_images(int(np.prod(shape)), distribution).reshape((*shape, 3, 2, 1))
    _, maps = given("label and map", 1, (3, 2, 1))
    log_probs = distribution.class_log_probs(images, spatial_condition=maps[0], batch_size=2)
    assert log_probs.shape == (*shape, 3)
    expected = np.stack([distribution.log_prob(images, (label, maps[0])) for label in range(3)], axis=-1)
    expected = expected - np.logaddexp.reduce(expected, axis=-1, keepdims=True)
    assert np.allclose(log_probs, expected, atol=1e-4)
    assert distribution.classify(images, spatial_condition=maps.reshape((1, 1, 3, 2, 2))).ndim == max(2, len(shape))


def test_classes_go_by_name_or_by_number():
    distribution, images = small(), all_images((2, 2, 1), 1)
    names = distribution.classify(images, prior=[1, 1e-9, 1e-9])
    assert names.tolist() == ["bee"] * len(images)
    numbered = small(class_names=None, num_classes=3)
    assert numbered.classify(images, prior=[1e-9, 1e-9, 1]).tolist() == [2] * len(images)
    assert numbered.classify(images[0]).shape == ()


def test_a_model_of_condition_dropout_is_asked_with_each_class():
    distribution, images = small(condition_dropout=0.5), all_images((2, 2, 1), 1)
    expected = np.stack([distribution.log_prob(images, name) for name in distribution.class_names], axis=-1)
    difference = distribution.class_log_probs(images) - expected
    assert np.ptp(difference, axis=-1).max() < 1e-5


def test_a_prior_counts_as_its_share():
    distribution, images = small(), all_images((2, 2, 1), 1)
    assert np.array_equal(distribution.class_log_probs(images), distribution.class_log_probs(images, [7, 7, 7]))
    huge = distribution.class_log_probs(images, 1e308 * np.ones(3))
    assert np.allclose(huge, distribution.class_log_probs(images))


@pytest.mark.parametrize("prior", [[1, 1], [1, 0, 1], [1, -1, 1], [1, np.nan, 1], "even", [[1, 1, 1]], 1])
def test_another_prior_is_an_error(prior):
    with pytest.raises(ValueError, match="^prior=.* expected 3 finite numbers above 0"):
        small().class_log_probs(all_images((2, 2, 1), 1), prior)


def test_a_distribution_without_classes_and_a_map_that_does_not_fit_are_errors():
    images = all_images((2, 2, 1), 1)
    for method in ("class_log_probs", "classify"):
        with pytest.raises(ValueError, match="num_classes=None"):
            getattr(small(class_names=None), method)(images)
    with pytest.raises(ValueError, match="spatial_condition=.*expected None"):
        small().classify(images, spatial_condition=3)
    with pytest.raises(ValueError, match=r"spatial_condition=None .*a map of shape \(2, 2, 3\)"):
        small(spatial_condition_shape=(2, 2, 3)).classify(images)
    with pytest.raises(ValueError, match="holds 2"):
        small().classify(images + 1)


def test_an_image_without_a_probability_has_no_class():
    distribution, images = small(), all_images((2, 2, 1), 1)
    for variable in distribution.trainable_variables:
        variable.assign(np.full(variable.shape, np.nan))
    assert np.isnan(distribution.class_log_probs(images)).all()
    with pytest.raises(ValueError, match="images holds 16 of 16 images without a class"):
        distribution.classify(images)
