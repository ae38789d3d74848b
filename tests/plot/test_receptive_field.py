"""Receptive fields are those of the papers: a blind spot, a triangle, or all earlier pixels."""

import numpy as np
import pytest

import pixelcnn
from pixelcnn import plot
from pixelcnn.plot.receptive_field import ITSELF, LATER, UNSEEN

SIDE, PIXEL = 9, (5, 4)
rows, columns = np.indices((SIDE, SIDE))
ABOVE, BESIDE = PIXEL[0] - rows, np.abs(columns - PIXEL[1])
EARLIER = (ABOVE > 0) | ((ABOVE == 0) & (columns < PIXEL[1]))
SIZE = {"image_shape": (SIDE, SIDE, 1), "high": 3}


def sees(dist, **arguments):
    return plot.influence(dist, PIXEL, **arguments) > 0


def test_pixel_cnn_has_a_blind_spot():
    """The first layer reaches three columns to the right in the row above, and a block one more for each row."""
    seen = sees(pixelcnn.PixelCNN(**SIZE, num_blocks=4, num_filters=8))
    blind = EARLIER & (columns > PIXEL[1]) & (BESIDE > ABOVE + 2)
    assert blind.any() and np.array_equal(seen, EARLIER & ~blind)


def test_gated_pixel_cnn_has_none():
    assert np.array_equal(sees(pixelcnn.GatedPixelCNN(**SIZE, num_blocks=4, num_filters=8)), EARLIER)


def test_few_layers_see_as_far_as_they_reach():
    seen = sees(pixelcnn.GatedPixelCNN(**SIZE, num_blocks=1, num_filters=8))
    assert np.array_equal(seen, seen & EARLIER) and not np.array_equal(seen, EARLIER)


def test_a_row_lstm_sees_a_triangle_and_a_diagonal_one_everything():
    seen = sees(pixelcnn.PixelRNN(**SIZE, cell="row", num_layers=1, num_filters=8))
    right = np.where(seen, columns, -1).max(axis=1)[: PIXEL[0]]
    assert np.array_equal(seen, seen & EARLIER)
    assert np.all(np.diff(right[right < SIDE - 1]) == -1)  # a pixel wider for each row above
    assert np.array_equal(sees(pixelcnn.PixelRNN(**SIZE, num_layers=1, num_filters=8)), EARLIER)


@pytest.mark.parametrize("arguments", [{"num_classes": 2}, {"orders": 8}])
def test_a_condition_and_colours_change_no_place(arguments):
    dist = pixelcnn.PixelCNN((4, 4, 2), high=3, num_blocks=2, num_filters=8, **arguments)
    condition = 1 if "num_classes" in arguments else None
    seen = plot.influence(dist, (1, 1), conditional_input=condition) > 0
    # With two channels, the first channel of the pixel changes its second one.
    assert seen.astype(int).tolist() == [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_the_figure_colours_every_pixel_once():
    strength = np.array([[1.0, 1e-3, 0.0], [1e-9, 0.0, 0.0], [0.0, 0.0, 0.0]])
    page = np.asarray(plot.receptive_fields({"a": strength}, (1, 1), size=9))[12 + 22 :, 12:]
    colours = page[4 : 4 + 27 : 9, 4 : 4 + 27 : 9]
    assert colours[1, 1].tolist() == list(ITSELF) and colours[0, 2].tolist() == list(UNSEEN)
    assert np.all(colours[2] == LATER) and colours[1, 2].tolist() == list(LATER)
    assert colours[0, 0, 0] < colours[0, 1, 0] < colours[1, 0, 0]  # the darker, the more


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda dist: plot.influence(dist, (9, 0)), "pixel's row=9 does not fit: expected a whole number 0 … 8"),
        (lambda dist: plot.influence(dist, images=0), "images=0 does not fit"),
        (lambda dist: plot.influence(dist, conditional_input=1), "conditional_input=1 does not fit"),
        (lambda dist: plot.receptive_fields({}), "influences is empty"),
    ],
)
def test_arguments_of_receptive_fields_that_do_not_fit_are_named(call, named):
    with pytest.raises(ValueError, match=named):
        call(pixelcnn.PixelCNN(**SIZE, num_blocks=1, num_filters=2))
