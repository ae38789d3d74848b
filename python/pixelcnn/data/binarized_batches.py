"""Batches for `fit` of gray images that are binarised anew in each epoch."""

import numpy as np

from pixelcnn.data.batches import ShuffledBatches
from pixelcnn.data.binarize import binarize
from pixelcnn.data.image_data import ImageData


class BinarizedBatches(ShuffledBatches):
    """Shuffled batches `(images, labels)`, where a pixel of gray level g is 1 with probability g / 255, else 0.

    The order and the binary images are functions of (seed, epoch, index of the batch), and differ between epochs. The
    last, smaller batch of an epoch is left out. A distribution without a condition ignores the labels.

    Args:
        data: `ImageData` with gray images (n, H, W, C), uint8.
        batch_size: Images in a batch, B; if it is above n, B = n.
        seed: A whole number of at least 0.

    Example:
        >>> import numpy as np
        >>> from pixelcnn.data import arrays
        >>> batches = BinarizedBatches(arrays(np.full((10, 2, 2), 128), np.arange(10)), batch_size=5)
        >>> images, labels = batches[0]
        >>> images.shape, bool(images.max() <= 1), len(batches)
        ((5, 2, 2, 1), True, 2)
    """

    def __init__(self, data: ImageData, batch_size: int, seed: int = 0) -> None:
        super().__init__(data.images, data.labels, batch_size, seed)
        self.class_names = data.class_names

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        gray, *labels = super().__getitem__(index)
        return binarize(gray, np.random.default_rng((self.seed, self.epoch, index, 1))), *labels
