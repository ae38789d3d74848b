"""Property 2: a sub-pixel depends on those before it, on all that the paper says, and on nothing else."""

import numpy as np
import pytest

from properties.families import FAMILIES, conditionals, given, model, of_every_family, random_images, untrained

SHAPES = [(1, 1, 1), (1, 7, 2), (7, 1, 1), (5, 6, 3), (4, 8, 1), (3, 3, 4)]
# Every run asks all variants for one shape of three colours, and the first variant of each family for all shapes. The
# last layers of the first family are the same with names as with its softmax of numbers.
VARIANTS = [
    pytest.param(family, variant, shape, id=f"{family}-{variant}-{shape}", marks=marks)
    for family in FAMILIES
    for variant in family.variants
    for shape in SHAPES
    for seldom in [shape != SHAPES[3] and variant is not family.variants[0]]
    for marks in [pytest.mark.full if seldom or variant == {"head": "categorical"} else ()]
]


def influence(distribution, condition="none", seed=0):
    """(n, n) booleans over the sub-pixels of an image: whether changing k changes, in any bit, what is said of j."""
    image_shape = distribution.image_shape
    count = int(np.prod(image_shape))
    images = np.repeat(random_images(1, distribution, seed), count, axis=0)
    levels = distribution.high - distribution.low + 1
    changed = images.copy().reshape(count, count)
    changed[np.diag_indices(count)] = (changed[np.diag_indices(count)] + levels // 2) % levels
    conditional_input = given(condition, count, image_shape)
    before = conditionals(distribution, images, conditional_input)
    after = conditionals(distribution, changed.reshape(images.shape), conditional_input)
    return np.any(before != after, axis=-1)


@pytest.mark.parametrize(("family", "variant", "image_shape"), VARIANTS)
def test_no_sub_pixel_depends_on_itself_or_a_later_one(family, variant, image_shape):
    distribution = untrained(family, image_shape, high=7, **variant)
    assert not np.tril(influence(distribution)).any()


@of_every_family
@pytest.mark.parametrize(
    "condition",
    [
        "label",
        "map",
        pytest.param("label and map", marks=pytest.mark.quick),
        pytest.param("codes", marks=pytest.mark.full),
        "dropped",
    ],
)
def test_nor_with_a_condition(family, condition):
    distribution = model(family, (5, 6, 2), condition, high=7)
    assert not np.tril(influence(distribution, condition)).any()


# A row and a column are a part of what larger images are.
@of_every_family
@pytest.mark.parametrize(
    "image_shape",
    [
        (5, 7, 1),
        (7, 4, 2),
        (3, 3, 3),
        pytest.param((1, 9, 1), marks=pytest.mark.full),
        pytest.param((9, 1, 1), marks=pytest.mark.full),
    ],
)
def test_every_sub_pixel_depends_on_those_that_the_paper_says(family, image_shape):
    distribution = model(family, image_shape, **family.deep)
    height, width, channels = image_shape
    pixels = [(row, column) for row in range(height) for column in range(width) for _ in range(channels)]
    # A change may by chance be too small to see in one image, not in all of four.
    found = np.any([influence(distribution, seed=seed) for seed in range(4)], axis=0)
    expected = np.array([[family.sees(pixel, earlier) for pixel in pixels] for earlier in pixels])
    assert np.array_equal(found, np.triu(expected, 1))
