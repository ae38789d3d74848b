"""Orders of the pixels: what visits them when, which order fits a mask, and what is refused."""

import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from models import model, shake
from pixelcnn.orders import Orders, average
from properties.families import without_compilation

SQUARE = Orders(8, (3, 3, 2))
SIZES = [(1, (2, 3, 1), range(1)), (4, (2, 3, 2), range(4)), (8, (3, 3, 1), range(8))]


def place(order, row, column, height, width):
    """Where the network has the pixel at (row, column): the definition, pixel by pixel."""
    row = height - 1 - row if order & 2 else row
    column = width - 1 - column if order & 1 else column
    return (column, row) if order & 4 else (row, column)


@pytest.mark.parametrize(("count", "image_shape", "orders"), SIZES)
def test_an_order_visits_the_pixels_as_defined_and_back(count, image_shape, orders):
    kind, (height, width, _) = Orders(count, image_shape), image_shape
    images = np.random.default_rng(0).integers(0, 256, (len(orders), *image_shape)).astype("uint8")
    turned = kind.to_order(images, np.array(orders))  # an order for each image
    for order, image in zip(orders, images, strict=True):
        for row, column in np.ndindex(height, width):
            there = turned[order][place(order, row, column, height, width)]
            assert np.array_equal(there, image[row, column])
    assert turned.dtype == images.dtype
    assert np.array_equal(kind.from_order(turned, np.array(orders)), images)
    tensor, order = ops.convert_to_tensor(images.astype("float32")), ops.convert_to_tensor(np.array(orders, "int32"))
    assert np.array_equal(ops.convert_to_numpy(kind.to_order(tensor, order)), turned)
    assert np.array_equal(ops.convert_to_numpy(kind.from_order(kind.to_order(tensor, order), order)), images)


def test_eight_orders_begin_in_all_corners_and_go_both_ways():
    pixels = np.arange(9).reshape(1, 3, 3)
    ways = {tuple(SQUARE.to_order(pixels, np.array([order])).reshape(-1)[:2]) for order in range(8)}
    assert ways == {(0, 1), (0, 3), (2, 1), (2, 5), (6, 7), (6, 3), (8, 7), (8, 5)}


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
@pytest.mark.parametrize("known", [1, 2])
def test_known_rows_and_columns_at_each_side_come_first_in_an_order(side, known):
    mask = np.zeros((3, 3, 2), bool)
    sides = {"top": np.s_[:known], "bottom": np.s_[-known:], "left": np.s_[:, :known], "right": np.s_[:, -known:]}
    mask[sides[side]] = True
    order = SQUARE.fitting(mask)
    assert np.all(np.diff(SQUARE.to_order(mask[None], np.array([order])).reshape(-1).astype(int)) <= 0)


def test_each_image_gets_its_own_order_and_raster_order_is_first():
    masks = np.zeros((2, 3, 3, 3, 2), bool)
    masks[0, 0, :, 2:], masks[0, 1, :1], masks[1, 0, 1, 1], masks[1, 1] = True, True, True, True
    chosen = SQUARE.fitting(masks)
    assert chosen.shape == (2, 3) and chosen.dtype == "int32"
    assert chosen.tolist() == [[5, 0, 0], [0, 0, 0]]
    # A known column in the middle: half of it follows unknown pixels in each order, unless the order has it last.
    few = np.zeros((1, 3, 3, 2), bool)
    few[0, :, 1] = True
    assert SQUARE.fitting(few).tolist() == [0]
    few[0, 2, 2] = True  # two of the three known columns' pixels at the right, seen first from there
    assert SQUARE.fitting(few).item() in (5, 7, 2, 3)


def test_the_average_is_the_mixture():
    nats = np.log([[0.5, 0.0625], [0.25, 0.0625]])
    np.testing.assert_allclose(np.exp(average(list(nats))), [0.375, 0.0625])
    tensors = [ops.convert_to_tensor(row) for row in nats.astype("float32")]
    np.testing.assert_allclose(np.exp(ops.convert_to_numpy(average(tensors))), [0.375, 0.0625], rtol=1e-5)


@pytest.mark.parametrize("count", [0, 2, 16, True, None, "8", 1.5])
def test_another_number_of_orders_is_refused(count):
    with pytest.raises(ValueError, match="orders=.* does not fit: expected 1, 4 or 8"):
        model((4, 4, 1), orders=count)


def test_a_transposition_needs_square_images():
    with pytest.raises(ValueError, match="orders=8 does not fit images of 4x5 .*expected 1 or 4"):
        model((4, 5, 1), orders=8)
    assert model((4, 5, 1), orders=4).get_config()["orders"] == 4


