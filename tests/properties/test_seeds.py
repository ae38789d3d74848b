"""Property 5: a seed names images, whatever is drawn with them and on whatever backend."""

import random
from pathlib import Path

import keras
import numpy as np

from pixelcnn import noise
from properties.families import (
    FAMILIES,
    model,
    of_one_family_and_of_others_in_full,
    of_one_family_quickly_and_of_others_in_full,
    of_the_ends_quickly_and_of_others_in_full,
)
from properties.test_sampler_is_the_model import redrawn

# Drawn once, on TensorFlow, by `python tests/properties/test_seeds.py`.
DRAWN = Path(__file__).parents[1] / "reference" / "drawn"
SHAPE, SEED, COUNT = (12, 11, 3), 7, 16


def frozen_model(family):
    """A model whose weights are the same everywhere."""
    return model(family, SHAPE)


@of_one_family_and_of_others_in_full
def test_a_seed_names_images(family):
    distribution = model(family, (5, 5, 1), **family.smallest)
    eight = distribution.sample(8, seed=1, batch_size=4, verbose=0)
    sixteen = distribution.sample(16, seed=1, batch_size=16, verbose=0)
    assert np.array_equal(eight, sixteen[:8])
    assert np.array_equal(eight[:6], distribution.sample(6, seed=1, batch_size=5, verbose=0))
    assert np.array_equal(sixteen[5:9], distribution.sample(4, seed=1, first=5, batch_size=4, verbose=0))
    assert np.array_equal(sixteen, distribution.sample(16, seed=1, batch_size=16, temperature=1, verbose=0))
    again = distribution.sample((2, 2), seed=1, batch_size=4, verbose=0)
    assert np.array_equal(eight[:4], again.reshape(4, 5, 5, 1))
    assert not np.array_equal(eight, distribution.sample(8, seed=2, batch_size=4, verbose=0))
    unseeded = [distribution.sample(4, verbose=0, batch_size=4) for _ in range(2)]
    assert not np.array_equal(*unseeded)
    assert len(np.unique(sixteen.reshape(16, -1), axis=0)) == 16


@of_one_family_quickly_and_of_others_in_full
def test_no_global_state_is_touched(family):
    def next_numbers():
        return random.random(), np.random.random(), float(keras.random.uniform(()))

    distribution = model(family, (2, 2, 1))
    keras.utils.set_random_seed(0)
    expected = next_numbers()
    keras.utils.set_random_seed(0)
    distribution.sample(2, verbose=0)
    seeded = distribution.sample(2, seed=0, verbose=0)
    distribution.complete(seeded, np.ones((2, 2)), seed=0, verbose=0)
    distribution.log_prob(seeded)
    assert next_numbers() == expected
    assert np.array_equal(seeded, distribution.sample(2, seed=0, verbose=0))


@of_the_ends_quickly_and_of_others_in_full
def test_the_images_of_a_seed_are_those_of_every_backend_up_to_ties(family):
    distribution, images = frozen_model(family), np.load(DRAWN / f"{family}.npy")
    again, distance = redrawn(distribution, images, noise.uniforms(SEED, 0, COUNT, SHAPE))
    assert np.mean(again != images) <= 1e-3
    assert np.all(distance[again != images] < 1e-5)
    drawn = distribution.sample(COUNT, seed=SEED, verbose=0)
    same = np.all(drawn == images, axis=(1, 2, 3))
    # One tie changes all that follows in its image, so most images and not all of them are the same.
    assert same.mean() >= 0.75


if __name__ == "__main__":
    DRAWN.mkdir(exist_ok=True)
    for one in FAMILIES:
        np.save(DRAWN / f"{one}.npy", frozen_model(one).sample(COUNT, seed=SEED, verbose=0))
