"""Exactly the named part is hidden, the mask says which, and `complete` keeps the rest."""

import numpy as np
import pytest

import pixelcnn
from models import model
from pixelcnn import occlude

HEIGHT, WIDTH = 5, 6
# What may be given, and the hidden rows and columns.
PARTS = [
    ({"rows": 0}, slice(0, 5), slice(0, 6)),
    ({"rows": 3}, slice(3, 5), slice(0, 6)),
    ({"rows": 3.0}, slice(3, 5), slice(0, 6)),
    ({"rows": np.int64(4)}, slice(4, 5), slice(0, 6)),
    ({"rows": (1, 3)}, slice(1, 3), slice(0, 6)),
    ({"rows": np.array([1, 3])}, slice(1, 3), slice(0, 6)),
    ({"rows": slice(2)}, slice(0, 2), slice(0, 6)),
    ({"rows": slice(2, None)}, slice(2, 5), slice(0, 6)),
    ({"box": (1, 2, 4, 5)}, slice(1, 4), slice(2, 5)),
    ({"box": (0, 0, 5, 6)}, slice(0, 5), slice(0, 6)),
]


def random_images(*batch, channels=1, dtype="uint8"):
    return np.random.default_rng(0).integers(1, 100, (*batch, HEIGHT, WIDTH, channels), dtype)


@pytest.fixture(scope="module")
def distribution():
    return model((HEIGHT, WIDTH, 1))


@pytest.mark.parametrize("part, rows, columns", PARTS)
def test_the_part_and_nothing_else_is_hidden(part, rows, columns):
    images = random_images(2, 3, channels=3)
    before = images.copy()
    hidden, mask = occlude(images, **part)
    assert (hidden.dtype, hidden.shape, mask.dtype, mask.shape) == (images.dtype, images.shape, bool, (HEIGHT, WIDTH))
    assert not mask[rows, columns].any() and (~mask).sum() == mask[rows, columns].size
    np.testing.assert_array_equal(hidden[..., mask, :], images[..., mask, :])
    assert np.all(hidden[..., ~mask, :] == 0)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("value, dtype", [(255, "uint8"), (1, "int32"), (-3, "int8")])
def test_hidden_pixels_get_the_value(value, dtype):
    hidden, mask = occlude(random_images(dtype=dtype), rows=2, value=value)
    assert hidden.dtype == dtype and np.all(hidden[~mask] == value)


@pytest.mark.parametrize("part", [part for part, _, _ in PARTS[1::2]])
def test_complete_keeps_what_is_known(distribution, part):
    """Completion works for any hidden part, and the values of hidden pixels do not matter."""
    images = random_images(2)
    occluded = occlude(images, **part)
    completed = distribution.complete(*occluded, seed=0, verbose=0)
    np.testing.assert_array_equal(completed[:, occluded.mask], images[:, occluded.mask])
    assert np.any(completed != images)
    marked = occlude(images, **part, value=200)
    np.testing.assert_array_equal(distribution.complete(*marked, seed=0, verbose=0), completed)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({}, "rows=None and box=None do not fit: expected one of them"),
        ({"rows": 1, "box": (0, 0, 1, 1)}, "rows=1 and box=.* do not fit"),
        ({"rows": 5}, "rows=5 does not fit: expected a part of images 5 high and 6 wide"),
        ({"rows": -1}, "rows=-1 does not fit"),
        ({"rows": 1.5}, "rows=1.5 does not fit"),
        ({"rows": "half"}, "rows='half' does not fit"),
        ({"rows": (3, 3)}, r"rows=\(3, 3\) does not fit"),
        ({"rows": (0, 1, 2)}, r"rows=\(0, 1, 2\) does not fit: expected 2 whole numbers"),
        ({"rows": slice(0, 4, 2)}, "rows=.* expected a slice without a step"),
        ({"box": (0, 0, 6, 6)}, r"box=\(0, 0, 6, 6\) does not fit: expected a part of images 5 high and 6 wide"),
        ({"box": (0, 3, 2, 3)}, r"box=\(0, 3, 2, 3\) does not fit"),
        ({"box": 3}, "box=3 does not fit: expected 4 whole numbers"),
        ({"rows": 1, "value": 256}, r"value=256 does not fit: expected a whole number 0 … 255"),
        ({"rows": 1, "value": 0.5}, "value=0.5 does not fit"),
    ],
)
def test_errors_name_the_argument(arguments, words):
    with pytest.raises(ValueError, match=words):
        occlude(random_images(2), **arguments)


@pytest.mark.parametrize("images", [np.zeros((5, 6), "uint8"), np.zeros((5, 6, 1)), "image"])
def test_images_are_integers_with_a_channel_axis(images):
    with pytest.raises(ValueError, match=r"images of shape .* expected integers \(…, H, W, C\)"):
        occlude(images, rows=1)


def test_it_is_public():
    assert pixelcnn.occlude is occlude and isinstance(occlude(random_images(), rows=1), pixelcnn.Occluded)
