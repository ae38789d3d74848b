"""What holds in each order of the pixels, and of their average."""

import itertools

import numpy as np
import pytest

import pixelcnn
from properties.families import (
    all_images,
    given,
    model,
    of_every_family,
    of_every_family_with,
    of_one_family_and_of_others_in_full,
    of_one_family_quickly_and_of_others_in_full,
    random_images,
    shake,
    untrained,
)
from properties.test_sampler_is_the_model import GUIDANCE, counts, p_value
from test_orders import place

COUNT, MANY = 4000, 8
# Image shapes, numbers of orders, and conditions.
KINDS = [
    ((2, 2, 1), 8, "label"),
    ((1, 2, 3), 4, "none"),
    ((2, 2, 2), 8, "map"),
    ((2, 2, 1), 8, "dropped"),
    ((3, 2, 1), 4, "number"),
]


@of_every_family_with(
    ("image_shape", "orders", "condition"), KINDS, of_the_first=KINDS[:1], of_others=KINDS[2:3], quick=KINDS[:1]
)
def test_each_order_and_the_average_are_distributions(family, image_shape, orders, condition):
    images, high = all_images(image_shape, 1), 1
    distribution = model(family, image_shape, condition, high=high, orders=orders)
    value = given(condition, 1, image_shape)
    each = [distribution.log_prob(images, value, order=order).astype("float64") for order in range(orders)]
    average = distribution.log_prob(images, value, order="average")
    for nats in (*each, average):
        assert np.exp(nats).sum() == pytest.approx(1, abs=1e-5)
    assert not any(np.allclose(one, other) for one, other in itertools.combinations(each, 2))
    np.testing.assert_allclose(np.exp(average), np.mean(np.exp(each), axis=0), rtol=1e-4)
    np.testing.assert_allclose(
        distribution.bits_per_dim(images, value, order="average"), -average / (images[0].size * np.log(2)), rtol=1e-5
    )


@of_one_family_and_of_others_in_full
@pytest.mark.parametrize(
    ("image_shape", "orders", "condition"),
    [((4, 4, 1), 8, "label and map"), pytest.param((3, 5, 1), 4, "none", marks=pytest.mark.full)],
)
def test_in_each_order_a_pixel_depends_on_earlier_pixels_and_on_nothing_else(family, image_shape, orders, condition):
    distribution = model(family, image_shape, condition, size=0.3, high=7, orders=orders, **family.deep)
    height, width, _ = image_shape
    pixels = list(np.ndindex(height, width))
    # The change of a level that is nearly certain, or nearly impossible, may be too small to see in one image.
    images = np.repeat(random_images(MANY, distribution), len(pixels), axis=0).reshape(MANY, -1, height, width)
    changed, every = images.copy(), np.arange(len(pixels))
    changed.reshape(MANY, len(pixels), -1)[:, every, every] ^= 4
    value = given(condition, len(pixels), image_shape)
    for order in range(orders):
        before, after = (
            distribution.pixel_log_prob(x[..., None], value, order=order, batch_size=x[..., 0, 0].size).reshape(
                MANY, len(pixels), -1
            )
            for x in (images, changed)
        )
        depends = np.any(before != after, axis=0) & ~np.eye(len(pixels), dtype=bool)
        where = [place(order, *pixel, height, width) for pixel in pixels]
        expected = [[earlier < pixel and family.sees(pixel, earlier) for pixel in where] for earlier in where]
        assert np.array_equal(depends, expected), order


@of_one_family_and_of_others_in_full
@pytest.mark.parametrize("condition", ["label and map"])
def test_an_order_differs_from_raster_order_of_the_turned_image_and_map_by_its_weights_alone(family, condition):
    distribution = model(family, (3, 3, 2), condition, high=7, orders=8)
    for variable in distribution.trainable_variables:
        if variable.name == "order_table":
            variable.assign(0 * variable)
    images, (labels, maps) = random_images(4, distribution), given(condition, 4, (3, 3, 2))
    for order in range(8):

        def turned(x, order=order):
            x = x[:, ::-1] if order & 2 else x
            x = x[:, :, ::-1] if order & 1 else x
            return x.swapaxes(1, 2) if order & 4 else x

        expected = distribution.pixel_log_prob(turned(images), (labels, turned(maps)))
        nats = distribution.pixel_log_prob(images, (labels, maps), order=order)
        np.testing.assert_allclose(turned(nats), expected, rtol=1e-4, atol=1e-5)


@of_one_family_and_of_others_in_full
def test_in_each_order_images_are_drawn_with_their_probabilities(family):
    distribution = model(family, (2, 2, 1), "label", high=1, orders=8, **family.smallest)
    images = all_images((2, 2, 1), 1)
    for order in range(8):
        drawn = distribution.sample((COUNT,), order=order, conditional_input=1, seed=3, batch_size=COUNT, verbose=0)
        pmf = np.exp(distribution.log_prob(images, 1, order=order).astype("float64"))
        assert p_value(counts(drawn, images, 1), COUNT * pmf) > 1e-4


