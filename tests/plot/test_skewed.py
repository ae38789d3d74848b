"""The figure of the skewed image."""

import numpy as np
import pytest

from pixelcnn import plot


@pytest.mark.parametrize("height, width", [(3, 4), (1, 5), (4, 1)])
def test_pixels_of_a_diagonal_are_a_column_of_the_skewed_image(height, width):
    size = 26
    page = np.asarray(plot.skewed(height, width, size=size)).astype(int)[12 + 22 :]
    corners = page[2 : 2 + height * size : size]  # a screen pixel beside the number of each cell
    image = corners[:, 12 + 2 : 12 + 2 + width * size : size]
    left = page.shape[1] - 12 - ((height + width - 1) * size + 1)
    if height + width < 9:  # the title is wider than the cells
        left = np.flatnonzero(np.all(page[1] == 200, axis=-1) & (np.arange(page.shape[1]) > 12 + width * size))[0]
    skewed = corners[:, left + 2 :: size][:, : height + width - 1]
    for row in range(height):
        assert np.array_equal(skewed[row, row : row + width], image[row])
        assert np.all(skewed[row, :row] == 255) and np.all(skewed[row, row + width :] == 255)
    for column in range(height + width - 1):
        of_column = [skewed[row, column] for row in range(height) if 0 <= column - row < width]
        assert len(np.unique(of_column, axis=0)) == 1


def test_a_size_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match="height=0 does not fit"):
        plot.skewed(0, 3)
