"""Messages of browsers: what they mean, and that whatever does not fit is an error that names the key."""

import base64

import numpy as np
import pytest

import pixelcnn
from pixelcnn.data import rasterize
from pixelcnn.serve.messages import PARTICLES, Reader

LINE = [[[20, 200], [30, 30]]]


@pytest.fixture(scope="module")
def reader(distribution):
    """The reader of messages to the small model."""
    return Reader(distribution)


def test_strokes_stay_in_their_places_and_are_drawn_as_quickdraw_draws(reader):
    sheet = reader.sheet({"strokes": LINE, "label": 1, "from_row": 5})
    assert np.array_equal(sheet.levels, rasterize(LINE, 12, centred=False))
    assert sheet.levels[:4].max() > 100 and sheet.levels[5:].max() == 0
    assert sheet.label == 1
    assert np.array_equal(sheet.is_known, np.arange(12)[:, None] < np.full(12, 5))


def test_strokes_are_drawn_onto_a_picture(reader):
    picture = np.zeros((12, 12), "uint8")
    picture[10] = 77
    text = base64.b64encode(picture.tobytes()).decode()
    sheet = reader.sheet({"strokes": LINE, "picture": text, "label": 0})
    assert np.all(sheet.levels[10] == 77) and sheet.levels[:4].max() > 100
    assert base64.b64decode(reader.text_of(sheet.levels)) == sheet.levels.astype("uint8").tobytes()


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 4), (0, 1000)])
def test_brightness_becomes_a_level_of_the_model_and_back(low, high):
    reader = Reader(pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=2, low=low, high=high))
    bright = np.array([0, 255, 255, 0], "uint8")
    sheet = reader.sheet({"picture": base64.b64encode(bright.tobytes()).decode()})
    assert sheet.levels.reshape(-1).tolist() == [low, high, high, low] and sheet.label is None
    assert base64.b64decode(reader.text_of(sheet.levels)) == bright.tobytes()


def test_a_region_above_known_pixels_is_drawn_with_particles(reader):
    hidden = np.zeros((12, 12), int)
    hidden[3:5, 4:6] = 1
    wish = reader.wish({"hidden": "".join(map(str, hidden.reshape(-1))), "label": 2})
    assert np.array_equal(wish.sheet.is_known, hidden == 0) and wish.num_particles == PARTICLES
    assert reader.wish({"from_row": 3, "label": 2}).num_particles == 1


@pytest.mark.parametrize(
    ("arguments", "change", "expected"),
    [
        ({"high": 7, "levels": "categorical"}, lambda dist: dist, "expected a model with levels='ordinal'"),
        ({"high": 7}, lambda dist: dist.resized((4, 4, 1), context=(2, 2)), "pixelcnn serve takes no context"),
    ],
)
def test_a_model_that_the_page_cannot_show_is_refused(arguments, change, expected):
    with pytest.raises(ValueError, match=expected):
        Reader(change(pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=2, **arguments)))


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ({"label": 3}, "label"),
        ({"label": None}, "label"),
        ({"label": "bee"}, "label"),
        ({"strokes": "line"}, "strokes"),
        ({"strokes": [[[0, 300], [0, 0]]]}, "strokes"),
        ({"strokes": [[[0, "x"], [0, 0]]]}, "strokes"),
        ({"strokes": [[[float("nan")], [0]]]}, "strokes"),
        ({"strokes": [[list(range(200)) * 60, [0] * 12_000]]}, "10,000"),
        ({"picture": "AAAA"}, "picture"),
        ({"picture": 7}, "picture"),
        ({"picture": "not base64!"}, "picture"),
        ({"hidden": "01"}, "hidden"),
        ({"hidden": "2" * 144}, "hidden"),
        ({"hidden": None}, "hidden"),
        ({"from_row": 13}, "from_row"),
        ({"from_row": 1.5}, "from_row"),
        ({"versions": 0}, "versions"),
        ({"versions": 1000}, "versions"),
        ({"seed": -1}, "seed"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"guidance": -1}, "guidance"),
    ],
)
def test_what_does_not_fit_is_named(reader, message, key):
    with pytest.raises(ValueError, match=key):
        reader.wish({"label": 0, **message})


def test_only_models_that_the_page_can_show_are_served():
    with pytest.raises(ValueError, match="3 channels"):
        Reader(pixelcnn.PixelCNN((4, 4, 3), num_blocks=1, num_filters=6))
    with pytest.raises(ValueError, match="vector"):
        Reader(pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=2, conditional_shape=(2,)))


def test_a_model_without_condition_dropout_is_not_guided():
    reader = Reader(pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=2, num_classes=2))
    with pytest.raises(ValueError, match="guidance"):
        reader.wish({"label": 0, "guidance": 1.0})
