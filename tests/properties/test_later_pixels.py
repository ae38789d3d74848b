"""Property 15: particles complete an image by the known pixels that come later too."""

import numpy as np
import pytest

from pixelcnn.sampling import particles
from properties.families import (
    all_images,
    given,
    model,
    of_every_family_with,
    of_one_family_and_of_others_in_full,
    of_one_family_quickly_and_of_others_in_full,
    shake,
)
from properties.test_sampler_is_the_model import GUIDANCE, exact_log_probs, p_value

COUNT, MANY = 2000, 30
SHAPE, HIGH = (3, 2, 1), 1
MASKS = {
    "later": np.array([[0, 0], [0, 1], [1, 0]]),  # in two blocks of rows, whatever a block is
    "first": np.array([[1, 1], [1, 0], [0, 0]]),
}
CASES = [
    ("later", "cached", "resampled"),
    ("first", "cached", "plain"),
    ("later", "naive", "plain"),
    ("later", "cached", "guided and resampled"),
]


def what_tells_most(distribution, mask, **sharpening):
    """An image whose known pixels say much about the others, and hardly ever the impossible; which images agree with it
    there, their probabilities given that, and how far those of one particle are from them (total variation).
    """
    images, known = all_images(SHAPE, HIGH), mask.reshape(-1)
    nats = exact_log_probs(distribution, images, 1, **sharpening)
    found = []
    for image in images:
        agrees = np.all(np.where(mask, images == image, True), axis=(1, 2, 3))
        weight, one = np.exp(nats[:, known].sum(axis=1)), np.where(agrees, np.exp(nats[:, ~known].sum(axis=1)), 0)
        exact = weight * one / np.sum(weight * one)
        if np.sum(exact * weight) < 2 * np.sum(one * weight):  # a draft in two counts
            found.append((np.abs(exact - one).sum() / 2, image, agrees, exact))
    return max(found, key=lambda entry: entry[0], default=(0, None, None, None))


@of_every_family_with(("known", "method", "way"), CASES, of_the_first=CASES[:2], of_others=())
def test_completions_have_their_probabilities_given_all_known_pixels(family, known, method, way, monkeypatch):
    if "resampled" in way:  # drafts give way after every block
        monkeypatch.setattr(particles, "EVEN_ENOUGH", 2)
    distribution = model(family, SHAPE, "label", high=HIGH, condition_dropout=0.5)
    mask = MASKS[known][..., None].astype(bool)
    sharpening = {"guidance": GUIDANCE, "temperature": 0.8} if "guided" in way else {}
    for size in np.arange(0.3, 2, 0.1):
        shake(distribution, size=size)
        distance, image, agrees, pmf = what_tells_most(distribution, mask, **sharpening)
        if distance > 0.12 or known == "first":
            break

    def fits(num_particles):
        drawn = distribution.complete(
            np.repeat(image[None], COUNT, axis=0), mask, conditional_input=1, seed=2, num_particles=num_particles,
            method=method, batch_size=COUNT * num_particles, verbose=0, **sharpening,
        )  # fmt: skip
        observed = np.bincount(drawn.reshape(COUNT, -1) @ 2 ** np.arange(image.size)[::-1], minlength=len(pmf))
        assert not observed[~agrees].any()
        return p_value(observed, COUNT * pmf)

    if known == "first":  # exact for any number
        assert fits(3) > 1e-4
    else:
        assert fits(1) < 1e-8
        assert fits(MANY) > 1e-4


@of_one_family_quickly_and_of_others_in_full
@pytest.mark.parametrize(
    ("condition", "guidance"), [pytest.param("none", 0.0, marks=pytest.mark.full), ("label and map", GUIDANCE)]
)
def test_cached_and_naive_drafts_agree_image_for_image_in_float64(family, condition, guidance):
    image_shape, num_particles = (7, 3, 2), 4
    dropout = {"condition_dropout": 0.5} if guidance else {}
    distribution = model(family, image_shape, condition, dtype="float64", high=7, **dropout)
    arguments = {"conditional_input": given(condition, 3, image_shape), "seed": 5, "verbose": 0}
    images = distribution.sample((3,), **arguments)
    mask = np.random.default_rng(0).random((3, *image_shape)) < 0.3
    arguments |= {"num_particles": num_particles, "guidance": guidance, "temperature": 0.9}
    cached = distribution.complete(images, mask, **arguments)
    assert np.array_equal(cached, distribution.complete(images, mask, method="naive", **arguments))
    assert np.array_equal(cached[mask], images[mask])


@of_one_family_and_of_others_in_full
def test_a_seed_names_completions_by_particles(family):
    distribution = model(family, (5, 3, 1), size=0.2, **family.smallest, high=3)  # unsure, so that images differ
    images = distribution.sample(6, seed=0, verbose=0)
    mask = np.array([[0, 0, 1]] * 5)
    arguments = {"seed": 1, "num_particles": 4, "verbose": 0}
    at_once = distribution.complete(images, mask, batch_size=24, **arguments)
    assert np.array_equal(distribution.complete(images, mask, batch_size=9, **arguments), at_once)
    assert np.array_equal(distribution.complete(images[:2], mask, batch_size=8, **arguments), at_once[:2])
    assert not np.array_equal(distribution.complete(images, mask, seed=1, verbose=0), at_once)
    with pytest.raises(ValueError, match="num_particles=0"):
        distribution.complete(images, mask, num_particles=0, verbose=0)
