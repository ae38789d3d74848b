"""Codes of a VQ-VAE: from images and back, in batches, in the smallest type; restoration is one pass."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import pixelcnn
from pixelcnn import noise
from pixelcnn.vq import codes, colours, decode, restore
from properties.families import FAMILIES, conditionals, given, model, of_one_family_quickly_and_of_others_in_full

RANDOM = np.random.default_rng(0)
CODEBOOK = RANDOM.standard_normal((300, 3)).astype("float32")
IMAGES = RANDOM.standard_normal((5, 8, 6, 3)).astype("float32")


def halved(batch):
    """An encoder: every second row and column."""
    return batch[:, ::2, ::2]


def nearest(images):
    """Codes by the definition."""
    distance = np.square(images[..., None, :] - CODEBOOK).sum(axis=-1)
    return distance.argmin(axis=-1)[..., None]


@pytest.mark.quick
def test_codes_are_the_nearest_vectors_whatever_the_batch():
    for size in (1, 2, 64):
        found = codes(halved, IMAGES, CODEBOOK, batch_size=size)
        assert np.array_equal(found, nearest(halved(IMAGES)))
        assert found.dtype == np.uint16


@pytest.mark.quick
def test_a_keras_model_gives_codes_and_another_decodes_them():
    image, code = keras.Input((8, 6, 3)), keras.Input((4, 3), dtype="int32")
    encoder = keras.Model(image, ops.argmax(layers.AveragePooling2D(2)(image), axis=-1))
    decoder = keras.Model(code, layers.UpSampling2D(2)(layers.Embedding(3, 2)(code)))
    found = codes(encoder, IMAGES, batch_size=2)
    assert np.array_equal(found[..., 0], IMAGES.reshape((5, 4, 2, 3, 2, 3)).mean(axis=(2, 4)).argmax(axis=-1))
    assert found.shape == (5, 4, 3, 1) and found.dtype == np.uint8
    table = ops.convert_to_numpy(decoder.layers[1].embeddings)
    expected = table[found[..., 0]].repeat(2, axis=1).repeat(2, axis=2)
    assert np.array_equal(decode(decoder, found, batch_size=2), expected)
    grouped = decode(decoder, np.stack([found, found]), batch_size=3)
    assert np.array_equal(grouped, np.stack([expected, expected]))


@pytest.mark.parametrize(("largest", "dtype"), [(255, np.uint8), (256, np.uint16), (65536, np.uint32)])
def test_the_type_is_the_smallest_that_holds_all_codes(largest, dtype):
    images = np.zeros((3, 2, 2))
    images[1, 0, 0] = largest
    found = codes(lambda batch: batch, images, batch_size=1)
    assert found.dtype == dtype and found.max() == largest


def test_an_encoder_of_several_levels_gives_several_arrays():
    top, bottom = codes(lambda batch: [batch[:, ::4, ::4, 0] > 0, batch[..., 0] > 0], IMAGES, batch_size=2)
    assert top.shape == (5, 2, 2, 1) and bottom.shape == (5, 8, 6, 1)
    assert np.array_equal(bottom[..., 0], IMAGES[..., 0] > 0)
    both = decode(lambda parts: parts[0].repeat(4, axis=1).repeat(4, axis=2)[:, :, :6] + parts[1], [top, bottom])
    assert np.array_equal(both, top[..., 0].repeat(4, axis=1).repeat(4, axis=2)[:, :, :6] + bottom[..., 0])


def test_images_may_be_a_memory_map_which_is_read_batch_by_batch(tmp_path):
    kept = np.lib.format.open_memmap(tmp_path / "images.npy", "w+", IMAGES.dtype, IMAGES.shape)
    kept[:] = IMAGES
    seen = []

    def encoder(batch):
        seen.append(len(batch))
        return halved(batch)

    assert np.array_equal(codes(encoder, kept, CODEBOOK, batch_size=2), nearest(halved(IMAGES)))
    assert seen == [2, 2, 1]


@pytest.mark.parametrize(
    ("encoder", "codebook", "named"),
    [
        (halved, None, "encoder"),
        (lambda batch: batch[..., 0], None, "encoder"),
        (lambda batch: -np.ones((len(batch), 2, 2), int), None, "encoder"),
        (halved, CODEBOOK[:, :2], "codebook"),
        (halved, CODEBOOK[0], "codebook"),
    ],
)
def test_what_is_no_code_is_refused(encoder, codebook, named):
    with pytest.raises(ValueError, match=f"{named} .*do(es)? not fit"):
        codes(encoder, IMAGES, codebook)


@pytest.mark.parametrize("wrong", [np.zeros((2, 4, 3), int), np.zeros((2, 4, 3, 1)), [np.zeros((1, 2, 2, 1), int)] * 2])
def test_codes_of_another_shape_or_type_are_not_decoded(wrong):
    if isinstance(wrong, list):
        wrong = [wrong[0], np.zeros((2, 2, 2, 1), int)]
    with pytest.raises(ValueError, match="codes of .*do not fit"):
        decode(lambda batch: batch, wrong)


def restored_slowly(dist, images, threshold, seed, condition):
    """The definition: sub-pixel after sub-pixel, each given the restored ones before it."""
    images, uniforms = images.copy(), noise.uniforms(seed, 0, len(images), dist.image_shape)
    for place in np.ndindex(dist.image_shape):
        index = np.ravel_multi_index(place, dist.image_shape)
        log_probs = conditionals(dist, images, condition)[:, index]
        for image, row in enumerate(log_probs):
            if -row[images[(image, *place)]] > threshold:
                images[(image, *place)] = np.searchsorted(np.cumsum(np.exp(row)), uniforms[(image, *place)])
    return images


@of_one_family_quickly_and_of_others_in_full
@pytest.mark.parametrize("image_shape", [(4, 4, 1), pytest.param((2, 3, 2), marks=pytest.mark.full)])
def test_restore_draws_each_surprising_code_given_the_restored_ones_before_it(family, image_shape):
    dist = model(family, image_shape, "label", dtype="float64", high=4)
    condition = given("label", 6, image_shape)
    images = np.random.default_rng(4).integers(0, 5, (6, *image_shape))
    restored = restore(dist, images, 1.6, condition, seed=7, verbose=0)
    assert np.array_equal(restored, restored_slowly(dist, images, 1.6, 7, condition))
    assert 0.05 < np.mean(restored != images) < 0.95  # some are kept, and some are not


def test_restore_in_windows_judges_each_code_in_its_own_window():
    dist = model(FAMILIES[0], (4, 4, 1), "label", dtype="float64", high=3).resized((6, 5, 1), context=(4, 4))
    condition = given("label", 6, (6, 5, 1))
    images = np.random.default_rng(4).integers(0, 4, (6, 6, 5, 1))
    restored = restore(dist, images, 1.2, condition, seed=7, verbose=0)
    assert np.array_equal(restored, restored_slowly(dist, images, 1.2, 7, condition))
    assert np.any(restored[:, 3:] != images[:, 3:]) and np.any(restored == images)
    drawn = dist.sample(6, conditional_input=condition, seed=7, verbose=0)
    assert np.array_equal(restore(dist, images, 0, condition, seed=7, verbose=0), drawn)


@pytest.mark.quick
def test_a_draw_does_not_depend_on_what_was_drawn_before():
    images = np.random.default_rng(0).integers(0, 4, (2, 4, 4, 1))
    draws = {
        "temperature": lambda dist: dist.sample(2, seed=1, conditional_input=[0, 1], temperature=0.5, verbose=0),
        "guidance": lambda dist: dist.sample(2, seed=1, conditional_input=[0, 1], guidance=0.5, verbose=0),
        "threshold": lambda dist: restore(dist, images, 0.5, [0, 1], seed=1, verbose=0),
    }
    drawn = {}
    for names in (list(draws), list(draws)[::-1]):
        dist = model(FAMILIES[0], (4, 4, 1), "label", high=3, condition_dropout=0.5)
        for name in names:
            images_now = draws[name](dist)
            assert np.array_equal(drawn.setdefault(name, images_now), images_now), name
    assert len({array.tobytes() for array in drawn.values()}) == 3


@pytest.mark.quick
def test_restorations_broadcast_and_each_has_noise_of_its_own():
    dist = model(FAMILIES[0], (4, 4, 1), "label", high=3)  # of random weights, because a fresh softmax is nearly even
    images = np.random.default_rng(0).integers(0, 4, (3, 4, 4, 1)).astype("uint8")
    several = restore(dist, np.broadcast_to(images, (5, *images.shape)), 1.2, [0, 1, 0], seed=1, verbose=0)
    assert several.shape == (5, 3, 4, 4, 1) and several.dtype == images.dtype
    assert len(np.unique(several[:, 0], axis=0)) > 1
    assert np.array_equal(restore(dist, images, 1.2, [0, 1, 0], seed=1, verbose=0), several[0])


@pytest.mark.parametrize("threshold", [-1, float("nan"), float("inf"), None, "5"])
def test_a_threshold_that_is_no_surprisal_is_refused(threshold):
    dist = pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=2, high=1)
    with pytest.raises(ValueError, match="threshold=.*does not fit"):
        restore(dist, np.zeros((1, 2, 2, 1), int), threshold)


@of_one_family_quickly_and_of_others_in_full
def test_a_network_that_is_not_finite_restores_nothing(family):
    dist = model(family, (2, 2, 1), high=3)
    for variable in dist.trainable_variables:
        variable.assign(np.full(variable.shape, np.nan))
    with pytest.raises(ValueError, match="finite"):
        restore(dist, np.zeros((1, 2, 2, 1), int), 1, seed=0, verbose=0)


def test_codes_that_are_no_levels_of_the_prior_are_refused():
    dist = pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=2, high=1)
    with pytest.raises(ValueError, match="codes holds 2"):
        restore(dist, np.full((1, 2, 2, 1), 2), 1)


def test_each_code_has_a_colour_of_its_own_whatever_the_other_codes_are():
    codes = np.arange(512).reshape(2, 16, 16, 1)
    shown = colours(codes)
    assert shown.shape == (2, 16, 16, 3) and shown.dtype == np.uint8
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) == 512
    assert np.array_equal(colours(codes[:, :3, ::2]), shown[:, :3, ::2])
    for wrong in (codes[..., 0].astype(float), np.zeros((2, 2, 3), int)):
        with pytest.raises(ValueError, match="codes of shape"):
            colours(wrong)


@pytest.mark.quick
@pytest.mark.parametrize(
    ("vectors", "features"), [("uint8", "uint8"), ("int8", "float64"), ("float16", "float16"), ("float32", "float32")]
)
def test_a_vector_is_nearest_to_itself_in_every_type(vectors, features):
    largest = 100 if vectors == "int8" else 200 if vectors == "uint8" else 300
    book = np.array([[0.0], [12.0], [0.8 * largest], [largest], [largest - 1]]).astype(vectors)
    images = book.astype(features)[None]
    assert codes(lambda batch: batch, images, book)[0].ravel().tolist() == [0, 1, 2, 3, 4]


def test_nearly_equal_vectors_far_from_zero_are_told_apart():
    book = (1000 + np.random.default_rng(0).uniform(-1, 1, (64, 8))).astype("float32")
    assert codes(lambda batch: batch, book[None, :, None], book).ravel().tolist() == list(range(64))


def test_features_and_vectors_that_are_not_finite_have_no_code():
    images, nothing = np.zeros((1, 2, 2, 3)), np.full((1, 2, 2, 3), np.nan)
    with pytest.raises(ValueError, match="encoder returns features that are not finite"):
        codes(lambda batch: batch, nothing, CODEBOOK)
    with pytest.raises(ValueError, match="codebook holds numbers that are not finite"):
        codes(lambda batch: batch, images, np.full((4, 3), np.inf))
    with pytest.raises(ValueError, match="expected at least one grid of codes"):
        decode(lambda batch: batch, np.zeros((0, 2, 2, 1), int))
