"""Property 8: half the bits in the network give nearly the same likelihood, and a head never has half the bits."""

import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.data import doodles
from properties.families import (
    model,
    of_every_family,
    of_one_family_and_of_others_in_full,
    parameters,
    random_images,
    trained,
    untrained,
)
from properties.test_heads_are_exact import of_every_head, random_levels, random_parameters


@of_one_family_and_of_others_in_full
def test_half_the_bits_give_the_same_likelihood(family):
    images = doodles(32, classes=["bee"]).images[:, 2:26:3, 2:26:3]
    distribution = trained(family, images, epochs=60, rate=1e-2, num_filters=16)
    rounded = untrained(family, images.shape[1:], dropout_p=0.0, num_filters=16, dtype="mixed_bfloat16")
    rounded.set_weights(distribution.get_weights())
    bits = distribution.bits_per_dim(images).mean()
    assert bits < 5  # of 8: where all levels are likely, nothing would show
    assert rounded.compute_dtype == "bfloat16"
    assert rounded.bits_per_dim(images).mean() == pytest.approx(bits, rel=0.005)


@of_every_family
@pytest.mark.quick
@pytest.mark.parametrize(
    ("dtype", "expected"), [("mixed_bfloat16", "float32"), ("mixed_float16", "float32"), ("float64", "float64")]
)
def test_a_pixel_has_its_parameters_in_full(family, dtype, expected):
    distribution = model(family, (2, 2, 1), dtype=dtype)
    found = parameters(distribution, random_images(1, distribution))
    assert keras.backend.standardize_dtype(found.dtype) == expected


@of_every_head
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize(
    ("channels", "low", "high"),
    [(1, 0, 255), pytest.param(3, 0, 255, marks=pytest.mark.quick), pytest.param(1, 0, 65_535, marks=pytest.mark.full)],
)
def test_a_head_computes_in_float32_at_least(head, channels, low, high, dtype):
    made = head.make(channels, low, high)
    short = ops.cast(random_parameters(made, 8), dtype)
    full, levels = ops.cast(short, "float32"), random_levels(made, 8).astype("float32")
    nothing = np.zeros(levels.shape, "float32")
    uniforms = np.random.default_rng(3).random(levels.shape).astype("float32")
    for function in (
        lambda given: made.log_prob(given, levels),
        lambda given: made.log_probs(given, levels, channels - 1),
        lambda given: made.draw(given, uniforms, nothing, nothing > 0),
        lambda given: made.draw_from_all_levels(given, uniforms, nothing, nothing > 0, 0.7)[0],
    ):
        found, expected = function(short), function(full)
        assert np.array_equal(ops.convert_to_numpy(found), ops.convert_to_numpy(expected))