@of_one_family_and_of_others_in_full
@pytest.mark.parametrize(
    ("image_shape", "orders", "guidance"),
    [((3, 3, 2), 8, GUIDANCE), pytest.param((3, 4, 1), 4, 0.0, marks=pytest.mark.full)],
)
def test_all_samplers_agree_image_for_image_in_each_order(family, image_shape, orders, guidance):
    dropout, condition = {"condition_dropout": 0.5} if guidance else {}, "label and map"
    distribution = model(
        family, image_shape, condition, dtype="float64", high=7, orders=orders, **dropout, **family.smallest
    )
    arguments = {"conditional_input": given(condition, 2, image_shape), "guidance": guidance, "seed": 5, "verbose": 0}
    known = random_images(2, distribution)
    mask = np.random.default_rng(0).random((2, *image_shape)) < 0.4
    naive = distribution.sample(2, method="naive", order=orders - 3, **arguments)
    assert np.array_equal(distribution.sample(2, order=orders - 3, **arguments), naive)
    assert np.array_equal(distribution.sample(2, order=orders - 3, method="jacobi", **arguments), naive)
    of_nothing = distribution.complete(known, np.zeros(image_shape[:2]), order=orders - 3, **arguments)
    assert np.array_equal(of_nothing, naive)
    completed = distribution.complete(known, mask, **arguments)  # an order for each image
    assert np.array_equal(completed, distribution.complete(known, mask, method="naive", **arguments))
    assert np.array_equal(completed[mask], known[mask])


SIDES = {
    "top": np.s_[:1],
    "bottom": np.s_[-1:],
    "left": np.s_[:, :1],
    "right": np.s_[:, -1:],
    "two rows at the bottom and a pixel": (np.array([1, 2, 2, 2, 1]), np.array([2, 0, 1, 2, 1])),
}


def given_the_known(distribution, images, image, masks):
    """Probabilities (masks, images) given the known pixels, in the order that fits each mask and in raster order."""
    agrees = np.all(np.where(masks[:, None, ..., None], images == image, True), axis=(2, 3, 4))
    fitting = distribution.condition.orders.fitting(masks[..., None])
    probabilities = np.exp(
        [[distribution.log_prob(images, 1, order=order) for order in orders] for orders in (fitting, 0 * fitting)]
    ).astype("float64")
    known = np.where(agrees, probabilities, 0)
    return known / known.sum(axis=-1, keepdims=True)


@of_one_family_quickly_and_of_others_in_full
def test_completions_from_each_side_are_exact_without_particles(family):
    distribution = model(family, (3, 3, 1), "label", high=1, orders=8, **family.smallest)
    images = all_images((3, 3, 1), 1)
    image, masks = images[0b101_001_110], np.zeros((len(SIDES), 3, 3), bool)
    for mask, side in zip(masks, SIDES.values(), strict=True):
        mask[side] = True
    for size in np.arange(0.2, 1.2, 0.1):  # weights with which raster order says something else, and nothing is certain
        shake(distribution, size=size)
        exact, raster = given_the_known(distribution, images, image, masks)
        distance = np.abs(exact - raster).sum(axis=1)[1:] / 2
        if distance.max() > 0.15 and exact.max() < 0.9:
            break
    drawn = distribution.complete(  # all masks in one call
        image, np.repeat(masks, COUNT, axis=0)[..., None], conditional_input=np.ones(len(masks) * COUNT, int), seed=2,
        batch_size=len(masks) * COUNT, verbose=0,
    ).reshape(len(masks), COUNT, 3, 3, 1)  # fmt: skip
    observed = [counts(completions, images, 1) for completions in drawn]
    for side, seen, one in zip(SIDES, observed, exact, strict=True):
        assert not seen[one == 0].any()
        assert p_value(seen, COUNT * one) > 1e-4, side
    farthest = 1 + distance.argmax()  # not the top, where raster order is exact too
    assert p_value(observed[farthest], COUNT * raster[farthest]) < 1e-4


@of_one_family_and_of_others_in_full
def test_no_images_are_completed_to_no_images(family):
    dist = model(family, (3, 3, 1), high=1, orders=8)
    completed = dist.complete(np.zeros((0, 3, 3, 1)), np.ones((3, 3), bool), seed=0, verbose=0)
    assert completed.shape == (0, 3, 3, 1) and completed.dtype == np.uint8


@of_one_family_and_of_others_in_full
def test_a_seed_names_images_in_each_order(family):
    distribution = model(family, (4, 4, 1), "none", high=7, size=0.2, orders=8, **family.smallest)
    drawn = [distribution.sample(4, seed=1, order=order, batch_size=4, verbose=0) for order in (0, 5)]
    assert np.array_equal(distribution.sample(2, seed=1, order=5, batch_size=4, verbose=0), drawn[1][:2])
    assert not np.array_equal(*drawn)
    mask = np.stack([np.arange(16).reshape(4, 4) % 4 > 1, np.arange(16).reshape(4, 4) > 7])
    whole = distribution.complete(drawn[0][:2], mask, seed=3, batch_size=4, verbose=0)
    alone = distribution.complete(drawn[0][:1], mask[:1], seed=3, batch_size=4, verbose=0)
    assert np.array_equal(alone, whole[:1])  # whatever the orders of the other images are


@of_every_family
@pytest.mark.full
def test_one_model_of_all_orders_trains_and_is_saved(family, tmp_path):
    images = all_images((3, 3, 1), 1)[::7]
    distribution = untrained(family, (3, 3, 1), high=1, orders=8)
    distribution.compile()
    distribution.fit(images, batch_size=16, epochs=2, verbose=0)
    distribution.save(tmp_path / "model.keras")
    again = pixelcnn.load(tmp_path / "model.keras")
    for order in (0, 7, "average"):
        assert np.array_equal(again.log_prob(images, order=order), distribution.log_prob(images, order=order))
