"""Property 7: losses stay finite; an update that would not be finite is not applied, and a training that has no others
ends with an error that says where it went wrong.
"""

import functools
import itertools

import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.training import NonFiniteStop
from pixelcnn.training.finite import skipped_in_a_row
from properties.families import (
    FAMILIES,
    of_every_family_quickly_of_one,
    of_one_family_and_of_others_in_full,
    of_one_family_quickly_and_of_others_in_full,
    pairwise,
    random_images,
    untrained,
)

SHAPE, STEPS, BATCH = (4, 4, 1), 200, 4
DTYPES = ("float32", "mixed_bfloat16", "mixed_float16")


def one_pixel(random, shape):
    images = np.zeros(shape, "uint8")
    images[np.arange(len(images)), 1, 2, 0] = random.integers(0, 256, len(images))
    return images


IMAGES = {
    "constant": lambda random, shape: np.full(shape, 137, "uint8"),
    "all 0": lambda random, shape: np.zeros(shape, "uint8"),
    "all 255": lambda random, shape: np.full(shape, 255, "uint8"),
    "one pixel": one_pixel,
    "noise": lambda random, shape: random.integers(0, 256, shape).astype("uint8"),
}


@functools.lru_cache(maxsize=1)
def compiled(family, dtype, head):
    """A model conditioned on a raw number, and its weights; the training step is compiled once for all data."""
    keras.utils.set_random_seed(0)
    distribution = untrained(family, SHAPE, "number", dtype=dtype, **family.smallest, **family.heads[head])
    distribution.compile(keras.optimizers.Adam(1e-2))
    return (
        distribution,
        distribution.get_weights(),
        [np.array(variable) for variable in distribution.optimizer.variables],
    )


def everyday(index, heads):
    """What a run looks at by default: each precision, head and kind of images for the first family; for the others,
    whose heads and losses are the same code, one precision each, with another kind of images.
    """
    if index == 0:
        return [(DTYPES[place % 3], place % heads, data) for place, data in enumerate(IMAGES)]
    return [(DTYPES[index % 3], index % heads, list(IMAGES)[index % 5])]


def all_that_are_asked(index, heads):
    """The full run asks everything of the first family, and of the others a pairwise cover."""
    product = list(itertools.product(DTYPES, range(heads), IMAGES))
    return product if index == 0 else dict.fromkeys([*everyday(index, heads), *pairwise(product)])


CASES = [
    pytest.param(family, *case, id="-".join(map(str, (family, *case))), marks=() if case in cover else pytest.mark.full)
    for index, family in enumerate(FAMILIES)
    # Every run trains the last head of GatedPixelCNN and not of the first family: both read names, by the same code.
    for cover in [everyday(index, len(family.heads) - (index == 0))]
    for case in all_that_are_asked(index, len(family.heads))
]


@pytest.mark.parametrize(("family", "dtype", "head", "data"), CASES)
def test_losses_are_finite(family, dtype, head, data):
    distribution, weights, state = compiled(family, dtype, head)
    distribution.set_weights(weights)
    for variable, value in zip(distribution.optimizer.variables, state, strict=True):
        variable.assign(value)
    random = np.random.default_rng(0)
    images = IMAGES[data](random, (STEPS * BATCH, *SHAPE))
    labels = random.integers(0, 345, len(images)).astype("float32")  # as the article's: raw numbers up to 344
    history = distribution.fit(images, labels, batch_size=BATCH, epochs=1, verbose=0).history
    # The mean over the epoch is finite only if every batch is.
    assert np.isfinite(history["loss"]).all() and np.isfinite(history["bits_per_dim"]).all()
    assert all(np.isfinite(weight).all() for weight in distribution.get_weights())
    assert skipped_in_a_row(distribution.optimizer) == 0
    assert np.isfinite(distribution.log_prob(images[:8], labels[:8])).all()


def poisoned(family, **arguments):
    """A model of which one weight is not finite, as after a fault that the guard could not see."""
    distribution = untrained(family, SHAPE, **arguments)
    distribution.compile(keras.optimizers.Adam(1e-2))
    distribution.initialized.assign(1)
    weight = next(weight for weight in distribution.trainable_variables if weight.name == "bias")
    weight.assign(np.full(weight.shape, np.nan))
    return distribution, weight


