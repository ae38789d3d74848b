"""Figures: every pixel is where it belongs, in any range of levels."""

import numpy as np
import pytest

from pixelcnn import occlude, plot
from pixelcnn.plot.images import SURPRISE
from pixelcnn.plot.layout import HIDDEN, MARGIN


def random_images(*shape, high=255, seed=0):
    return np.random.default_rng(seed).integers(0, high + 1, shape)


@pytest.mark.parametrize("channels", [1, 3])
def test_grid_holds_every_image_magnified(channels):
    images = random_images(5, 4, 6, channels)
    page = np.asarray(plot.grid(images, columns=3, scale=2, invert=False))
    assert page.shape[:2] == (2 * (4 * 2 + 2) + 2, 3 * (6 * 2 + 2) + 2)
    for index, image in enumerate(images):
        top, left = 2 + index // 3 * 10, 2 + index % 3 * 14
        tile = page[top : top + 8 : 2, left : left + 12 : 2]
        np.testing.assert_array_equal(tile.reshape(image.shape), image)


@pytest.mark.parametrize("low, high", [(0, 1), (0, 3), (-2, 2), (0, 65535)])
def test_lowest_level_is_black_and_highest_white(low, high):
    images = np.array([[[low, high]]])
    page = np.asarray(plot.grid(images, scale=1, low=low, high=high, invert=False))
    assert page[2, 2] == 0 and page[2, 3] == 255


def test_light_strokes_on_a_dark_ground_become_ink_on_paper():
    drawing = np.zeros((1, 4, 4, 1), "uint8")
    drawing[0, 1, 1] = 255
    inverted = np.asarray(plot.grid(drawing, scale=1))
    assert inverted[3, 3] == 0 and inverted[2, 2] == 255
    paper = np.asarray(plot.grid(255 - drawing, scale=1))
    np.testing.assert_array_equal(inverted, paper)


def test_colours_are_never_inverted():
    images = np.zeros((1, 2, 2, 3), "uint8")
    assert np.asarray(plot.grid(images, scale=1))[2, 2].tolist() == [0, 0, 0]


@pytest.mark.parametrize("classes", [1, 2, 13, 20])
def test_figure_has_a_panel_for_each_class(classes):
    names = [f"class {k}" for k in range(classes)]
    drawings = random_images(classes, 2, 8, 8, 1)
    one = plot.real_vs_generated(drawings[:1], drawings[:1], names[:1], scale=1)
    figure = plot.real_vs_generated(drawings, drawings, names, scale=1)
    assert figure.width * figure.height >= classes * (one.width - 2 * MARGIN) * 2 * 8
    fewer = plot.real_vs_generated(None, drawings, names, scale=1)
    assert fewer.height < figure.height


def test_real_and_generated_may_differ_in_number():
    plot.real_vs_generated(random_images(2, 3, 8, 8, 3), random_images(2, 5, 8, 8, 3), ["bee", "sun"])


def test_completion_takes_one_or_several_completions():
    images = random_images(2, 8, 8, 1)
    one = plot.completion(images, images, images)
    several = plot.completion(images, images, np.stack([images] * 3, axis=1))
    assert several.width > one.width and several.height == one.height


@pytest.mark.parametrize("channels", [1, 3])
def test_hidden_pixels_have_a_colour_of_their_own(channels):
    """In the middle panel, as many as are hidden, and nowhere else; without a mask in no panel."""
    images = random_images(2, 8, 8, channels)
    occluded = occlude(images, rows=5)
    figure = np.asarray(plot.completion(images, occluded, images, scale=20))  # panels are wider than their titles
    hidden = np.all(figure == HIDDEN, axis=-1)
    assert hidden.sum() == 2 * 3 * 8 * 20 * 20
    columns = np.flatnonzero(hidden.any(axis=0))
    assert figure.shape[1] / 3 < columns[0] and columns[-1] < figure.shape[1] * 2 / 3
    plain = np.asarray(plot.completion(images, occluded.images, images, scale=20).convert("RGB"))
    assert not np.all(plain == HIDDEN, axis=-1).any()


