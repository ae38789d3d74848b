"""What `decompress` returns is what `compress` was given, in about -log2 p bits; anything else is an error."""

import math
import os
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
from hypothesis import given as of_any
from hypothesis import settings
from hypothesis import strategies as st

import pixelcnn
from pixelcnn.codec import compress, decompress
from properties.families import (
    CONDITIONS,
    FAMILIES,
    given,
    model,
    of_one_family_and_of_others_in_full,
    of_one_family_quickly_and_of_others_in_full,
    random_images,
)

pytest.importorskip("constriction")
OVERHEAD, OF_AN_IMAGE = 64, 4  # bytes: header and range coder; checksum


def tiny(image_shape=(4, 4, 1), **arguments):
    return pixelcnn.PixelCNN(image_shape, **{"num_filters": 2, "num_blocks": 1, "high": 3, **arguments})


@pytest.fixture(scope="module")
def labelled():
    """A model of three classes, five images, their labels, and their bytes."""
    dist, images, labels = tiny(num_classes=3), np.arange(80).reshape(5, 4, 4, 1) % 4, np.array([0, 2, 1, 1, 0])
    return dist, images, labels, compress(dist, images, labels)


def assert_compact(dist, images, data, conditional_input=None, stored=0):
    """The size is at most 0.5% above -log2 p, but for the overhead. It may be below, because a level takes at most 24
    bits.
    """
    ideal = -dist.log_prob(images, conditional_input).sum() / (8 * math.log(2))
    assert len(data) <= 1.005 * ideal + OVERHEAD + OF_AN_IMAGE * len(images) + stored


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [(-128, 127, "int8"), (-1, 2, "uint8"), (0, 300, "uint16"), (0, 3, "bool"), (0, 3, "float64")],
)
def test_images_of_any_type_return(low, high, dtype):
    dist = tiny(low=low, high=high, num_logistic_mix=1, head="logistic_mixture")
    levels = np.random.default_rng(0).integers(max(low, 0) if dtype == "uint8" else low, high + 1, (3, 4, 4, 1))
    images = (levels > 1 if dtype == "bool" else levels).astype(dtype)
    assert np.array_equal(decompress(dist, compress(dist, images, verbose=0), verbose=0), images)


@of_one_family_quickly_and_of_others_in_full
@pytest.mark.parametrize(
    "arguments",
    [
        {"image_shape": (4, 6, 3)},
        pytest.param({}, marks=pytest.mark.full),
        pytest.param({"image_shape": (4, 6, 3), "head": "logistic_mixture"}, marks=pytest.mark.full),
    ],
    ids=str,
)
def test_images_return_from_about_as_many_bits_as_their_probability_says(family, arguments):
    if family.name == "PixelCNNPlusPlus" and "head" in arguments:
        pytest.skip("the head is the default")
    dist = model(family, **{"image_shape": (5, 6, 1), **arguments})
    for images in (dist.sample(3, seed=0, verbose=0), random_images(3, dist)):
        data = compress(dist, images)
        np.testing.assert_array_equal(decompress(dist, data), images)
        assert_compact(dist, images, data)


@pytest.mark.parametrize(
    "arguments",
    [
        {"high": 1, "head": "bernoulli"},
        {"image_shape": (4, 4, 3), "num_filters": 6},
        pytest.param({"low": -3, "high": 2}, marks=pytest.mark.full),
        {"low": -5, "high": 65530, "head": "logistic_mixture", "num_logistic_mix": 1},
        pytest.param({"high": 65535}, marks=pytest.mark.full),
    ],
    ids=str,
)
def test_any_number_of_levels(arguments):
    dist = tiny(**arguments)
    images = dist.sample((2, 3), seed=0, verbose=0)
    data = compress(dist, images)
    np.testing.assert_array_equal(decompress(dist, data), images)
    assert decompress(dist, data).dtype == images.dtype
    assert_compact(dist, images.reshape(-1, *dist.image_shape), data, stored=4)


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param(name, marks=() if name in ("label and map", "dropped") else pytest.mark.full)
        for name in CONDITIONS
        if name != "none"
    ],
)
def test_images_with_a_condition(condition):
    dist = model(FAMILIES[1], (4, 4, 1), condition, num_filters=4, num_blocks=1, high=3)
    images, condition_of = random_images(3, dist), given(condition, 3, dist.image_shape)
    data = compress(dist, images, condition_of)
    again = None if condition in ("label", "dropped") else condition_of
    np.testing.assert_array_equal(decompress(dist, data, again), images)
    if again is not None:
        other = given(condition, 3, dist.image_shape, seed=2)
        with pytest.raises(ValueError, match="expected the condition that the images were compressed with"):
            decompress(dist, data, other)


@of_one_family_and_of_others_in_full
def test_a_model_of_several_orders_compresses_in_raster_order(family):
    dist = model(family, (4, 4, 1), "label and map", high=3, orders=8)
    images, condition = random_images(3, dist), given("label and map", 3, dist.image_shape)
    data = compress(dist, images, condition)
    np.testing.assert_array_equal(decompress(dist, data, condition), images)
    assert_compact(dist, images, data, condition, stored=4)


