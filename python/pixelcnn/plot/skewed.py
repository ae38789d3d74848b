"""The skewed image of the Diagonal BiLSTM, as in figure 3 of [1].

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3.2.
"""

import colorsys

import numpy as np
from keras import ops
from PIL import Image

from pixelcnn import require
from pixelcnn.layers.diagonal_lstm import skew, unskew
from pixelcnn.plot.layout import arrange, cells, titled, write

FREE = (255, 255, 255)


def skewed(height: int, width: int, size: int = 26) -> Image.Image:
    """Return a figure of an image and of its skewed form, in which the Diagonal BiLSTM computes a column at a time.

    The layer's own functions move the pixels. The numbers count the pixels in raster order. Pixels of one colour are
    computed in one step.

    Args:
        height, width: Size H x W of the image.
        size: Screen pixels of a pixel, at least 20 for the numbers to fit.

    Raises:
        ValueError: If an argument does not fit.

    Example:
        >>> skewed(3, 4).mode
        'RGB'
    """
    height, width = require.positive_integer("height", height), require.positive_integer("width", width)
    numbers = np.arange(1, height * width + 1, dtype="float32").reshape(height, width, 1)
    moved = ops.convert_to_numpy(skew(ops.convert_to_tensor(numbers)))
    steps = np.broadcast_to(np.arange(moved.shape[1], dtype="float32")[:, None], moved.shape)
    of_pixels = ops.convert_to_numpy(unskew(ops.convert_to_tensor(steps), width))
    panels = [
        titled("image", _numbered(numbers[..., 0], of_pixels[..., 0], size)),
        titled("skewed: a step is a column", _numbered(moved[..., 0], steps[..., 0], size)),
    ]
    return arrange(panels, 2)


def _numbered(numbers: np.ndarray, steps: np.ndarray, size: int) -> np.ndarray:
    """Return cells that hold numbers; cells of the number 0 are free."""
    palette = [colorsys.hls_to_rgb(0.62 * step % 1, 0.78, 0.6) for step in range(int(steps.max()) + 1)]
    colours = (255 * np.array(palette))[steps.astype(int)]
    picture = Image.fromarray(cells(np.where(numbers[..., None] > 0, colours, FREE), size))
    for row, column in np.argwhere(numbers > 0):
        write(picture, (int(column) * size + 4, int(row) * size + size // 2 - 9), f"{numbers[row, column]:.0f}")
    return np.asarray(picture)
