import hashlib

import numpy as np
import pytest

from pixelcnn.data import BLOG20, doodles
from pixelcnn.data.drawing import jitter
from pixelcnn.data.drawing.programs import PROGRAMS


def test_shapes_and_labels():
    images, labels, names = doodles(45)
    assert (images.shape, images.dtype, labels.dtype) == ((45, 28, 28, 1), np.uint8, np.int64)
    assert (labels.tolist(), names) == ([k % 20 for k in range(45)], BLOG20)


def test_the_same_bytes_on_every_machine():
    content = doodles(400, seed=0).images.tobytes()
    assert hashlib.sha256(content).hexdigest() == ("63c06036acb7735d657ad9e71374cc5e226d3b9433438525f69ede94094c8232")


@pytest.mark.parametrize("n", [1, 150, 300])
def test_fewer_doodles_are_the_beginning_of_more(n):
    np.testing.assert_array_equal(doodles(n, seed=3).images, doodles(2 * n, seed=3).images[:n])


def test_seeds_differ_and_repeat():
    a, b, c = (doodles(40, seed=seed).images for seed in (0, 0.0, 1))
    np.testing.assert_array_equal(a, b)
    assert all((x != y).any() for x, y in zip(a, c, strict=True))


def test_no_two_drawings_are_alike():
    images = doodles(400).images
    assert len({image.tobytes() for image in images}) == 400


def test_drawings_look_like_quickdraws():
    """White strokes on black that fill the bitmap along one side and leave its edge free, as in the real data."""
    images = doodles(400).images[..., 0].astype(int)
    assert (images.max(axis=(1, 2)) >= 250).all()
    assert 0.05 < (images > 127).mean() < 0.35
    assert (images[:, [0, -1]] == 0).all()
    assert (images[:, :, [0, -1]] == 0).all()
    rows, columns = ((images.max(axis=axis) > 0).sum(axis=1) for axis in (2, 1))
    assert (np.maximum(rows, columns) >= 24).all()


def test_classes_are_told_apart():
    """The mean drawing of its class is nearer than most others: far above the chance of 0.05."""
    train, test = doodles(2000, seed=1), doodles(400, seed=2)
    means = np.stack([train.images[train.labels == k].mean(axis=0).ravel() for k in range(20)])
    flat = test.images.reshape(400, -1).astype(float)
    nearest = np.square(flat[:, None] - means).sum(axis=2).argmin(axis=1)
    assert (nearest == test.labels).mean() > 0.4


@pytest.mark.parametrize("name", BLOG20)
def test_programs_of_every_class(name):
    programs = PROGRAMS[name]()
    assert 2 <= len(programs) <= 4
    for strokes in programs:
        assert 1 <= len(strokes) <= jitter.MOST_STROKES
        assert not all(stroke.optional for stroke in strokes)


def test_some_classes_in_another_order():
    images, labels, names = doodles(7, classes=["tree", "bee"], seed=5)
    assert (names, labels.tolist()) == (("tree", "bee"), [0, 1] * 3 + [0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"classes": ["bee", "tent"]}, "classes holds 'tent'.*'bee', 'bicycle'"),
        ({"classes": []}, "classes is empty"),
        ({"classes": ["bee", "bee"]}, "more than once"),
        ({"n": 0}, "n=0 does not fit: expected a whole number of at least 1"),
        ({"n": 2.5}, "n=2.5 does not fit"),
        ({"seed": -1}, "seed=-1 does not fit: expected a whole number of at least 0"),
    ],
)
def test_errors_name_the_argument(arguments, words):
    with pytest.raises(ValueError, match=words):
        doodles(**{"n": 4, **arguments})


def test_classes_are_names_or_numbers_of_the_twenty():
    assert doodles(2, ["19", 0]).class_names == ("tree", "bee")
    with pytest.raises(ValueError, match="classes holds 20, .* 0 … 19"):
        doodles(2, ["20"])
