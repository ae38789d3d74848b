"""Property 8: half the bits give nearly the same likelihood; property 10: what can be learnt by heart is."""

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.data import doodles, quickdraw
from properties.families import of_every_family, of_one_family_and_of_others_in_full, untrained


def trained(family, images, epochs, rate, labels=None, batch_size=16, **arguments):
    """A model without dropout, trained with a falling rate."""
    keras.utils.set_random_seed(0)
    distribution = untrained(family, images.shape[1:], dropout_p=0.0, **arguments)
    steps = epochs * -(-len(images) // batch_size)
    distribution.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps)))
    distribution.fit(images, labels, batch_size=batch_size, epochs=epochs, verbose=0)
    return distribution


@of_every_family
@pytest.mark.parametrize("level", [0, pytest.param(255, marks=pytest.mark.full)])
def test_a_constant_data_set_costs_nothing(family, level):
    images = np.full((1600, 5, 5, 1), level, "uint8")
    distribution = trained(family, images, epochs=4, rate=1e-2)
    assert distribution.bits_per_dim(images[:1])[0] < 0.01
    assert np.all(distribution.sample(1, seed=0, verbose=0) == level)


@of_every_family
@pytest.mark.full
def test_drawings_are_learnt_by_heart(family, real_data):
    images, labels, _ = quickdraw(["bee", "sun"], per_class=100, data_dir=real_data)
    distribution = trained(family, images, epochs=300, rate=3e-3, labels=labels, num_classes=2, **family.expressive)
    assert distribution.bits_per_dim(images, labels).mean() < 1.0


@of_one_family_and_of_others_in_full
def test_half_the_bits_give_the_same_likelihood(family):
    images = doodles(64, classes=["bee"]).images[:, 2:26:2, 2:26:2]
    distribution = trained(family, images, epochs=30, rate=5e-3, num_filters=16)
    rounded = untrained(family, images.shape[1:], dropout_p=0.0, num_filters=16, dtype="mixed_bfloat16")
    rounded.set_weights(distribution.get_weights())
    bits, rounded_bits = distribution.bits_per_dim(images).mean(), rounded.bits_per_dim(images).mean()
    assert bits < 7
    assert rounded_bits == pytest.approx(bits, rel=0.005)
    assert isinstance(rounded, pixelcnn.PixelDistribution) and rounded.compute_dtype == "bfloat16"
