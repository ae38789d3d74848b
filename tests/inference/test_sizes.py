"""Property 21: other sizes than the one trained on."""

import copy
import itertools
import tempfile

import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from pixelcnn.windows import WindowedGrid, starts_and_ends
from properties.families import (
    all_images,
    given,
    model,
    of_one_family_and_of_others_in_full,
    of_one_family_quickly_and_of_others_in_full,
    parameters,
    random_images,
    shake,
)

pytestmark = pytest.mark.eager

VIEW = {"PixelCNN": 9, "GatedPixelCNN": 9, "PixelCNNPlusPlus": 34, "PixelRNN-row": 18}  # columns to the right, or fewer


def saved(dist):
    """The distribution that a file gives back."""
    with tempfile.TemporaryDirectory() as folder:
        dist.save(f"{folder}/model.keras")
        return pixelcnn.load(f"{folder}/model.keras")


def as_preset(dist):
    """The distribution that a preset gives back."""
    with tempfile.TemporaryDirectory() as folder:
        dist.save_to_preset(folder)
        return type(dist).from_preset(folder)


def on_canvas(images, height, width):
    """The images at the upper left of larger ones of the lowest level."""
    return np.pad(images, ((0, 0), (0, height - images.shape[1]), (0, width - images.shape[2]), (0, 0)))


def values(distribution, images, condition=None):
    return ops.convert_to_numpy(parameters(distribution, images, condition))


@of_one_family_quickly_and_of_others_in_full
def test_at_the_same_size_it_is_the_same_distribution(family):
    dist = model(family, (4, 5, 1), "label and map", high=3)
    same, condition = dist.resized((4, 5, 1)), given("label and map", 3, (4, 5, 1))
    images = random_images(3, dist)
    assert type(same) is type(dist) and same.get_config() == dist.get_config()
    assert all(map(np.array_equal, same.get_weights(), dist.get_weights()))
    assert np.array_equal(same.log_prob(images, condition), dist.log_prob(images, condition))
    drawn = [one.sample(3, seed=1, conditional_input=condition, verbose=0) for one in (dist, same)]
    assert np.array_equal(*drawn)


@of_one_family_quickly_and_of_others_in_full
def test_pixels_that_see_the_same_have_the_same_parameters(family):
    dist = model(family, (4, 40, 1), "map", high=3, size=0.2, dtype="float64")
    images, (maps,) = random_images(2, dist), (given("map", 2, (4, 40, 1)),)
    higher = dist.resized((7, 40, 1))
    found = values(higher, on_canvas(images, 7, 40), np.pad(maps, ((0, 0), (0, 3), (0, 0), (0, 0))))
    wanted = values(dist, images, maps)
    np.testing.assert_allclose(found[:, :4], wanted, rtol=1e-9, atol=1e-12)
    larger = dist.resized((7, 47, 1))
    found = values(larger, on_canvas(images, 7, 47), np.pad(maps, ((0, 0), (0, 3), (0, 7), (0, 0))))
    same = np.isclose(found[:, :4, :40], wanted, rtol=1e-9, atol=1e-12).all(axis=(0, 3))
    if str(family) == "PixelRNN-diagonal":  # comes from the right side
        assert not same[1:].any()
    else:
        assert same[:, : 40 - VIEW[str(family)]].all() and not same[3].all()


def test_weights_averages_and_initialisation_come_along_and_the_optimizer_does_not():
    images = pixelcnn.data.doodles(8, seed=0).images[:, 8:16, 8:16]
    dist = pixelcnn.PixelCNNPlusPlus((8, 8, 1), num_resnet=1, num_hierarchies=2, num_filters=4)
    dist.compile("adam", ema_momentum=0.5)
    dist.fit(images, epochs=2, verbose=0)
    made = dist.resized((6, 10, 1))
    assert all(map(np.array_equal, made.get_weights(), dist.get_weights())) and not made.compiled
    made.compile(keras.optimizers.SGD(0.0))
    made.fit(np.pad(images[:, :6], ((0, 0), (0, 0), (0, 2), (0, 0))), epochs=1, verbose=0)
    assert all(map(np.array_equal, made.get_weights(), dist.get_weights()))  # not initialised anew


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((4, 4, 3),), r"image_shape=\(4, 4, 3\) does not fit: expected 1 channels"),
        (((4, 4),), "image_shape"),
        (((6, 6, 1), (7, 4)), r"context=\(7, 4\) does not fit: expected at most .* \(6, 6\)"),
        (((6, 6, 1), (4,)), "context"),
    ],
)
def test_what_does_not_fit_is_an_error(arguments, message):
    dist = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=4, high=3)
    with pytest.raises(ValueError, match=message):
        dist.resized(*arguments)


