"""Property 22: the probability of known pixels alone, against sums over all images."""

import numpy as np
import pytest

import pixelcnn
from pixelcnn.inference.marginals import mean_and_error
from pixelcnn.sampling import particles
from properties.families import (
    FAMILIES,
    all_images,
    given,
    model,
    of_every_family,
    of_one_family_quickly_and_of_others_in_full,
    shake,
)

SHAPE = (3, 2, 1)
MASKS = {
    "later": np.array([[0, 0], [0, 1], [1, 0]], bool),
    "spread": np.array([[0, 1], [0, 0], [0, 1]], bool),
    "first": np.array([[1, 1], [1, 0], [0, 0]], bool),
    "first rows and later": np.array([[1, 1], [1, 1], [0, 1]], bool),
}


def exact(dist, image, mask, condition, order=0):
    """The log-probability of the known pixels: a sum over all images that agree there."""
    images = all_images(dist.image_shape, dist.high)
    agrees = np.all(np.where(mask, images == image, True), axis=(1, 2, 3))
    return np.logaddexp.reduce(dist.log_prob(images[agrees], condition, order=order).astype("float64"))


@of_one_family_quickly_and_of_others_in_full
@pytest.mark.parametrize("resampled", [pytest.param(False, marks=pytest.mark.full), True])
def test_estimates_are_the_sum_over_all_images_within_their_errors(family, resampled, monkeypatch):
    if resampled:  # drafts give way after every block
        monkeypatch.setattr(particles, "EVEN_ENOUGH", 2)
    dist = model(family, SHAPE, "label", high=1)
    image, label, masks = dist.sample(conditional_input=2, seed=0, verbose=0), 2, np.stack(list(MASKS.values()))
    estimate, error = dist.log_prob_of(image, masks[..., None], [label] * len(masks), seed=1, verbose=0)
    wanted = [exact(dist, image, mask[..., None], label) for mask in masks]
    assert np.all(error < 0.5) and error[2] == 0
    np.testing.assert_array_less(np.abs(estimate - wanted), 4 * error + 1e-5)


@of_every_family
@pytest.mark.full
def test_standard_errors_cover(family):
    dist, mask = model(family, SHAPE, high=1), MASKS["later"][..., None]
    for size in (0.7, 0.4, 0.2):  # weights with which the known pixels are not certain
        shake(dist, size=size)
        image = dist.sample(1, seed=3, verbose=0)[0]
        wanted = exact(dist, image, mask, None)
        if wanted < -0.1:
            break
    many = np.repeat(image[None], 300, axis=0)
    estimate, error = dist.log_prob_of(many, mask, num_particles=4, repetitions=16, seed=0, verbose=0)
    assert 0.9 < np.mean(np.abs(estimate - wanted) < 2 * error) <= 1
    assert np.std(estimate) == pytest.approx(np.mean(error), rel=0.2)


def test_estimates_of_a_probability_are_unbiased(monkeypatch):
    monkeypatch.setattr(particles, "EVEN_ENOUGH", 2)
    dist = pixelcnn.GatedPixelCNN(SHAPE, num_blocks=1, num_filters=4, high=1)
    image, mask = dist.sample(1, seed=3, verbose=0)[0], MASKS["spread"][..., None]
    estimate, error = dist.log_prob_of(image, mask, num_particles=2, repetitions=4000, seed=0, verbose=0)
    assert abs(estimate - exact(dist, image, mask, None)) < 4 * error + 1e-5 and error < 0.05


def test_channels_and_maps_and_batch_shapes():
    dist = model_of_colours()
    condition = given("label and map", 3, (1, 2, 3))
    image = dist.sample(3, conditional_input=condition, seed=0, verbose=0)
    mask = np.array([[[1, 0, 1], [0, 1, 0]]], bool)
    estimate, error = dist.log_prob_of(image, mask, condition, seed=1, verbose=0)
    for index in range(3):
        one = tuple(part[index] for part in condition)
        assert abs(estimate[index] - exact(dist, image[index], mask, one)) < 4 * error[index] + 1e-5
    assert dist.log_prob_of(image[:0], mask, tuple(part[:0] for part in condition), verbose=0).estimate.shape == (0,)
    again = dist.log_prob_of(image, mask, condition, seed=1, batch_size=7, verbose=0)
    np.testing.assert_allclose(again.estimate, estimate, rtol=1e-5)


def model_of_colours():
    return model(FAMILIES[2], (1, 2, 3), "label and map", high=1)


