"""Gray images as batches for `fit` that are binarised anew each time."""

import numpy as np

from pixelcnn.data.batches import ShuffledBatches
from pixelcnn.data.binarize import binarize
from pixelcnn.data.image_data import ImageData


class BinarizedBatches(ShuffledBatches):
    """Shuffled batches `(images, labels)`, where a pixel of gray level g is 1 with probability g / 255, else 0.

    Both the order and the binary images are a function of (seed, epoch, index of the batch); each epoch has others.
    The last, smaller batch of an epoch is left out. A distribution without a condition passes over the labels.

    Args:
        data: `ImageData` with gray images (N, H, W, C), uint8.
        batch_size: images a batch; at most N are taken.
        seed: a whole number of at least 0.

    Example:
        >>> import numpy as np
        >>> from pixelcnn.data import arrays
        >>> batches = BinarizedBatches(arrays(np.full((10, 2, 2), 128), np.arange(10)), batch_size=5)
        >>> images, labels = batches[0]
        >>> images.shape, bool(images.max() <= 1), len(batches)
        ((5, 2, 2, 1), True, 2)
    """

    def __init__(self, data: ImageData, batch_size: int, seed: int = 0):
        super().__init__(data.images, data.labels, batch_size, seed)
        self.class_names = data.class_names

    def __getitem__(self, index):
        gray, *labels = super().__getitem__(index)
        return binarize(gray, np.random.default_rng((self.seed, self.epoch, index, 1))), *labels