def test_what_hidden_pixels_hold_does_not_matter():
    images = random_images(2, 8, 8, 1)
    occluded = occlude(images.astype("int32"), rows=5, value=-7)
    figure = plot.completion(images, occluded, images, invert=False)
    np.testing.assert_array_equal(figure, plot.completion(images, occlude(images, rows=5), images, invert=False))
    of_each = (occluded[0], np.broadcast_to(occluded[1], images.shape[:3]))
    np.testing.assert_array_equal(figure, plot.completion(images, of_each, images, invert=False))


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda: plot.grid(np.zeros((0, 4, 4, 1))), "images"),
        (lambda: plot.grid(np.zeros((2, 4, 4, 2))), "images"),
        (lambda: plot.grid(np.full((2, 4, 4), 0.5)), "images holds 0.5, which does not fit"),
        (lambda: plot.grid(np.full((2, 4, 4), np.nan)), "images holds nan, which does not fit"),
        (lambda: plot.grid(np.full((2, 4, 4), 4), high=3), "images holds 4, which does not fit: .*0 … 3"),
        (lambda: plot.real_vs_generated(None, np.full((1, 2, 4, 4), 0.5), ["bee"]), "holds 0.5, which does not fit"),
        (lambda: plot.completion(*[np.full((1, 4, 4, 1), 0.5)] * 3), "holds 0.5, which does not fit"),
        (lambda: plot.grid(np.zeros((2, 4, 4)), columns=0), "columns"),
        (lambda: plot.grid(np.zeros((2, 4, 4)), columns=2.5), "columns"),
        (lambda: plot.grid(np.zeros((2, 4, 4)), scale=np.nan), "scale"),
        (lambda: plot.grid(np.zeros((2, 4, 4)), scale=0.5), "scale"),
        (lambda: plot.grid(np.zeros((2, 4, 4)), low=1, high=1), "low"),
        (lambda: plot.real_vs_generated(None, np.zeros((2, 1, 4, 4)), ["bee"]), "generated"),
        (lambda: plot.real_vs_generated(np.zeros((1, 4)), np.zeros((1, 1, 4, 4)), ["bee"]), "real"),
        (lambda: plot.completion(*[np.zeros((n, 4, 4, 1)) for n in (1, 2, 1)]), "occluded"),
        (
            lambda: plot.real_vs_generated(None, np.zeros((1, 1, 4, 4, 1), int), ["a"], panel_columns=0),
            "panel_columns=0",
        ),
        (lambda: plot.film(np.zeros((1, 1, 4, 4, 1), int), class_names=["a"], columns=-1), "columns=-1"),
    ],
)
def test_errors_name_the_argument(call, named):
    with pytest.raises(ValueError, match=named):
        call()


def test_a_map_of_surprise_stands_below_its_image():
    images = random_images(2, 3, 4, 1)
    bits = np.array([0.0, 4.0])[:, None, None] * np.ones((2, 3, 4))
    bits[1, 0, 0], bits[1, 0, 1] = 2.0, 9.0
    page = np.asarray(plot.surprise_maps(images, bits, most=4, scale=1, invert=False))
    assert page.shape == (2 + 2 * 5, 2 + 2 * 6, 3)
    np.testing.assert_array_equal(page[2:5, 2:6], images[0].repeat(3, axis=-1))
    assert np.all(page[7:10, 2:6] == 255) and np.all(page[8:10, 8:12] == SURPRISE)
    assert page[7, 9].tolist() == list(SURPRISE)
    assert np.all(abs(page[7, 8] - (255 + np.array(SURPRISE)) / 2) <= 0.5)
    largest = np.asarray(plot.surprise_maps(images, bits, scale=1))
    assert largest[7, 9].tolist() == list(SURPRISE) and np.all(largest[8, 8] > page[8, 8])
    with pytest.raises(ValueError, match=r"bits of shape \(1, 3, 4\) does not fit: expected \(2, 3, 4\)"):
        plot.surprise_maps(images, bits[:1])
    with pytest.raises(ValueError, match="bits holds a value that is not finite"):
        plot.surprise_maps(images, bits + np.inf)
    with pytest.raises(ValueError, match="most=0 does not fit"):
        plot.surprise_maps(images, bits, most=0)
