"""Property 11: images of every size, batches of every size, conditions of every kind, and no silent precision."""

import itertools
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from properties.families import (
    CONDITIONS,
    FAMILIES,
    given,
    model,
    of_every_family,
    of_every_family_quickly_of_one,
    of_every_family_with,
    of_one_family_and_of_others_in_full,
    of_one_family_quickly_and_of_others_in_full,
    pairwise,
    random_images,
)

SIZES = (1, 2, 3, 5, 7, 28, 31, 32)
SHAPES_AND_CONDITIONS = list(itertools.product(SIZES, SIZES, (1, 2, 3, 4), CONDITIONS))
SOME = pairwise(SHAPES_AND_CONDITIONS)


@of_every_family_with(
    ("height", "width", "channels", "condition"), SHAPES_AND_CONDITIONS, of_the_first=SOME[::12], of_others=SOME[::36]
)
def test_images_of_any_size_have_a_likelihood(family, height, width, channels, condition):
    shape = (height, width, channels)
    distribution = model(family, shape, condition)
    images, conditional_input = random_images(3, distribution), given(condition, 3, shape)
    pixels = distribution.pixel_log_prob(images, conditional_input)
    assert pixels.shape == (3, height, width)
    assert np.isfinite(pixels).all() and (pixels <= 0).all()


@of_one_family_and_of_others_in_full
@pytest.mark.parametrize(
    "image_shape", [(3, 2, 1), *(pytest.param(shape, marks=pytest.mark.full) for shape in [(1, 31, 1), (28, 1, 2)])]
)
def test_images_of_any_size_are_drawn(family, image_shape):
    distribution = model(family, image_shape)
    cached = distribution.sample(3, seed=0, verbose=0)
    naive = distribution.sample(3, seed=0, method="naive", verbose=0)
    assert cached.shape == (3, *image_shape) and np.mean(cached != naive) <= 0.01


@of_one_family_quickly_and_of_others_in_full
@pytest.mark.parametrize("condition", [pytest.param("none", marks=pytest.mark.full), "label", "label and map"])
def test_batches_of_any_size(family, condition):
    shape = (5, 3, 1)
    distribution = model(family, shape, condition)
    images, conditional_input = random_images(7, distribution), given(condition, 7, shape)
    parts = conditional_input if isinstance(conditional_input, tuple) else (conditional_input,)

    def first(count):
        cut = tuple(part if part is None else part[:count] for part in parts)
        return cut if isinstance(conditional_input, tuple) else cut[0]

    whole = distribution.log_prob(images, conditional_input)
    assert whole.shape == (7,)
    np.testing.assert_allclose(distribution.log_prob(images[:1], first(1)), whole[:1], rtol=1e-5)
    np.testing.assert_allclose(distribution.log_prob(images, conditional_input, batch_size=3), whole, rtol=1e-5)
    assert distribution.log_prob(images[:0], first(0)).shape == (0,)
    assert distribution.sample((0,), conditional_input=first(0), verbose=0).shape == (0, *shape)
    distribution.compile()
    with pytest.raises(ValueError, match="at least one image"):
        distribution.fit(images[:0], first(0))


@of_one_family_quickly_and_of_others_in_full
@pytest.mark.parametrize(
    "condition",
    [*(pytest.param(name, marks=pytest.mark.full) for name in ("none", "label", "vector")), "label and map"],
)
def test_batch_axes_broadcast_for_arrays_and_tensors_alike(family, condition):
    shape = (4, 3, 2)
    distribution = model(family, shape, condition)
    images = random_images(6, distribution).reshape(3, 1, 2, *shape)

    def parts_of(function, value):
        return tuple(map(function, value)) if isinstance(value, tuple) else function(value)

    values = given(condition, 2, shape)
    for conditions in [None] if values is None else [values, parts_of(lambda part: part[:1], values)]:
        expected = distribution.log_prob(images, conditions)
        assert expected.shape == (3, 1, 2)
        tensors = None if conditions is None else parts_of(ops.convert_to_tensor, conditions)
        for value, conditional_input in itertools.product(
            (images, ops.convert_to_tensor(images)), (conditions, tensors)
        ):
            pixels = distribution.pixel_log_prob(value, conditional_input)
            assert ops.is_tensor(pixels) == ops.is_tensor(value) and pixels.shape == (3, 1, 2, 4, 3)
            np.testing.assert_allclose(ops.convert_to_numpy(pixels).sum(axis=(-2, -1)), expected, rtol=1e-5)
    one = images[0, 0, 0], None if values is None else parts_of(lambda part: part[0], values)
    single = distribution.log_prob(ops.convert_to_tensor(one[0]), one[1])
    np.testing.assert_allclose(ops.convert_to_numpy(single), distribution.log_prob(*one), rtol=1e-5)
    with pytest.raises(ValueError, match=r"value of shape \(2, 3, 4, 2\)"):
        distribution.log_prob(ops.zeros((2, 3, 4, 2)), conditions)
    with pytest.raises(ValueError, match="one batch axis"):
        distribution.log_prob(keras.Input((5, *shape)), tensors)


@of_every_family_quickly_of_one
def test_a_tensor_as_condition_is_checked_as_an_array_is(family):
    shape = (4, 3, 1)
    images = ops.zeros((2, 3, *shape))
    for condition, wrong in (("vector", (3, 3)), ("map", (3, 4, 3, 1)), ("number", (2,)), ("label", (2,))):
        with pytest.raises(ValueError, match="do not fit|does not fit"):
            model(family, shape, condition).log_prob(images, ops.zeros(wrong, "int32"))
    with pytest.raises(ValueError, match="no condition"):
        model(family, shape).log_prob(images, ops.zeros((3,)))
    with pytest.raises(ValueError, match="unknown"):
        model(family, shape, "label").log_prob(keras.Input(shape), 1)


@pytest.mark.quick
@pytest.mark.skipif(keras.backend.backend() != "jax", reason="the other backends have float64 without being asked")
def test_on_jax_a_float64_model_needs_x64():
    script = f"""
import pixelcnn
for name, arguments in {[(family.name, family.small) for family in FAMILIES]}:
    try:
        getattr(pixelcnn, name)((2, 2, 1), dtype="float64", **arguments)
    except ValueError as error:
        assert "JAX_ENABLE_X64" in str(error)
    else:
        raise AssertionError(name)
"""
    without = {name: value for name, value in os.environ.items() if name != "JAX_ENABLE_X64"}
    subprocess.run([sys.executable, "-c", script], env=without, check=True)


@of_every_family
@pytest.mark.quick
def test_a_float64_model_computes_in_float64(family):
    distribution = model(family, (3, 4, 2), dtype="float64")
    assert distribution.log_prob(random_images(2, distribution)).dtype == np.float64
