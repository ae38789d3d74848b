"""Data sets of any kind as a `keras.utils.PyDataset` whose batches are checked as they are read."""

import math
import mmap
import sys
import warnings

import keras
import numpy as np

from pixelcnn.data.in_files import Rows
from pixelcnn.data.read_ahead import BatchesInOrder
from pixelcnn.data.shuffled_rows import MOST_IN_MEMORY, shuffled_rows

BATCH_SIZE = 32  # images at once, as in Keras


class CheckedBatches(keras.utils.PyDataset):
    """A `PyDataset` whose batches are checked as they are read.

    Args:
        batches: The `PyDataset`.
        check: Function of a batch and its number; it returns the checked batch, or raises an error.
        note: Function of an error with which a batch could not be read, because TensorFlow hides such errors.
    """

    def __init__(self, batches, check, note):
        super().__init__(batches.workers, batches.use_multiprocessing, batches.max_queue_size)
        self.batches, self.check, self.note = batches, check, note

    @property
    def num_batches(self):
        """Number of batches of the `PyDataset`."""
        return self.batches.num_batches

    @property
    def begins_anywhere(self):
        """Whether a pass can begin with any batch."""
        return self.num_batches is not None and not isinstance(self.batches, IteratedBatches)

    @property
    def has_order(self):
        """Whether Keras must not shuffle the batches: there is one order only, or the next batches are read ahead."""
        return isinstance(self.batches, IteratedBatches) or getattr(self.batches, "reads_ahead", False)

    def __len__(self):
        return self.num_batches

    def __getitem__(self, index):
        try:
            batch = self.batches[index]
        except Exception as error:
            self.note(error)
            raise
        return self.check(batch, index)

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


def stays_in_files(array):
    """Whether the images or labels are read from files when they are indexed."""
    return isinstance(array, Rows)


class MappedBatches(BatchesInOrder):
    """Batches of images in files or a memory map, which may be larger than the memory. Threads read the next batches.

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
        super().__init__(reads_ahead=is_mapped(images) or stays_in_files(images))
        self.images, self.others, self.shuffle, self.seed = images, others, shuffle, seed
        self.batch_size = batch_size or (math.ceil(len(images) / steps) if steps else BATCH_SIZE)
        self._set_order(None)  # their own order
        self.on_epoch_end()

    @property
    def num_batches(self):
        """Number of batches of an epoch."""
        return math.ceil(len(self.images) / self.batch_size)

    def _read(self, order, index):
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        rows = rows if order is None else np.sort(order[rows])  # ascending, because files are read forwards
        parts = keras.tree.map_structure(lambda array: None if array is None else array[rows], self.others)
        return np.array(self.images[rows]), *parts

    def set_epoch(self, epoch):
        """Choose the order of an epoch, counted from 0."""
        if self.shuffle:
            self._set_order(shuffled_rows(len(self.images), (self.seed, epoch)))

    def on_epoch_end(self):
        """Choose the order of the next epoch, if the order needs not be a function of the epoch."""
        if self.shuffle and self.seed is None:
            self._set_order(next_order(len(self.images)))


def next_order(count):
    """Return a random order of 0 … n-1 from NumPy's generator."""
    return np.random.permutation(count) if count <= MOST_IN_MEMORY else shuffled_rows(count, np.random.randint(2**31))


def is_indexed(data_set):
    """Whether a data set is a `MapDataset` of Grain, which reads any batch of any epoch by its number."""
    modules = {kind.__module__.partition(".")[0] for kind in type(data_set).__mro__}
    return "grain" in modules and hasattr(data_set, "__getitem__") and len(data_set) < sys.maxsize


class IndexedBatches(BatchesInOrder):
    """Batches of a `MapDataset` of Grain. Its `shuffle` makes another order for each epoch. Threads read ahead.

    Args:
        data_set: The `MapDataset`, of a finite length.
    """

    def __init__(self, data_set):
        super().__init__(reads_ahead=True)
        self.data_set = data_set
        self.set_epoch(0)

    @property
    def num_batches(self):
        """Number of batches of an epoch."""
        return len(self.data_set)

    def _read(self, first, index):
        return self.data_set[first + index]

    def set_epoch(self, epoch):
        """Choose the epoch, counted from 0; Grain numbers the batches on from epoch to epoch."""
        self.epoch = epoch
        self._set_order(epoch * self.num_batches)

    def on_epoch_end(self):
        """Begin the next epoch. Keras calls this method after each pass, and once before a `fit`."""
        self.set_epoch(self.epoch + 1)


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
