"""Property 3: images are drawn with the probabilities that `log_prob` says; of property 5: by both samplers alike."""

import itertools

import numpy as np
import pytest
from keras import ops
from scipy.stats import chisquare

from pixelcnn import noise
from pixelcnn.sampling import cached
from properties.families import (
    all_images,
    conditionals,
    given,
    model,
    of_every_family_with,
    of_one_family_and_of_others_in_full,
    parameters,
)

COUNT = 20_000
SIZES = {(2, 2, 1): 2, (1, 2, 3): 1, (3, 2, 1): 1}  # image shapes, and the highest level
WAYS = ["plain", "tempered", "completed", "completed and tempered", "guided", "completed, guided and tempered"]
GUIDANCE = 1.5
EVERYDAY = [
    ((2, 2, 1), "label", "cached", "plain"),
    ((1, 2, 3), "none", "cached", "completed"),
    ((2, 2, 1), "label", "naive", "plain"),
    ((1, 2, 3), "label", "naive", "completed and tempered"),
    ((1, 2, 3), "label", "cached", "guided"),
    ((2, 2, 1), "vector", "cached", "completed, guided and tempered"),
]
# What is done with a pixel's parameters is the same code; their networks chain the colours.
EVERYDAY_OF_OTHERS = [((1, 2, 3), "label", "cached", "plain")]
PRODUCT = [
    case
    for case in itertools.product(SIZES, ["none", "label", "vector"], ["cached", "naive"], WAYS)
    if not ("guided" in case[-1] and case[1] == "none")
]


def exact_log_probs(distribution, images, condition, temperature=1.0, guidance=0.0):
    """Log-probabilities (B, H W C) of all sub-pixels, each conditional guided, tempered and normalised again."""
    repeated = None if condition is None else np.repeat(np.asarray(condition)[None], len(images), axis=0)
    log_probs = (1 + guidance) * conditionals(distribution, images, repeated).astype("float64")
    if guidance:
        log_probs -= guidance * conditionals(distribution, images).astype("float64")
    log_probs /= temperature
    log_probs -= np.logaddexp.reduce(log_probs, axis=-1, keepdims=True)
    levels = images.reshape(len(images), -1, 1)
    return np.take_along_axis(log_probs, levels, axis=-1)[..., 0]


def p_value(observed, expected):
    """Of the chi-square test, images expected fewer than 5 times taken together."""
    often = expected >= 5
    observed = np.append(observed[often], observed[~often].sum())
    expected = np.append(expected[often], expected[~often].sum())
    observed, expected = observed[expected > 0], expected[expected > 0]
    return chisquare(observed, expected * observed.sum() / expected.sum()).pvalue


def counts(drawn, images, high):
    """How often each of all images was drawn."""
    digits = (high + 1) ** np.arange(images[0].size)[::-1]
    return np.bincount(drawn.reshape(len(drawn), -1) @ digits, minlength=len(images))