# ---- context


def naive_conditionals(dist, images, context, condition=None):
    """Log-probabilities (B, H, W), pixel by pixel: the whole window of the pixel, and of its result the pixel."""
    (height, width), window = images.shape[1:3], dist.resized((*context, images.shape[-1]))
    nats = np.zeros(images.shape[:3])
    for row, column in np.ndindex(height, width):
        top = first_window(row, height, context[0], 0)
        left = first_window(column, width, context[1], context[1] // 4)
        inside = (slice(None), slice(top, top + context[0]), slice(left, left + context[1]))
        part = condition if condition is None else (condition[0], condition[1][inside])
        nats[:, row, column] = window.pixel_log_prob(images[inside], part)[:, row - top, column - left]
    return nats


def first_window(cell, size, window, behind):
    """The start of the first window, of those half a window apart, that has enough cells behind this one."""
    starts = [*range(0, size - window, max(1, window // 2)), size - window]
    return next((start for start in starts if cell < start + window - behind and start <= cell), starts[-1])


@pytest.mark.parametrize("window", range(1, 10))
def test_each_cell_has_one_window(window):
    for size, behind in itertools.product(range(window, 25), {0, window // 4}):
        before = 0
        for start, end in starts_and_ends(size, window, behind):
            assert start <= before < end <= start + window <= size
            assert all(first_window(cell, size, window, behind) == start for cell in range(before, end))
            before = end
        assert before == size


def test_windows_are_put_together_as_they_were_cut():
    grid = WindowedGrid((11, 13, 2), (4, 5), granularity=4, margin=0)
    x = np.random.default_rng(0).standard_normal((3, 11, 13, 2)).astype("float32")
    cut = grid.pad(ops.convert_to_tensor(x))
    assert tuple(cut.shape) == (3 * grid.windows, 4, 8, 2)
    np.testing.assert_array_equal(ops.convert_to_numpy(grid.crop(cut)), x)


def test_windowed_likelihoods_of_a_number_of_images_that_is_unknown():
    dist = pixelcnn.PixelCNN(
        (4, 4, 1), high=1, num_classes=2, condition_dropout=0.1, orders=4, num_blocks=1, num_filters=2
    )
    shake(dist)
    windowed = dist.resized((6, 6, 1), context=(4, 4))
    images = random_images(3, windowed)
    entered, labels = keras.Input((6, 6, 1)), keras.Input((), dtype="int32")
    functional = keras.Model([entered, labels], windowed.log_prob(entered, labels))
    pixels = ops.convert_to_tensor(images, "float32")
    nats = ops.convert_to_numpy(functional([pixels, ops.convert_to_tensor([0, 1, 1])]))
    np.testing.assert_allclose(nats, windowed.log_prob(images, [0, 1, 1]), rtol=1e-5)
    free = keras.Model(entered, windowed.log_prob(entered))
    nats = ops.convert_to_numpy(free(pixels))
    np.testing.assert_allclose(nats, windowed.log_prob(images), rtol=1e-5)


@of_one_family_quickly_and_of_others_in_full
def test_windowed_likelihoods_are_those_of_each_pixel_in_its_window(family):
    dist = model(family, (4, 4, 2), "label and map", high=3, dtype="float64")
    condition, images = given("label and map", 2, (9, 7, 2)), random_images(2, dist.resized((9, 7, 2)))
    windowed = dist.resized((9, 7, 2), context=(4, 4))
    wanted = naive_conditionals(dist, images, (4, 4), condition)
    np.testing.assert_allclose(windowed.pixel_log_prob(images, condition), wanted, rtol=1e-9)
    tensors = windowed.log_prob(ops.convert_to_tensor(images), condition)
    np.testing.assert_allclose(ops.convert_to_numpy(tensors), wanted.sum(axis=(1, 2)), rtol=1e-5)


@of_one_family_quickly_and_of_others_in_full
def test_windowed_probabilities_sum_to_one(family):
    dist = model(family, (2, 2, 1), high=1)
    images = all_images((4, 3, 1), 1)
    log_prob = dist.resized((4, 3, 1), context=(2, 2)).log_prob(images, batch_size=len(images)).astype("float64")
    assert np.exp(log_prob).sum() == pytest.approx(1, abs=1e-5)


@of_one_family_and_of_others_in_full
def test_windowed_samplers_draw_the_same_images(family):
    dist = model(family, (4, 4, 2), "label and map", high=3, dtype="float64", condition_dropout=0.5)
    windowed, condition = dist.resized((7, 6, 2), context=(4, 4)), given("label and map", 2, (7, 6, 2))
    arguments = {"conditional_input": condition, "seed": 1, "guidance": 0.7, "temperature": 0.9, "verbose": 0}
    drawn = {method: windowed.sample(2, method=method, **arguments) for method in ("cached", "jacobi", "naive")}
    assert np.array_equal(drawn["cached"], drawn["naive"]) and np.array_equal(drawn["jacobi"], drawn["naive"])
    mask = np.random.default_rng(0).random((7, 6)) < 0.3
    completed = [windowed.complete(drawn["cached"], mask, method=method, **arguments) for method in ("cached", "naive")]
    assert np.array_equal(*completed) and np.array_equal(completed[0], drawn["cached"])


def test_a_context_of_the_image_is_none():
    dist = pixelcnn.PixelRNN((5, 4, 1), num_layers=1, num_filters=4, high=3, dtype="float64")
    shake(dist)
    windowed, images = dist.resized((5, 4, 1), context=(5, 4)), random_images(2, dist)
    np.testing.assert_array_equal(windowed.log_prob(images), dist.log_prob(images))
    assert np.array_equal(windowed.sample(2, seed=3, verbose=0), dist.sample(2, seed=3, verbose=0))


def test_rows_of_windows_report_each_row_once():
    windowed = small().resized((9, 6, 1), context=(4, 4))
    said = []
    windowed.sample(2, seed=1, verbose=lambda done, total: said.append((done, total)))
    rows = [done for done, _ in said]
    assert rows == sorted(rows) and rows[-1] == 18 and {total for _, total in said} == {18}


@pytest.mark.parametrize(
    "copied",
    [
        keras.models.clone_model,
        *(pytest.param(way, marks=pytest.mark.full) for way in (copy.copy, copy.deepcopy, as_preset)),
        saved,
    ],
)
def test_copies_and_files_keep_the_windows(copied):
    windowed = small().resized((6, 5, 1), context=(4, 4))
    again, images = copied(windowed), random_images(2, windowed)
    again.set_weights(windowed.get_weights())  # a clone has fresh weights
    assert again.context == (4, 4) and again.get_config() == windowed.get_config()
    np.testing.assert_array_equal(again.log_prob(images), windowed.log_prob(images))
    assert np.array_equal(again.sample(2, seed=1, verbose=0), windowed.sample(2, seed=1, verbose=0))
    assert np.any(again.log_prob(images) != small().resized((6, 5, 1)).log_prob(images))


def test_windows_that_do_not_fit_a_file_are_an_error():
    with pytest.raises(ValueError, match=r"context=\(9, 9\) does not fit: expected at most .* \(4, 4\)"):
        pixelcnn.PixelCNN.from_config({**small().get_config(), "context": [9, 9]})


def test_what_a_context_cannot_do_is_an_error(tmp_path):
    windowed = small().resized((6, 6, 1), context=(4, 4))
    images = np.zeros((1, 6, 6, 1), "uint8")
    for call in (
        lambda: windowed.resized((8, 8, 1)), lambda: windowed.compile("adam"),
        lambda: windowed.export(tmp_path / "served"), lambda: pixelcnn.codec.compress(windowed, images),
        lambda: pixelcnn.codec.decompress(windowed, b""),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"context=\(4, 4\) does not fit"):
            call()
    with pytest.raises(ValueError, match="num_particles=2 does not fit: method='cached' with a context"):
        windowed.complete(images, np.eye(6, dtype=bool), num_particles=2)
    assert windowed.complete(images, np.eye(6, dtype=bool), num_particles=2, method="naive", verbose=0).shape[0] == 1
    assert list(tmp_path.iterdir()) == []


def small():
    return pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=4, high=3)
