"""Data sets of any kind as a `keras.utils.PyDataset` whose batches are checked as they are read."""

import math
import mmap
import warnings

import keras
import numpy as np

BATCH_SIZE = 32  # images at once, as in Keras


class CheckedBatches(keras.utils.PyDataset):
    """A `PyDataset` whose batches are checked as they are read.

    Args:
        batches: The `PyDataset`.
        check: Function of a batch and its number; it returns the checked batch, or raises an error.
    """

    def __init__(self, batches, check):
        super().__init__(batches.workers, batches.use_multiprocessing, batches.max_queue_size)
        self.batches, self.check = batches, check

    @property
    def num_batches(self):
        """Number of batches of the `PyDataset`."""
        return self.batches.num_batches

    @property
    def has_order(self):
        """Whether the `PyDataset` gives its batches in one order only, so that Keras cannot shuffle them."""
        return isinstance(self.batches, IteratedBatches)

    def __len__(self):
        return self.num_batches

    def __getitem__(self, index):
        return self.check(self.batches[index], index)

    def set_epoch(self, epoch):
        """Have the `PyDataset` choose the order of an epoch, if the order is a function of the epoch."""
        if hasattr(self.batches, "set_epoch"):
            self.batches.set_epoch(epoch)

    def on_epoch_begin(self):
        """Tell the `PyDataset` that an epoch begins."""
        self.batches.on_epoch_begin()

    def on_epoch_end(self):
        """Tell the `PyDataset` that an epoch ends."""
        self.batches.on_epoch_end()


def is_mapped(array):
    """Whether an array lies in a memory map, as a part or a view of an `np.memmap` does."""
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, mmap.mmap)


class MappedBatches(keras.utils.PyDataset):
    """Batches of images in a memory map, which may be larger than the memory. Each batch is read when it is used.

    For an array, TensorFlow would copy all images. Arrays are read in such batches too if the order of the images must
    be a function of (seed, epoch).

    Args:
        images: (n, H, W, C).
        others: What belongs to the images: an array (n, …), a tuple of arrays, or None, for each further part of a
            batch.
        batch_size, steps: As in Keras' `fit`.
        shuffle: Whether each epoch has an order of its own.
        seed: With a seed, `set_epoch` chooses the order, as a function of (seed, epoch). None takes NumPy's generator.
    """

    def __init__(self, images, others, batch_size, steps, shuffle, seed=None):
        super().__init__(workers=1)
        self.images, self.others, self.shuffle, self.seed, self.order = images, others, shuffle, seed, None
        self.batch_size = batch_size or (math.ceil(len(images) / steps) if steps else BATCH_SIZE)
        self.on_epoch_end()

    @property
    def num_batches(self):
        """Number of batches of an epoch."""
        return math.ceil(len(self.images) / self.batch_size)

    def __getitem__(self, index):
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        rows = rows if self.order is None else np.sort(self.order[rows])  # ascending, because files are read forwards
        return np.array(self.images[rows]), *keras.tree.map_structure(lambda array: array[rows], self.others)

    def set_epoch(self, epoch):
        """Choose the order of an epoch, counted from 0."""
        if self.shuffle:
            self.order = np.random.default_rng((self.seed, epoch)).permutation(len(self.images))

    def on_epoch_end(self):
        """Choose the order of the next epoch, if the order needs not be a function of the epoch."""
        if self.shuffle and self.seed is None:
            self.order = np.random.permutation(len(self.images))


class IteratedBatches(keras.utils.PyDataset):
    """An object that can be iterated repeatedly, such as torch's loader, as a `PyDataset`. Batch 0 begins a new pass.

    If the object has no length and the caller does not limit the steps, one more pass counts the batches.

    Args:
        iterable: The object.
        steps: Largest number of batches that the caller takes, or None for all batches.
        name: The argument's name, for the warning.
    """

    def __init__(self, iterable, steps, name):
        super().__init__(workers=1)
        self.iterable = iterable
        self.count = self._length(steps, name)

    def _length(self, steps, name):
        try:
            return len(self.iterable)
        except (TypeError, NotImplementedError):
            if steps is not None:
                return None
        why = "has no length, so its batches are counted first; an endless data set needs a number of steps"
        warnings.warn(f"{name} {why}", stacklevel=2)
        return sum(1 for _ in self.iterable)

    @property
    def num_batches(self):
        """Number of batches, or None if the number is not known."""
        return self.count

    def __getitem__(self, index):
        """Return a batch, or None at the end of the pass."""
        if index == 0:
            self.iterator = iter(self.iterable)
        return next(self.iterator, None)
