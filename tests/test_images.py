import tracemalloc

import keras
import numpy as np
import pytest

import models
import pixelcnn
from pixelcnn import data
from pixelcnn.images import check_images, check_levels

pytestmark = pytest.mark.eager
SHAPE = (4, 4, 1)


@pytest.mark.parametrize("levels", [(0, 2**24), (-(2**23), 2**23), (2**23 - 1, 2**23)])
def test_every_level_and_its_distance_from_the_centre_is_exact_in_float32(levels):
    low, high = check_levels(*levels)
    centre = (low + high) / 2
    for level in (low, low + 1, high - 1, high):
        assert float(np.float32(level) - np.float32(centre)) == level - centre


@pytest.mark.parametrize(
    "levels", [(0, 2**24 + 1), (0, 2**31), (-(2**31), 0), (2**24 - 2, 2**24 - 1), (3, 3), (0, 1.5)]
)
def test_levels_that_float32_cannot_hold_are_refused_at_construction(levels):
    low, high = levels
    with pytest.raises(ValueError, match="low=|high="):
        pixelcnn.PixelCNNPlusPlus(SHAPE, low=low, high=high, **models.SMALL)


def test_a_large_memory_map_is_checked_in_parts(tmp_path):
    """Beside the result, which takes a quarter of float32 images, nothing near the size of the images is allocated."""
    images = np.lib.format.open_memmap(tmp_path / "images.npy", "w+", "float32", (500_000, *SHAPE))
    images[-1] = 255
    tracemalloc.start()
    try:
        checked = check_images(images, SHAPE, 0, 255)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert checked.dtype == np.uint8 and checked.max() == 255 and checked.sum() == 16 * 255
    assert peak < 1.8 * images.nbytes
    images[-1, 3, 3, 0] = 0.5
    with pytest.raises(ValueError, match="images holds 0.5, which does not fit"):
        check_images(images, SHAPE, 0, 255)


def test_integers_are_handed_on_as_they_came():
    for dtype in ("uint8", "int16", "int64"):
        images = np.ones((2, *SHAPE), dtype)
        assert check_images(images, SHAPE, 0, 3) is images
    assert check_images(np.ones(SHAPE, bool), SHAPE, 0, 3).dtype == np.uint8
    assert check_images(np.ones((0, *SHAPE)), SHAPE, -3, 3).dtype == np.int32


def test_a_data_set_is_refused_with_the_names_of_its_parts():
    with pytest.raises(ValueError, match="not an array: expected .* Give its parts apart: data.images, data.labels"):
        check_images(data.doodles(2), (28, 28, 1), 0, 255)


def test_masked_pixels_are_refused_and_not_used():
    images = np.ma.masked_equal(np.eye(4, dtype="uint8")[None, ..., None], 1)
    with pytest.raises(ValueError, match="images is an array with masked entries"):
        check_images(images, SHAPE, 0, 255)
    distribution = models.model(SHAPE)
    distribution.compile()
    for route in (distribution.fit, distribution.evaluate, distribution.predict, distribution.log_prob):
        with pytest.raises(ValueError, match="masked entries"):
            route(images)
    assert check_images(np.ma.masked_equal(images.data, 7), SHAPE, 0, 255).sum() == 4  # nothing is masked


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_unknown_pixels_become_the_lowest_level(dtype):
    images = np.full((3, *SHAPE), 7, dtype)
    images[:, 0] = 2
    if dtype == "float32":
        images[:, 1:] = np.nan
    known = np.zeros(SHAPE, bool)
    known[0] = True
    checked = check_images(images, SHAPE, -5, 3, where=known)
    assert np.all(checked[:, 0] == 2) and np.all(checked[:, 1:] == -5)


FAMILIES = {
    pixelcnn.PixelCNN: {"num_blocks": 1},
    pixelcnn.GatedPixelCNN: {"num_blocks": 1},
    pixelcnn.PixelCNNPlusPlus: {"num_resnet": 1, "num_hierarchies": 2},
    pixelcnn.PixelRNN: {"num_layers": 1},
}


@pytest.fixture
def channels_first():
    """A function that sets Keras to the other order of axes, undone after the test."""
    before = keras.config.image_data_format()
    yield lambda: keras.config.set_image_data_format("channels_first")
    keras.config.set_image_data_format(before)


@pytest.mark.parametrize(
    "family",
    [
        pytest.param(family, marks=pytest.mark.full if family is not pixelcnn.PixelCNNPlusPlus else ())
        for family in FAMILIES
    ],
)
def test_the_order_of_axes_that_keras_is_set_to_changes_nothing(family, channels_first):
    images = np.random.default_rng(0).integers(0, 256, (8, *SHAPE)).astype("uint8")

    def results():
        keras.utils.set_random_seed(0)
        distribution = family(SHAPE, num_filters=4, **FAMILIES[family])
        distribution.compile()
        loss = distribution.fit(images, epochs=1, verbose=0).history["loss"]
        return loss, distribution.log_prob(images), distribution.sample(2, seed=0, verbose=0)

    expected = results()
    channels_first()
    for got, wanted in zip(results(), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_masked_convolution_and_judge_keep_to_their_order_of_axes(channels_first):
    channels_first()
    images = np.random.default_rng(0).integers(0, 256, (8, *SHAPE)).astype("uint8")
    masked = pixelcnn.layers.MaskedConv2D(3, 3, mask_type="A")
    assert masked(images.astype("float32")).shape == (8, 4, 4, 3)
    judge = pixelcnn.evaluation.train_classifier(images, np.arange(8) % 2, epochs=1)
    assert judge.output_shape == (None, 2)