def test_any_batch_shape_in_batches_of_one_size(monkeypatch):
    monkeypatch.setattr("pixelcnn.codec.images.BATCH_SIZE", 4)
    dist = tiny()
    for batch_shape in [(), (0,), (1,), (2, 0), (7,), (2, 4)]:
        images = np.random.default_rng(0).integers(0, 4, (*batch_shape, 4, 4, 1))
        result = decompress(dist, compress(dist, images))
        assert result.shape == images.shape
        np.testing.assert_array_equal(result, images)


@pytest.mark.quick
@pytest.mark.full
def test_another_process_decompresses(tmp_path, labelled):
    dist, images, labels, _ = labelled
    dist.save(tmp_path / "model.keras")
    (tmp_path / "images").write_bytes(compress(dist, images, labels))
    code = (
        "import sys, numpy as np, pixelcnn; folder = sys.argv[1]; dist = pixelcnn.load(folder + '/model.keras');"
        "dist.sample(3, seed=0, conditional_input=0, verbose=0);"  # other work before
        "np.save(folder + '/images.npy', pixelcnn.codec.decompress(dist, open(folder + '/images', 'rb').read()))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=os.environ)
    np.testing.assert_array_equal(np.load(tmp_path / "images.npy"), images)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="counts what XLA compiles for TensorFlow")
def test_no_pixel_is_compiled_anew(tmp_path):
    code = (
        "import numpy as np, pixelcnn;"
        "dist = pixelcnn.PixelCNN((4, 4, 1), num_filters=2, num_blocks=1, high=3);"
        "pixelcnn.codec.compress(dist, np.zeros((1, 4, 4, 1), int))"
    )
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_dump_to={tmp_path}"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "XLA_FLAGS": flags})
    # The begin of a row, a pixel's parameters, its probabilities, the end of a row.
    assert len(list(tmp_path.glob("*before_optimizations.txt"))) == 4


def test_other_work_at_the_same_time_changes_nothing(labelled):
    dist, images, _, data = labelled
    other = threading.Thread(target=lambda: dist.sample(4, seed=0, conditional_input=0, verbose=0))
    other.start()
    np.testing.assert_array_equal(decompress(dist, data), images)
    other.join()


@settings(max_examples=200, deadline=None)
@of_any(where=st.integers(0, 10_000), bit=st.integers(0, 7), cut=st.booleans())
def test_damaged_bytes_are_an_error(labelled, where, bit, cut):
    dist, _, _, data = labelled
    where %= len(data)
    damaged = bytearray(data)
    damaged[where] ^= 1 << bit
    with pytest.raises(ValueError, match=r"data (is damaged|does not fit|of format version)"):
        decompress(dist, data[:where] if cut else bytes(damaged))


def test_levels_that_went_astray_are_an_error(labelled, monkeypatch):
    """As if a machine computed other probabilities, and no header told. The factors change uniform ones too."""
    dist, _, _, data = labelled
    exact = pixelcnn.codec.coder.counts
    monkeypatch.setattr("pixelcnn.codec.coder.counts", lambda probs: exact(probs * np.linspace(1, 2, probs.shape[-1])))
    with pytest.raises(ValueError, match="not those that were compressed, by their checksums"):
        decompress(dist, data)


def test_an_error_says_what_differs(labelled, monkeypatch):
    dist, _, _, data = labelled
    with pytest.raises(ValueError, match="Model: compressed with fingerprint"):
        decompress(tiny(num_classes=3, high=4), data)
    with monkeypatch.context() as patch:
        patch.setattr("numpy.__version__", "1.2.3")
        with pytest.raises(ValueError, match=r"Numpy: compressed with .*, now 1\.2\.3"):
            decompress(dist, data)
    monkeypatch.setenv("XLA_FLAGS", "--another")
    with pytest.raises(ValueError, match="Flags: compressed with fingerprint"):
        decompress(dist, data)


def test_arguments_that_do_not_fit(labelled):
    dist, images, labels, data = labelled
    np.testing.assert_array_equal(decompress(dist, data, labels), images)
    with pytest.raises(ValueError, match="expected None, because data holds other labels"):
        decompress(dist, data, labels[::-1])
    with pytest.raises(ValueError, match="broadcasts to the images' batch shape"):
        compress(dist, images[:1], labels)
    with pytest.raises(ValueError, match="data of type str does not fit"):
        decompress(dist, "PXC")
    with pytest.raises(ValueError, match="images of shape"):
        compress(dist, images[..., 0], labels)


def test_an_output_that_is_not_finite_is_an_error():
    dist = tiny()
    dist.set_weights([np.full(weight.shape, np.nan) for weight in dist.get_weights()])
    with pytest.raises(ValueError, match="is not finite"):
        compress(dist, np.zeros((1, 4, 4, 1), int))