def test_known_first_pixels_are_exact_and_unknown_ones_are_not_read():
    dist = pixelcnn.PixelCNN((4, 3, 1), num_blocks=1, num_filters=4, high=3)
    images = dist.sample(2, seed=0, verbose=0).astype("float32")
    mask = np.arange(12).reshape(4, 3) < 7
    wanted = (dist.pixel_log_prob(images) * mask).sum(axis=(1, 2))
    images[:, ~mask] = np.nan
    estimate, error = dist.log_prob_of(images, mask)
    np.testing.assert_allclose(estimate, wanted, rtol=1e-5)
    assert np.array_equal(error, [0, 0])
    assert dist.log_prob_of(images, np.zeros((4, 3), bool)) == (pytest.approx([0, 0]), pytest.approx([0, 0]))


def test_no_condition_is_no_condition():
    dist = model(FAMILIES[2], SHAPE, "dropped", high=1)
    image, masks = np.ones((2, *SHAPE), "uint8"), np.stack([MASKS["first"], MASKS["later"]])[..., None]
    estimate, error = dist.log_prob_of(image, masks, seed=0, verbose=0)
    wanted = [exact(dist, image[0], mask, None) for mask in masks]
    np.testing.assert_array_less(np.abs(estimate - wanted), 4 * error + 1e-5)


def test_estimates_in_windows_are_sums_over_all_images():
    dist = pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=4, high=1).resized(SHAPE, context=(2, 2))
    image, mask = np.ones(SHAPE, "uint8"), MASKS["later"][..., None]
    estimate, error = dist.log_prob_of(image, mask, num_particles=8, repetitions=4, seed=0, verbose=0)
    assert abs(estimate - exact(dist, image, mask, None)) < 5 * error + 1e-5


def test_errors_are_relative_and_none_where_nothing_is_possible():
    mean, error = mean_and_error(np.log([[0.1, 0.3], [0.2, 0.2]]))
    np.testing.assert_allclose(mean, np.log([0.2, 0.2]))
    np.testing.assert_allclose(error, [0.5, 0], atol=1e-12)
    assert [part[0] for part in mean_and_error(np.full((1, 3), -np.inf))] == [-np.inf, np.inf]


@pytest.mark.parametrize("argument", [{"num_particles": 1}, {"repetitions": 1}, {"seed": -1}, {"batch_size": 0}])
def test_what_does_not_fit_is_an_error(argument):
    dist = pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=4, high=1)
    with pytest.raises(ValueError, match=next(iter(argument))):
        dist.log_prob_of(np.zeros((1, 2, 2, 1)), np.ones((2, 2)), **argument)


SIDES = {
    "top": np.s_[:1],
    "bottom": np.s_[-1:],
    "left": np.s_[:, :1],
    "right": np.s_[:, -1:],
    "corners": np.s_[::2, ::2],
}


@of_one_family_quickly_and_of_others_in_full
def test_with_orders_each_side_is_exact_in_the_order_that_fits(family):
    dist = model(family, (3, 3, 1), "label", high=1, orders=8, **family.smallest)
    image, masks = dist.sample(conditional_input=1, seed=0, verbose=0), np.zeros((len(SIDES), 3, 3, 1), bool)
    for mask, side in zip(masks, SIDES.values(), strict=True):
        mask[side] = True
    for order in (None, 0, 6):
        orders = dist.condition.orders.fitting(masks) if order is None else [order] * len(masks)
        estimate, error = dist.log_prob_of(image, masks, [1] * len(masks), seed=1, verbose=0, order=order)
        wanted = [exact(dist, image, mask, 1, one) for mask, one in zip(masks, orders, strict=True)]
        np.testing.assert_array_less(np.abs(estimate - wanted), 4 * error + 1e-5)
        assert np.all(error[:4] == 0) == (order is None) and error[4] > 0
    with pytest.raises(ValueError, match=r"order=8 does not fit: expected a whole number 0 … 7"):
        dist.log_prob_of(image, masks[0], 1, order=8)


def test_windows_in_any_order():
    trained = model(FAMILIES[1], (2, 2, 1), high=1, orders=8)
    dist = trained.resized((3, 3, 1), context=(2, 2))
    images, mask = all_images((3, 3, 1), 1), np.zeros((3, 3, 1), bool)
    mask[:, -1:] = True
    for order in (0, 5):
        nats = dist.log_prob(images, order=order).astype("float64")
        assert np.exp(nats).sum() == pytest.approx(1, abs=1e-5)
        estimate, error = dist.log_prob_of(images[3], mask, seed=1, verbose=0, order=order)
        assert abs(estimate - exact(dist, images[3], mask, None, order)) < 4 * error + 1e-5 and (error == 0) == bool(
            order
        )
    drawn = {method: dist.sample(3, seed=2, order=6, method=method, verbose=0) for method in ("cached", "naive")}
    assert np.array_equal(drawn["cached"], drawn["naive"])
    with pytest.raises(ValueError, match="orders=8 does not fit images of 3x4"):
        trained.resized((3, 4, 1), context=(2, 2))
