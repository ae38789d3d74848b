"""`ImageData`, which every loader returns."""

from typing import NamedTuple

import numpy as np


class ImageData(NamedTuple):
    """Images, their labels, and the names of the labels.

    Args:
        images: (n, H, W, C) integers; uint8 for levels 0 … 255. With `quickdraw(in_memory=False)` images and
            labels are objects that read rows from files, in place of arrays.
        labels: (n,) int64, 0 … K-1; `None` for images without labels.
        class_names: K names, where `class_names[k]` is the name of label k; `None` for images without labels.

    Example:
        >>> import pixelcnn
        >>> images, labels, class_names = pixelcnn.data.doodles(4, classes=["bee", "swan"])
        >>> images.shape, labels.tolist(), class_names
        ((4, 28, 28, 1), [0, 1, 0, 1], ('bee', 'swan'))
    """

    images: np.ndarray
    labels: np.ndarray | None
    class_names: tuple[str, ...] | None
