"""The figure of masks shows what the layers read."""

import itertools

import numpy as np
import pytest
from keras import ops

from pixelcnn import plot
from pixelcnn.layers import MaskedConv2D
from pixelcnn.plot.masks import CLOSED, group_colours


def built(mask_type, groups, size=(3, 5)):
    layer = MaskedConv2D(2 * groups, size, mask_type=mask_type, channel_groups=groups)
    layer.build((None, 8, 8, 2 * groups))
    return layer


@pytest.mark.parametrize("mask_type, groups", list(itertools.product("AB", (1, 3))))
def test_an_open_cell_is_one_whose_change_changes_the_layer(mask_type, groups):
    layer = built(mask_type, groups)
    is_open = plot.open_cells(layer)
    blank = np.zeros((3 * 5, 3, 5, 2 * groups), "float32")
    for channel in range(2 * groups):
        images = blank.copy()
        images.reshape(15, 15, -1)[np.arange(15), np.arange(15), channel] = 1  # each image has one other cell
        change = ops.convert_to_numpy(layer(images) - layer(blank))[:, 1, 2].reshape(3, 5, 2, groups)
        np.testing.assert_array_equal(np.any(change != 0, axis=2), is_open[:, channel % groups].transpose(1, 2, 0))


@pytest.mark.parametrize("mask_type", "AB")
def test_cells_have_the_colour_of_their_group(mask_type):
    layer = built(mask_type, 3)
    page = np.asarray(plot.masks(layer, size=9))[34 : 34 + 3 * 28 + 2 * 4]  # without texts
    is_open = plot.open_cells(layer)
    for colour, channels in zip(group_colours(3), is_open.swapaxes(0, 1), strict=True):
        assert np.all(page == colour, axis=-1).sum() == 8 * 8 * channels.sum()
    assert np.all(page == CLOSED, axis=-1).sum() == 8 * 8 * (~is_open).sum()


def test_layers_stand_side_by_side():
    one = plot.masks(built("A", 1))
    two = plot.masks(built("A", 1), built("B", 1))
    assert two.height == one.height and two.width > one.width
