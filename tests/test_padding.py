import numpy as np
import pytest
from keras import ops

from pixelcnn.padding import PaddedGrid

X = np.random.default_rng(0).standard_normal((2, 5, 6, 1)).astype("float32")


@pytest.mark.parametrize(
    ("granularity", "margin", "size"), [(1, 0, (5, 6)), (4, 0, (8, 8)), (1, 1, (5, 7)), (2, 1, (6, 8))]
)
@pytest.mark.parametrize("of", [np.asarray, ops.convert_to_tensor])
def test_an_image_lies_in_the_upper_left_corner(granularity, margin, size, of):
    grid = PaddedGrid((5, 6, 1), granularity, margin)
    padded = grid.pad(of(X), value=0.5)
    assert (grid.height, grid.width) == tuple(padded.shape[1:3]) == size and type(padded) is type(of(X))
    np.testing.assert_array_equal(ops.convert_to_numpy(grid.crop(padded)), X)
    assert np.sum(ops.convert_to_numpy(padded) - 0.5) == pytest.approx(np.sum(X - 0.5), rel=1e-5)


@pytest.mark.parametrize("granularity", [1, 4])
def test_columns_beside_the_image_become_zero(granularity):
    grid = PaddedGrid((5, 6, 1), granularity, 0)
    ones = ops.ones((2, 3, grid.width, 1))
    whole = ops.convert_to_numpy(grid.zero_beside(ones, np.arange(grid.width)[:, None]))
    np.testing.assert_array_equal(whole, np.broadcast_to(np.arange(grid.width)[:, None] < 6, whole.shape))
    for column in range(grid.width):
        pixel = grid.zero_beside(ones[:, :1, :1], ops.convert_to_tensor(column))
        np.testing.assert_array_equal(ops.convert_to_numpy(pixel), whole[:, :1, column, None])