@of_every_family_with(
    ("image_shape", "condition", "method", "way"),
    PRODUCT,
    of_the_first=EVERYDAY,
    of_others=EVERYDAY_OF_OTHERS,
    quick=EVERYDAY[:1] + EVERYDAY_OF_OTHERS,
)
def test_images_are_drawn_with_their_probabilities(family, image_shape, condition, method, way):
    guidance = GUIDANCE if "guided" in way else 0.0
    dropout = {"condition_dropout": 0.5} if guidance else {}
    distribution = model(family, image_shape, condition, high=SIZES[image_shape], **dropout)
    images = all_images(image_shape, distribution.high)
    value = given(condition, 1, image_shape, seed=3)
    value = None if value is None else value[0]
    temperature = 0.6 if "tempered" in way else 1.0
    arguments = {"seed": 11, "conditional_input": value, "method": method, "temperature": temperature}
    arguments |= {"guidance": guidance, "batch_size": COUNT, "verbose": 0}
    pmf = np.exp(exact_log_probs(distribution, images, value, temperature, guidance).sum(axis=1))
    assert pmf.sum() == pytest.approx(1, abs=1e-5)
    if "completed" in way:
        known = images[len(images) // 2].copy()
        mask = np.arange(known.size).reshape(known.shape) < known.size // 2
        possible = np.all(np.where(mask, images == known, True), axis=(1, 2, 3))
        pmf = np.where(possible, pmf, 0) / pmf[possible].sum()
        drawn = distribution.complete(np.repeat(known[None], COUNT, axis=0), mask, **arguments)
    else:
        drawn = distribution.sample((COUNT,), **arguments)
    observed = counts(drawn, images, distribution.high)
    assert not observed[pmf == 0].any()
    assert p_value(observed, COUNT * pmf) > 1e-4


@of_one_family_and_of_others_in_full
def test_images_are_drawn_with_their_probabilities_with_another_head(family):
    distribution = model(family, (1, 2, 3), high=1, **family.heads[-1])
    images = all_images((1, 2, 3), 1)
    pmf = np.exp(distribution.log_prob(images).astype("float64"))
    drawn = distribution.sample((COUNT,), seed=11, batch_size=COUNT, verbose=0)
    assert p_value(counts(drawn, images, 1), COUNT * pmf) > 1e-4


@of_one_family_and_of_others_in_full
def test_images_are_drawn_with_their_probabilities_in_half_precision(family):
    distribution = model(family, (2, 2, 1), "label", high=2, dtype="mixed_bfloat16")
    images = all_images((2, 2, 1), 2)
    pmf = np.exp(distribution.log_prob(images, np.full(len(images), 1)).astype("float64"))
    drawn = distribution.sample((COUNT,), conditional_input=1, seed=11, batch_size=COUNT, verbose=0)
    assert p_value(counts(drawn, images, 2), COUNT * pmf) > 1e-4


# Image shapes, conditions, which of the family's variants, temperatures and guidance.
STRUCTURES = [
    ((7, 5, 2), "vector", 2, 1.0, 0.0),
    ((6, 5, 3), "label", 5, 0.7, 0.0),
    ((7, 6, 1), "label and map", 4, 1.0, GUIDANCE),
    ((5, 6, 1), "none", 0, 0.7, 0.0),
    ((4, 4, 1), "number", 3, 1.0, 0.0),
    ((1, 1, 1), "none", 1, 1.0, 0.0),
    ((2, 1, 4), "none", 2, 0.7, 0.0),
    ((1, 7, 1), "map", 2, 0.7, GUIDANCE),
    ((3, 4, 2), "codes", -1, 0.7, 0.0),
]


@of_every_family_with(
    ("image_shape", "condition", "variant", "temperature", "guidance"),
    STRUCTURES,
    of_the_first=[STRUCTURES[2], STRUCTURES[-1]],
    of_others=STRUCTURES[2:3],
)
def test_all_samplers_agree_image_for_image_in_float64(family, image_shape, condition, variant, temperature, guidance):
    dropout = {"condition_dropout": 0.5} if guidance else {}
    variant = family.variants[variant % len(family.variants)]
    distribution = model(family, image_shape, condition, dtype="float64", **dropout, **variant)
    arguments = {"conditional_input": given(condition, 3, image_shape), "verbose": 0}
    arguments |= {"temperature": temperature, "guidance": guidance}
    naive = distribution.sample((3,), seed=5, method="naive", **arguments)
    assert np.array_equal(distribution.sample((3,), seed=5, **arguments), naive)
    assert np.array_equal(distribution.sample((3,), seed=5, method="jacobi", **arguments), naive)
    mask = np.broadcast_to((np.arange(image_shape[0]) < (image_shape[0] + 1) // 2)[:, None], image_shape[:2])
    other = distribution.sample((3,), seed=6, **arguments)
    completed = distribution.complete(other, mask, seed=5, **arguments)
    for method in ("naive", "jacobi"):
        assert np.array_equal(completed, distribution.complete(other, mask, method=method, seed=5, **arguments))
    assert np.array_equal(completed[:, mask], other[:, mask])


@pytest.mark.parametrize("in_blocks", [True, pytest.param(False, marks=pytest.mark.full)])
@of_one_family_and_of_others_in_full
def test_a_draw_whose_first_rows_are_known_goes_on_as_it_did(family, in_blocks, monkeypatch):
    if in_blocks:
        monkeypatch.setattr(cached, "A_MOMENT", 0)
    image_shape = (11, 5, 2)
    distribution = model(family, image_shape, "label and map", dtype="float64", **family.chained)
    arguments = {"conditional_input": given("label and map", 2, image_shape), "seed": 5, "verbose": 0}
    images = distribution.sample((2,), **arguments)
    for known in (3, 4, 6, 7, 10, 11):
        mask = np.broadcast_to((np.arange(11) < known)[:, None], image_shape[:2])
        damaged = np.where(mask[..., None], images, 0)
        assert np.array_equal(distribution.complete(damaged, mask, **arguments), images), known


def redrawn(distribution, images, uniforms, conditional_input=None):
    """Every sub-pixel drawn again along given images, and how near its uniform is to a step of its CDF."""
    found = parameters(distribution, images, conditional_input)
    given_levels = ops.convert_to_tensor(images.astype("float32"))
    drawn = np.empty_like(images)
    for channel in range(images.shape[-1]):  # each given the image's own levels before it
        others = np.broadcast_to(np.arange(images.shape[-1]) != channel, images.shape)
        levels = distribution.head.draw(
            found, ops.convert_to_tensor(uniforms), given_levels, ops.convert_to_tensor(others)
        )
        drawn[..., channel] = ops.convert_to_numpy(levels)[..., channel]
    cumulative = np.cumsum(np.exp(conditionals(distribution, images, conditional_input)), axis=-1)
    distance = np.abs(cumulative - uniforms.reshape(len(images), -1, 1)).min(axis=-1)
    return drawn, distance.reshape(images.shape)


@of_one_family_and_of_others_in_full
@pytest.mark.parametrize(
    ("image_shape", "condition"), [((9, 7, 1), "label"), pytest.param((6, 7, 3), "none", marks=pytest.mark.full)]
)
def test_in_float32_a_level_is_off_only_at_a_step_of_the_distribution_function(family, image_shape, condition):
    distribution = model(family, image_shape, condition)
    conditional_input = given(condition, 8, image_shape)
    images = distribution.sample((8,), seed=3, conditional_input=conditional_input, verbose=0)
    uniforms = noise.uniforms(3, 0, 8, image_shape)
    again, distance = redrawn(distribution, images, uniforms, conditional_input)
    assert np.all(distance[again != images] < 1e-5)
    assert np.mean(again != images) <= 1e-3