def test_an_order_that_does_not_exist_is_refused():
    several, one = model((4, 4, 1), orders=4), model((4, 4, 1))
    images, mask = np.zeros((2, 4, 4, 1), "uint8"), np.ones((4, 4), bool)
    for order in (4, -1, 0.5, None, "mean", True):
        with pytest.raises(ValueError, match="order=.* does not fit: expected a whole number 0 … 3.*orders=4"):
            several.log_prob(images, order=order)
    for refuse in (
        lambda: one.log_prob(images, order=1),
        lambda: one.bits_per_dim(images, order=1),
        lambda: one.sample(2, order=1, verbose=0),
        lambda: one.complete(images, mask, order=1, verbose=0),
        lambda: one.log_prob(ops.convert_to_tensor(images), order=1),
        lambda: one.log_prob(keras.Input((4, 4, 1)), order=1),
    ):
        with pytest.raises(ValueError, match="order=1 does not fit: expected 0.*orders=1"):
            refuse()
    for refuse in (
        lambda: several.pixel_log_prob(images, order="average"),
        lambda: several.sample(2, order="average", verbose=0),
        lambda: several.complete(images, mask, order="average", verbose=0),
    ):
        with pytest.raises(ValueError, match="order='average' does not fit: expected a whole number 0 … 3"):
            refuse()


def test_one_order_has_no_weight_and_no_random_number_of_its_own():
    one, several = model((4, 4, 1), dropout_p=0.0), model((4, 4, 1), dropout_p=0.0, orders=8)
    assert not [variable.path for variable in one.variables if "order" in variable.path]
    assert {variable.name for variable in several.variables} - {variable.name for variable in one.variables} == {
        "order_table",
        "seed_generator_state",
    }
    images = np.arange(32).reshape((2, 4, 4, 1))
    assert np.array_equal(one.log_prob(images, order="average"), one.log_prob(images))
    assert not hasattr(one, "random_order")


def test_training_draws_an_order_for_each_image_and_evaluation_takes_raster_order():
    distribution = model((4, 4, 1), orders=8, num_classes=2, condition_dropout=0.5, dropout_p=0.0, num_hierarchies=1)
    for variable in distribution.trainable_variables:
        if variable.name == "order_table":
            variable.assign(np.random.default_rng(0).standard_normal(variable.shape))
    images = np.random.default_rng(1).integers(0, 256, (64, 4, 4, 1)).astype("float32")
    # None: without its label an image still has its order.
    each = np.stack([distribution.log_prob(images, order=order) for order in range(8)])
    drawn = []
    for _ in range(3):
        condition = distribution.condition.from_tensors(None, "float32")
        pixels = distribution._pixel_log_prob(ops.convert_to_tensor(images), condition, training=True)
        nats = ops.convert_to_numpy(pixels).sum(axis=(1, 2))
        order = np.abs(each - nats).argmin(axis=0)
        np.testing.assert_allclose(nats, each[order, np.arange(64)], rtol=1e-5)
        drawn.append(order)
    assert np.all(np.bincount(np.concatenate(drawn), minlength=8) >= 8)  # 24 of each expected
    assert len(np.unique(drawn, axis=0)) == 3
    distribution.compile(**without_compilation())
    loss, bits = distribution.evaluate(images, batch_size=32, verbose=0)
    assert loss == pytest.approx(-each[0].mean(), rel=1e-4)
    assert bits == pytest.approx(distribution.bits_per_dim(images).mean(), rel=1e-4)


def test_functional_models_and_tensors_have_orders():
    distribution = pixelcnn.PixelCNN((4, 4, 1), orders=4, num_classes=2, num_blocks=1, num_filters=4, high=3)
    shake(distribution)
    images, labels = np.random.default_rng(1).integers(0, 4, (3, 4, 4, 1)), np.array([0, 1, 1])
    symbols = keras.Input((4, 4, 1)), keras.Input((), dtype="int32")
    for order in (3, "average"):
        expected = distribution.log_prob(images, labels, order=order)
        eager = distribution.log_prob(ops.convert_to_tensor(images), ops.convert_to_tensor(labels), order=order)
        np.testing.assert_allclose(ops.convert_to_numpy(eager), expected, rtol=1e-4)
        functional = keras.Model(symbols, distribution.log_prob(symbols[0], symbols[1], order=order))
        found = functional.predict((images.astype("float32"), labels), verbose=0)
        np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_files_keep_the_orders(tmp_path):
    distribution = model((4, 4, 1), orders=8, num_hierarchies=1)
    images = np.random.default_rng(1).integers(0, 256, (3, 4, 4, 1))
    distribution.save(tmp_path / "model.keras")
    again = pixelcnn.load(tmp_path / "model.keras")
    assert again.get_config()["orders"] == 8
    for order in (5, "average"):
        assert np.array_equal(again.log_prob(images, order=order), distribution.log_prob(images, order=order))
