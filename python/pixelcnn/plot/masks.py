"""The masks of masked convolutions, as in figure 2 (left) of [1] and figure 1 (middle) of [2].

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3.4.
    2. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
       <https://arxiv.org/abs/1606.05328>.
"""

import colorsys
from typing import Any

import numpy as np
from PIL import Image

from pixelcnn.plot.layout import arrange, cells, titled

RED_GREEN_BLUE = ((214, 69, 65), (76, 160, 80), (65, 110, 200))
CLOSED = (245, 245, 245)
CAPTION = "rows: groups of features. columns: groups of channels that they read"
GAP = 4  # screen pixels between the kernels of a layer


def open_cells(layer: Any) -> np.ndarray:
    """Return which cells of a kernel a masked convolution uses, measured from the kernel.

    Args:
        layer: A `pixelcnn.layers.MaskedConv2D` that has weights.

    Returns:
        Booleans (G, G, rows, columns): whether features of the group of the first axis read the channels of the group
        of the second axis in a cell.

    Example:
        >>> from pixelcnn.layers import MaskedConv2D
        >>> layer = MaskedConv2D(4, 3, mask_type="A")
        >>> layer.build((None, 8, 8, 1))
        >>> open_cells(layer)[0, 0].astype(int).tolist()
        [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    """
    kernel, groups = layer.full_kernel(), layer.channel_groups
    rows, columns, channels, filters = kernel.shape  # channel i belongs to group i mod G, and so do filters
    by_group = kernel.reshape(rows, columns, channels // groups, groups, filters // groups, groups)
    return np.any(by_group != 0, axis=(2, 4)).transpose(3, 2, 0, 1)


def masks(*layers: Any, size: int = 14) -> Image.Image:
    """Return a figure of the kernels of masked convolutions, in which open cells have the colour of their group.

    Each layer has a panel with a row for each group of features and a column for each group of channels that these
    features read. For three groups the colours are red, green and blue.

    Args:
        layers: `pixelcnn.layers.MaskedConv2D`s that have weights.
        size: Screen pixels of a cell.

    Example:
        >>> from pixelcnn.layers import MaskedConv2D
        >>> layers = [MaskedConv2D(6, 5, mask_type=mask, channel_groups=3) for mask in "AB"]
        >>> for layer in layers:
        ...     layer.build((None, 8, 8, 3))
        >>> masks(*layers).mode
        'RGB'
    """
    panels = [titled(f"mask {layer.mask_type}", _kernels(open_cells(layer), size)) for layer in layers]
    return arrange(panels, len(panels), CAPTION)


def group_colours(groups: int) -> np.ndarray:
    """Return colours (G, 3) of groups: red, green and blue for three groups."""
    if groups == 3:
        return np.array(RED_GREEN_BLUE)
    hues = (0.6 + np.arange(groups) / groups) % 1
    return np.array([[round(255 * part) for part in colorsys.hls_to_rgb(hue, 0.52, 0.5)] for hue in hues])


def _kernels(is_open: np.ndarray, size: int) -> np.ndarray:
    """Return the kernels of all pairs of groups, side by side."""
    colours = group_colours(len(is_open))
    rows = []
    for of_features in is_open:
        row = [
            cells(np.where(of_channels[..., None], colour, CLOSED), size)
            for of_channels, colour in zip(of_features, colours, strict=True)
        ]
        rows.append(_spaced(row, axis=1))
    return _spaced(rows, axis=0)


def _spaced(parts: list[np.ndarray], axis: int) -> np.ndarray:
    """Put pictures side by side or one below the other, with white between them."""
    spaced = [part for one in parts for part in (one, _white(one, axis))][:-1]
    return np.concatenate(spaced, axis=axis)


def _white(beside: np.ndarray, axis: int) -> np.ndarray:
    shape = [*beside.shape]
    shape[axis] = GAP
    return np.full(shape, 255, "uint8")