def all_variables(distribution):
    return [ops.convert_to_numpy(x) for x in (*distribution.trainable_variables, *distribution.optimizer.variables)]


@of_every_family_quickly_of_one
def test_an_update_that_is_not_finite_is_not_applied(family):
    distribution = untrained(family, SHAPE, **family.smallest)
    distribution.compile(keras.optimizers.Adam(1e-2))
    gradients = [ops.ones(variable.shape) for variable in distribution.trainable_variables]
    distribution.optimizer.apply(gradients, distribution.trainable_variables)
    before = all_variables(distribution)
    for index in (0, len(gradients) // 2, len(gradients) - 1):
        for value in (np.nan, np.inf):
            spoilt = list(gradients)
            spoilt[index] = gradients[index] * value
            distribution.optimizer.apply(spoilt, distribution.trainable_variables)
    assert skipped_in_a_row(distribution.optimizer) == 6
    distribution.optimizer.skipped_in_a_row.assign(0)
    after = all_variables(distribution)
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    distribution.optimizer.apply(gradients, distribution.trainable_variables)
    assert skipped_in_a_row(distribution.optimizer) == 0
    assert not np.array_equal(before[0], all_variables(distribution)[0])


@of_one_family_quickly_and_of_others_in_full
@pytest.mark.parametrize("eagerly", [True, pytest.param(False, marks=pytest.mark.full)])
def test_a_training_without_finite_gradients_names_the_step_and_the_tensor(family, eagerly):
    distribution, weight = poisoned(family, **family.smallest)
    distribution.run_eagerly = eagerly
    distribution.jit_compile = False if eagerly else distribution.jit_compile
    images = random_images(64, distribution)
    before = all_variables(distribution)
    stop = NonFiniteStop(patience=3)
    with pytest.raises(FloatingPointError, match=r"each step from 1 to 3 ") as error:
        distribution.fit(images, batch_size=4, epochs=1, verbose=0, callbacks=[stop])
    assert weight.path in str(error.value)
    distribution.optimizer.skipped_in_a_row.assign(0)
    after = all_variables(distribution)
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(before, after, strict=True))


@of_one_family_quickly_and_of_others_in_full
def test_a_scaled_loss_comes_down_to_one_before_the_training_stops(family):
    distribution, weight = poisoned(family, dtype="mixed_float16", **family.smallest)
    distribution.optimizer.dynamic_scale.assign(8)
    images, before = random_images(64, distribution), distribution.get_weights()
    with pytest.raises(FloatingPointError, match=r"each step from 4 to 6 ") as error:
        distribution.fit(images, batch_size=4, epochs=1, verbose=0, callbacks=[NonFiniteStop(patience=3)])
    assert weight.path in str(error.value)
    assert all(
        np.array_equal(one, other, equal_nan=True)
        for one, other in zip(before, distribution.get_weights(), strict=True)
    )


@of_one_family_quickly_and_of_others_in_full
def test_a_small_scale_of_the_loss_is_no_reason_to_stop(family):
    distribution = untrained(family, SHAPE, dtype="mixed_float16", **family.smallest)
    distribution.compile(keras.optimizers.Adam(1e-2))
    distribution.optimizer.dynamic_scale.assign(2.0**-12)
    stop = NonFiniteStop(patience=3)
    history = distribution.fit(random_images(16, distribution), batch_size=4, epochs=1, verbose=0, callbacks=[stop])
    assert np.isfinite(history.history["loss"]).all()


@of_one_family_and_of_others_in_full
def test_the_first_tensor_is_found_where_it_arises(family):
    from pixelcnn.training.finite import first_non_finite

    distribution = untrained(family, SHAPE, "number", **family.smallest)
    images, numbers = random_images(2, distribution), np.ones(2, "float32")
    assert first_non_finite(distribution, (images, numbers)) is None
    assert first_non_finite(distribution, (images, np.array([1, np.inf]))) == "the condition (vector)"
    weight = max(distribution.trainable_variables, key=lambda weight: len(weight.shape))
    weight.assign(np.full(weight.shape, 3e38))
    found = first_non_finite(distribution, (images, numbers))
    assert found.startswith(("the output of ", "the gradient of "))
