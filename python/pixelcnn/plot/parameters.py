"""The parameters that a distribution computes for the pixels of images."""

from typing import Any

import numpy as np
from keras import ops

from pixelcnn import require


def pixel_parameters(dist: Any, images: np.ndarray, conditional_input: Any) -> Any:
    """Return the parameters of all pixels in raster order, a tensor (B, H, W, P), from levels (B, H, W, C)."""
    arrays, _ = dist.condition.check(conditional_input)
    condition = dist.condition.flatten(arrays, (len(images),))
    tensors = {key: ops.convert_to_tensor(array) for key, array in condition.items()}
    weights, levels = dist.values_of(dist.network.variables), ops.convert_to_tensor(images.astype("float32"))
    return dist._compiled("pixel_parameters")(weights, levels, tensors)


def check_pixel(pixel: Any, image_shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the row and the column of a pixel; None is the pixel in the middle.

    Raises:
        ValueError: If the image has no such pixel.
    """
    height, width = image_shape[:2]
    row, column = (height // 2, width // 2) if pixel is None else pixel
    return require.whole("pixel's row", row, 0, height - 1), require.whole("pixel's column", column, 0, width - 1)
