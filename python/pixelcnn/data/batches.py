"""Shuffled batches whose order is a function of (seed, epoch), so that a resumed run sees the same batches."""

from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.data.in_files import Rows
from pixelcnn.data.read_ahead import BatchesInOrder
from pixelcnn.data.shuffled_rows import shuffled_rows


class ShuffledBatches(BatchesInOrder):
    """Batches of `(images, labels)` in an order that depends only on the seed and the epoch.

    Each pass of `fit` or `evaluate` is another epoch, with another order. The last, smaller batch of an epoch is left
    out, because a second batch size would compile the training step twice. The next epoch leaves out other images.

    Images that stay in their files, as `quickdraw(in_memory=False)` returns them, are read by threads before the
    training needs them. The order of more than 2^23 images takes no memory.

    This data set needs no workers. Workers of your own data set (`use_multiprocessing=True`) may be forks of the
    process. TensorFlow and JAX never return there, because a fork lacks their threads. Such workers must compute with
    NumPy only.

    Args:
        images: (n, H, W, C) array, or images in files.
        labels: (n,) integers, or None for a model without condition.
        batch_size: Images in a batch, B; if it is above n, B = n.
        seed: A whole number 0 … 2^32 - 1.

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, or another argument does not fit.

    Example:
        >>> batches = ShuffledBatches(np.zeros((10, 2, 2, 1)), np.arange(10), batch_size=4, seed=0)
        >>> len(batches)
        2
        >>> first = batches[0][1]
        >>> batches.on_epoch_end()  # Keras calls it
        >>> bool((batches[0][1] == first).all())
        False
        >>> batches.set_epoch(0)
        >>> bool((batches[0][1] == first).all())
        True
    """

    def __init__(self, images: Any, labels: Any, batch_size: int, seed: int = 0) -> None:
        super().__init__(reads_ahead=isinstance(images, Rows))
        if len(images) == 0:
            raise ValueError("images is empty: expected at least one image.")
        if labels is not None and len(labels) != len(images):
            raise ValueError(
                f"labels of length {len(labels)} does not fit: expected length {len(images)}, as of images."
            )
        self.images, self.labels = images, np.asarray(labels) if isinstance(labels, (list, tuple)) else labels
        self.batch_size = min(require.positive_integer("batch_size", batch_size), len(images))
        self.seed = require.whole("seed", seed, 0)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of one epoch.

        Args:
            epoch: The number of the epoch, from 0.
        """
        self.epoch = epoch
        self._set_order(self._rows_of_epoch())

    def _rows_of_epoch(self) -> Any:
        """Return the rows of the epoch in their order."""
        return shuffled_rows(len(self.images), (self.seed, self.epoch))

    def on_epoch_end(self) -> None:
        """Choose the order of the next epoch. Keras calls this method after each pass, and once before a `fit`."""
        self.set_epoch(self.epoch + 1)

    def __len__(self) -> int:
        return len(self.images) // self.batch_size

    def _read(self, order: Any, index: int) -> tuple[np.ndarray, ...]:
        chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
        if self.labels is None:
            return (self.images[chosen],)
        return self.images[chosen], self.labels[chosen]
