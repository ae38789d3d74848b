"""Property 1: the probabilities of all images sum to 1."""

import itertools

import numpy as np
import pytest

import pixelcnn
from properties.families import (
    CONDITIONS,
    all_images,
    given,
    of_every_family,
    of_every_family_with,
    one_training_step,
    shake,
    untrained,
)

SMALLEST = {(2, 2, 1): 3, (3, 2, 1): 2, (1, 2, 3): 2}  # image shapes, and the highest level
EVERYDAY = [((2, 2, 1), "none"), ((3, 2, 1), "label"), ((1, 2, 3), "label"), ((2, 2, 1), "dropped")]


def assert_normalised(distribution, images, conditional_input):
    """Under each of the conditions (one at least)."""
    conditions = [None] if conditional_input is None else zip(*_parts(conditional_input), strict=True)
    for condition in conditions:
        condition = condition[0] if condition is not None and len(condition) == 1 else condition
        log_prob = distribution.log_prob(images, condition, batch_size=len(images)).astype("float64")
        assert np.exp(log_prob).sum() == pytest.approx(1, abs=1e-5)


def _parts(conditional_input):
    return conditional_input if isinstance(conditional_input, tuple) else (conditional_input,)


@of_every_family_with(
    ("image_shape", "condition"),
    list(itertools.product(SMALLEST, CONDITIONS)),
    of_the_first=EVERYDAY,
    of_others=EVERYDAY[2:3],
    quick=EVERYDAY[2:3],
)
def test_probabilities_of_all_images_sum_to_one(family, image_shape, condition, tmp_path):
    high = SMALLEST[image_shape]
    images, conditions = all_images(image_shape, high), given(condition, 2, image_shape)
    distribution = untrained(family, image_shape, condition, high=high)
    assert_normalised(distribution, images, conditions)
    one_training_step(distribution, images[:8], given(condition, 8, image_shape))
    assert_normalised(distribution, images, conditions)
    shake(distribution)
    assert_normalised(distribution, images, conditions)
    distribution.save(tmp_path / "model.keras")
    assert_normalised(pixelcnn.load(tmp_path / "model.keras"), images, conditions)


@of_every_family
@pytest.mark.full
def test_they_do_in_every_variant(family):
    images = all_images((2, 2, 1), 3)
    for variant in family.variants:
        assert_normalised(untrained(family, (2, 2, 1), high=3, **variant), images, None)
