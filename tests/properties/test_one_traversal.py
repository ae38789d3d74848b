"""Property 4: the features of an image do not depend on how far the network looks at a time."""

import itertools

import numpy as np
import pytest
from keras import ops

from pixelcnn.backend import current_values
from pixelcnn.layers.shift import shift_down, shift_right
from pixelcnn.sampling import CachedSampler, Draw
from pixelcnn.sampling.sampler import Batch, Pixels
from pixelcnn.traversal import NetworkMemory, Rows
from properties.families import FAMILIES, NAMES, given, model, of_every_family, parameters, random_images

PRECISIONS = {"float64": 1e-12, "float32": 1e-5}  # relative to the largest feature
SPLIT = [
    pytest.param(
        family,
        variant,
        condition,
        dtype,
        id=f"{family}-{variant}-{condition}-{dtype}",
        marks=() if quick else pytest.mark.full,
    )
    for family in FAMILIES
    for index, variant in enumerate(family.variants)
    for place, (condition, dtype) in enumerate(itertools.product(("none", "label and map"), PRECISIONS))
    for quick in [place == (index + 2) % 4 and (variant is not NAMES or family is FAMILIES[0])]
]


def condition_tensors(distribution, condition, count):
    """What the network takes."""
    arrays, _ = distribution.condition.check(given(condition, count, distribution.image_shape))
    arrays = distribution.condition.flatten(arrays, (count,))
    return {
        name: ops.convert_to_tensor(array, "int32" if array.dtype.kind == "i" else distribution.compute_dtype)
        for name, array in arrays.items()
    }


@pytest.mark.parametrize(("family", "variant", "condition", "dtype"), SPLIT)
def test_any_split_of_the_rows_gives_the_features_of_the_whole_image(family, variant, condition, dtype):
    tolerance = PRECISIONS[dtype]
    # Without weight normalisation larger weights would grow from layer to layer, and with them float32's own rounding.
    distribution = model(family, (8, 12, 1), condition, size=0.2, dtype=dtype, **variant)
    network = distribution.network
    images = network.read(ops.convert_to_tensor(random_images(2, distribution), dtype))
    tensors = condition_tensors(distribution, condition, 2)
    whole = ops.convert_to_numpy(network(images, condition=tensors))
    above, left = shift_down(images), shift_right(images)
    for_vertical, for_horizontal = network.conditions(tensors)
    for splits in ([4], [1, 2, 3, 4, 5, 6, 7], [3, 6], [1, 7]):
        vertical, horizontal = NetworkMemory(network, 12, images.shape[-1], dtype).for_rows(2)
        parts = []
        for first, last in zip([0, *splits], [*splits, 8], strict=True):
            count = last - first
            with network.kernels_in_place():
                from_above = network.vertical(above[:, first:last], for_vertical, Rows(vertical, first, count))
                rows = Rows(horizontal, first, count)
                parts.append(network.horizontal(left[:, first:last], from_above, for_horizontal, rows))
        in_parts = ops.convert_to_numpy(ops.concatenate(parts, axis=1))
        np.testing.assert_allclose(in_parts, whole, atol=tolerance * np.abs(whole).max(), rtol=0)


FINE = 2.0**19


class Recorder:
    """A head that draws given images of levels 0 and 1, and hands back a number for each pixel in what is left of them.

    The number is the sum of the parameters over a vector. A drawn level is a float32, so its coarse part goes into the
    fraction of the first channel and the rest, enlarged, into that of the second: 43 bits in all. The network must read
    the level without the fraction.
    """

    def __init__(self, vector):
        self.vector = vector

    def draw(self, parameters, uniforms, known, is_known):
        number = ops.clip(ops.sum(parameters * ops.cast(self.vector, parameters.dtype), axis=-1), -0.45, 0.45)
        coarse = ops.round(number * FINE) / FINE
        return ops.cast(known, number.dtype) + ops.stack([coarse, (number - coarse) * (FINE / 2)], axis=-1)


@of_every_family
@pytest.mark.parametrize(
    ("condition", "dtype"),
    [
        pytest.param("label and map", "float64", marks=pytest.mark.quick),
        *(
            pytest.param(*case, marks=pytest.mark.full)
            for case in [("label and map", "float32"), ("none", "float64"), ("none", "float32")]
        ),
    ],
)
def test_pixel_by_pixel_gives_the_features_of_the_whole_image(family, condition, dtype):
    distribution = model(family, (5, 7, 2), condition, dtype=dtype, high=1, **family.chained)
    images, conditional_input = random_images(2, distribution), given(condition, 2, distribution.image_shape)
    whole = ops.convert_to_numpy(parameters(distribution, images, conditional_input)).astype("float64")
    vector = np.random.default_rng(0).standard_normal(whole.shape[-1])
    vector *= 0.4 / np.abs(whole @ vector).max()
    network = distribution.network
    network.reading.scale = lambda levels: distribution.head.scaled(ops.round(levels))
    sampler = CachedSampler(network, Recorder(vector), distribution.image_shape, distribution.compute_dtype)
    nothing = np.zeros(images.shape, "float32")
    arrays, _ = distribution.condition.check(conditional_input)
    batch = Batch(Pixels(nothing, images, nothing > 0), arrays)
    prepared = sampler.prepare(current_values(network.variables))
    levels = sampler.draw(prepared, batch, Draw(seed=0), lambda *_: None)
    left = levels.astype("float64") - images
    found = left[..., 0] + left[..., 1] * (2 / FINE)
    assert np.abs(found - whole @ vector).max() <= PRECISIONS[dtype]
