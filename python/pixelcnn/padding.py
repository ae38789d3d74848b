"""The place of an image in the larger grid of cells that a network computes."""

import numpy as np
from keras import ops


class PaddedGrid:
    """An image with columns of zeros at its right and rows of zeros at its bottom.

    The zeros carry no information to a pixel: they come after it in raster order, or in rows above it, where they are
    always the same.

    Args:
        image_shape: (H, W, C).
        granularity: Height and width of the padded grid are multiples of this number, as the coarsest grid needs.
        margin: Smallest number of columns of zeros at the right.

    Example:
        >>> grid = PaddedGrid((28, 30, 1), granularity=4, margin=0)
        >>> grid.height, grid.width, grid.pad(np.zeros((2, 28, 30, 1))).shape
        (28, 32, (2, 28, 32, 1))
    """

    windows = 1  # number of parts of an image that a network computes one by one

    def __init__(self, image_shape, granularity, margin):
        self.image_height, self.image_width, _ = image_shape
        self.height = -(-self.image_height // granularity) * granularity
        self.width = -(-(self.image_width + margin) // granularity) * granularity

    def pad(self, x, value=0):
        """Pad an image to the grid, (B, H, W, C) -> (B, height, width, C). An array stays an array."""
        down, right = self.height - self.image_height, self.width - self.image_width
        if not (down or right):
            return x
        pad = np.pad if isinstance(x, np.ndarray) else ops.pad
        return pad(x, ((0, 0), (0, down), (0, right), (0, 0)), constant_values=value)

    def crop(self, x):
        """Crop the grid to the image, (B, height, width, …) -> (B, H, W, …)."""
        return x[:, : self.image_height, : self.image_width]

    def pad_condition(self, condition, value=0):
        """Pad the map of a condition, a dictionary of tensors, with a value."""
        return {key: self.pad(part, value) if key == "spatial" else part for key, part in condition.items()}

    def zero_beside(self, x, columns):
        """A tensor (…, columns, C), set to zero in the columns right of the image.

        Args:
            x: The tensor.
            columns: Indices of its columns in the grid: an array (columns, 1), or a scalar where there is one column.
        """
        if self.width == self.image_width:
            return x
        return x * ops.cast(columns < self.image_width, x.dtype)
