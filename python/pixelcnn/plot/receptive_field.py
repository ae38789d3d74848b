"""Receptive fields, measured: the pixels that change the distribution of a pixel. Figures 1 of [1] and 4 of [2].

References:
    1. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
       <https://arxiv.org/abs/1606.05328>.
    2. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import ArrayLike
from PIL import Image

from pixelcnn import noise, require
from pixelcnn.plot.layout import arrange, cells, titled
from pixelcnn.plot.parameters import check_pixel, pixel_parameters

ITSELF, UNSEEN, LATER = (20, 20, 20), (240, 150, 140), (245, 245, 245)
STRONGEST, WEAKEST = np.array((20, 60, 140)), np.array((190, 215, 245))  # colours of pixels that influence
DECADES = 6  # powers of ten from the strongest colour to the weakest
CAPTION = "black: the pixel. blue: changes its distribution, darker: more. red: earlier, but not seen"


def influence(
    dist: Any, pixel: Sequence[int] | None = None, conditional_input: Any = None, images: int = 4, seed: int = 0
) -> np.ndarray:
    """Measure how much each pixel of an image changes the distribution of one pixel.

    Each pixel of random images is changed by half of the range of levels, one pixel at a time, and the change of the
    parameters of `pixel` is measured. Pixels are in raster order.

    Args:
        dist: A distribution. Fresh weights show what its network can see, trained weights what it uses.
        pixel: (row, column) of the pixel, or None for the pixel in the middle.
        conditional_input: The condition, if the distribution needs one.
        images: Number of random images. A small influence may be lost to rounding in one image.
        seed: Seed of the images.

    Returns:
        (H, W), the largest change of a parameter over the images; 0 for a pixel that has no influence.

    Raises:
        ValueError: If an argument does not fit.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelCNN((3, 3, 1), high=1, num_blocks=1, num_filters=4)
        >>> (influence(dist, (1, 1)) > 0).astype(int).tolist()
        [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    """
    row, column = check_pixel(pixel, dist.image_shape)
    height, width, _ = dist.image_shape
    levels, result = dist.high - dist.low + 1, np.zeros(height * width)
    random = np.random.default_rng(noise.check_seed(seed))
    for _ in range(require.positive_integer("images", images)):
        image = random.integers(0, levels, dist.image_shape)
        before = np.repeat(image[None], height * width, axis=0)
        after = before.copy()
        each = np.arange(height * width)
        after[each, each // width, each % width] += max(1, levels // 2)
        # Both passes have the same shape, because another shape would round differently.
        of_pixel = [
            ops.convert_to_numpy(pixel_parameters(dist, dist.low + part % levels, conditional_input))[:, row, column]
            for part in (before, after)
        ]
        result = np.maximum(result, np.abs(of_pixel[1] - of_pixel[0]).max(axis=-1))
    return result.reshape(height, width)


def receptive_fields(
    influences: Mapping[str, ArrayLike], pixel: Sequence[int] | None = None, size: int = 14
) -> Image.Image:
    """Return a figure of the receptive fields of one pixel in several distributions, side by side.

    Args:
        influences: Results of `influence` for this pixel, by the title of their panel.
        pixel: (row, column) of the pixel, or None for the pixel in the middle.
        size: Screen pixels of a pixel.

    Raises:
        ValueError: If an argument does not fit.

    Example:
        >>> receptive_fields({"a convolution": np.eye(5)}).mode
        'RGB'
    """
    if not influences:
        raise ValueError("influences is empty, which does not fit: expected at least one result of `influence`.")
    panels = [titled(title, cells(_colours(np.asarray(one), pixel), size)) for title, one in influences.items()]
    return arrange(panels, len(panels), CAPTION)


def _colours(strength: np.ndarray, pixel: Sequence[int] | None) -> np.ndarray:
    """Return the colours (H, W, 3) of pixels, from their influence (H, W)."""
    height, width = strength.shape
    row, column = check_pixel(pixel, strength.shape)
    earlier = (np.arange(height * width) < row * width + column).reshape(height, width)
    with np.errstate(divide="ignore"):
        share = 1 + np.log10(strength / strength.max(initial=1e-30)) / DECADES
    share = np.clip(share, 0, 1)[..., None]
    blue = share * STRONGEST + (1 - share) * WEAKEST
    colours = np.where((strength > 0)[..., None], blue, np.where(earlier[..., None], UNSEEN, LATER))
    colours[row, column] = ITSELF
    return colours
