import numpy as np

from pixelcnn import noise
from pixelcnn.sampling.particles import Particles, noise_and_particles


def particles(num_images, num_particles, seed=0):
    choices = np.random.default_rng(seed).random((num_images, 3))
    return Particles(num_particles, choices)


def test_drafts_of_even_weight_all_go_on():
    some = particles(2, 4)
    index = some.go_on(0, np.repeat([-5.0, -700.0], 4))
    assert np.array_equal(index, np.arange(8))


def test_drafts_go_on_as_often_as_their_weight_says():
    weights = np.array([0.7, 0.2, 0.1, 0.0] + 6 * [0.0])
    with np.errstate(divide="ignore"):
        nats = np.tile(np.log(weights), 500)
    some = particles(500, 10)
    index = some.go_on(1, nats).reshape(500, 10)
    assert np.array_equal(index // 10, np.repeat(np.arange(500)[:, None], 10, axis=1))  # within their image
    counts = np.stack([np.bincount(row % 10, minlength=10) for row in index])
    assert np.all(np.abs(counts - 10 * weights) < 1)  # systematic: never off by one
    np.testing.assert_allclose(some.log_weights, 0)  # copies count alike


def test_one_draft_is_chosen_by_its_weight():
    some = particles(20_000, 3)
    some.log_weights += np.log([0.5, 0.3, 0.2])
    chosen = some.chosen()
    assert np.array_equal(chosen // 3, np.arange(20_000))
    np.testing.assert_allclose(np.bincount(chosen % 3) / 20_000, [0.5, 0.3, 0.2], atol=0.015)


def test_the_first_draft_has_the_noise_that_it_would_have_alone():
    alone, none = noise_and_particles(7, 3, 2, (2, 2, 1), 1)
    assert none is None and np.array_equal(alone, noise.uniforms(7, 3, 2, (2, 2, 1)))
    uniforms, some = noise_and_particles(7, 3, 2, (2, 2, 1), 4)
    assert np.array_equal(uniforms.reshape(2, 4, 2, 2, 1)[:, 0], alone)
    assert len(np.unique(uniforms)) == uniforms.size and some.choices.shape == (2, 3)
