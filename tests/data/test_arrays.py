import importlib
import tracemalloc

import numpy as np
import pytest

from pixelcnn.data import arrays

IMAGES = np.arange(2 * 3 * 4).reshape(2, 3, 4, 1)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64", "uint16"])
def test_whole_numbers_of_any_dtype(dtype):
    images, labels, names = arrays(IMAGES.astype(dtype), labels=np.array([1, 0], dtype))
    assert (images.dtype, labels.dtype, names) == (np.uint8, np.int64, ("0", "1"))
    np.testing.assert_array_equal(images, IMAGES)


def test_three_axes_are_one_channel():
    assert arrays(IMAGES[..., 0]).images.shape == (2, 3, 4, 1)
    assert arrays(np.zeros((2, 3, 4, 3))).images.shape == (2, 3, 4, 3)
    assert arrays(IMAGES)[1:] == (None, None)


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [(0, 1, "uint8"), (0, 65535, "uint16"), (-128, 127, "int8"), (-1, 255, "int16"), (5, 9, "uint8")],
)
def test_the_smallest_dtype_that_holds_the_levels(low, high, dtype):
    images = arrays(np.array([[[low, high]]]), low=low, high=high).images
    assert images.dtype == dtype
    assert images.ravel().tolist() == [low, high]


def changed(value, dtype="float64"):
    images = IMAGES.astype(dtype)
    images[1, 2, 3, 0] = value
    return images


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"images": np.zeros((3, 4))}, "images of shape \\(3, 4\\) does not fit: expected"),
        ({"images": np.zeros((0, 3, 4, 1))}, "images of shape \\(0, 3, 4, 1\\) does not fit: .*not empty"),
        ({"images": changed(256)}, "images holds 256.0, which does not fit: expected whole numbers 0 … 255"),
        ({"images": changed(-1)}, "holds -1.0"),
        ({"images": changed(0.5)}, "holds 0.5"),
        ({"images": changed(np.nan)}, "holds nan"),
        ({"images": changed(np.inf)}, "holds inf"),
        ({"images": IMAGES / 23}, "images holds .*: expected whole numbers"),
        ({"images": IMAGES.astype(str)}, "images of type <U.* does not fit: expected whole numbers 0 … 255"),
        ({"images": IMAGES.astype(complex)}, "of type complex128"),
        ({"high": 22}, "images holds 23, .*: expected whole numbers 0 … 22"),
        ({"low": 3, "high": 3}, "low=3 and high=3 do not fit: expected low below high"),
        ({"high": 2**24 + 1}, "high=16777217 does not fit: expected a whole number -16777216 … 16777216"),
        ({"low": -(10**400)}, "low=-1000.*… does not fit: expected a whole number -16777216 … 16777216"),
        ({"labels": [0, 10**12]}, "labels holds 1000000000000, .*: expected labels below 1,048,576, because"),
        ({"images": [[1, 2], [3]]}, "images does not fit: expected an array"),
        ({"labels": [[0], [1, 2]]}, "labels does not fit: expected an array"),
        ({"labels": [0]}, "labels of shape \\(1,\\) does not fit: expected \\(2,\\)"),
        ({"labels": [[0, 1]]}, "labels of shape"),
        ({"labels": [0, 0.5]}, "labels holds 0.5, .*: expected whole numbers of at least 0"),
        ({"labels": [0, -1]}, "holds -1"),
        ({"labels": [0, np.nan]}, "holds nan"),
        ({"labels": ["a", "b"]}, "labels of type .* expected whole numbers"),
        (
            {"labels": [0, 2], "class_names": ["a", "b"]},
            "labels holds 2, .*: expected 0 … 1, because class_names",
        ),
        ({"labels": [0, 1], "class_names": ["a", "a"]}, "class_names=\\('a', 'a'\\) does not fit: expected texts"),
        ({"labels": [0, 1], "class_names": [1, 2]}, "class_names=.* does not fit: expected texts"),
        ({"class_names": ["a"]}, "class_names does not fit: expected None, because labels is None"),
    ],
)
def test_errors_name_argument_value_and_what_fits(arguments, words):
    with pytest.raises(ValueError, match=words):
        arrays(**{"images": IMAGES, **arguments})


def test_a_column_of_labels_is_labels():
    assert arrays(IMAGES, np.array([[1], [0]])).labels.tolist() == [1, 0]


def test_values_are_checked_in_parts(monkeypatch):
    monkeypatch.setattr(importlib.import_module("pixelcnn.data.arrays"), "CHUNK", 12)
    for dtype in ("uint8", "float32"):
        images = np.zeros((9, 2, 2, 1), dtype)
        assert arrays(images).images.shape == images.shape
        images[8, 1, 1] = 2
        with pytest.raises(ValueError, match="images holds 2.*: expected whole numbers 0 … 1"):
            arrays(images, high=1)


def test_checking_a_float_array_takes_no_copies_of_it():
    images = np.zeros((1 << 10, 64, 64, 1), np.float64)
    tracemalloc.start()
    arrays(images)
    assert tracemalloc.get_traced_memory()[1] < images.nbytes
    tracemalloc.stop()


def test_masked_values_are_refused():
    masked = np.ma.masked_array(np.full((2, 2, 2), 9), mask=True)
    with pytest.raises(ValueError, match="images is an array with masked entries"):
        arrays(masked)
    with pytest.raises(ValueError, match="labels is an array with masked entries"):
        arrays(np.zeros((2, 2, 2), int), np.ma.masked_array([0, 1], mask=[True, False]))
