"""Keras' loop from the middle of an epoch on: the rest of this epoch, then whole epochs.

Keras' `fit` begins at the first batch of an epoch, and its callbacks cannot skip batches. So the loop runs twice: once
for one epoch of the batches that are left, and once for the other epochs. Callbacks see one training.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from pixelcnn.training.callbacks.backup import Backup
from pixelcnn.training.checked_batches import CheckedBatches
from pixelcnn.training.position import Position


class PositionedBatches(keras.utils.PyDataset):
    """Batches whose order is a function of (seed, epoch), from a batch of the epoch on.

    Args:
        batches: A `PyDataset`. If it has a method `set_epoch`, this sets the order of the images.
        seed: A whole number of at least 0.
        shuffle: Whether each epoch has its own order of the batches.
    """

    def __init__(self, batches, seed, shuffle):
        super().__init__(batches.workers, batches.use_multiprocessing, batches.max_queue_size)
        self.batches, self.seed, self.shuffle = batches, seed, shuffle
        self.first = 0  # number of batches that the epoch under way leaves out, because they are done
        self.order = np.arange(batches.num_batches)

    def set_epoch(self, epoch):
        """Choose the order of an epoch, counted from 0."""
        self.batches.set_epoch(epoch)
        if self.shuffle:
            self.order = np.random.default_rng((self.seed, epoch, 2)).permutation(len(self.order))

    @property
    def num_batches(self):
        """Number of batches that are left of the epoch."""
        return len(self.order) - self.first

    def __len__(self):
        return self.num_batches

    def __getitem__(self, index):
        return self.batches[int(self.order[index + self.first])]

    def on_epoch_begin(self):
        """Tell the `PyDataset` that an epoch begins."""
        self.batches.on_epoch_begin()

    def on_epoch_end(self):
        """Tell the `PyDataset` that an epoch ends."""
        self.batches.on_epoch_end()


class ContinuedCallbacks(keras.callbacks.CallbackList):
    """The callbacks of a training that Keras' loop runs in parts. Batches are numbered from the start of their epoch.

    Args:
        callbacks: A list of callbacks.
        logs: The metrics of the earlier epochs, with which the history begins.
        **arguments: As in `keras.callbacks.CallbackList`.
    """

    def __init__(self, callbacks, logs, **arguments):
        super().__init__(callbacks, add_history=True, **arguments)
        self.logs = logs
        self.first, self.is_first_part, self.is_last_part = 0, True, False

    def on_train_begin(self, logs=None):
        """Begin the training with the first part."""
        if not self.is_first_part:
            return
        super().on_train_begin(logs)
        for row in self.logs:
            self._history.on_epoch_end(row["epoch"], {name: row[name] for name in row if name != "epoch"})

    def on_train_end(self, logs=None):
        """End the training with the last part, or when a callback has stopped it."""
        if self.is_last_part or self.model.stop_training:
            super().on_train_end(logs)

    def on_train_batch_begin(self, batch, logs=None):
        """Pass on the number of the batch in its epoch."""
        super().on_train_batch_begin(batch + self.first, logs)

    def on_train_batch_end(self, batch, logs=None):
        """Pass on the number of the batch in its epoch."""
        super().on_train_batch_end(batch + self.first, logs)


def require_positions(data: Any, steps_per_epoch: int | None) -> None:
    """Check that a training on data can go on from the middle of an epoch.

    Args:
        data: The `CheckedData` of the training.
        steps_per_epoch: As in Keras.

    Raises:
        ValueError: If the data cannot be read from any batch on, or an epoch is not one pass over the data.
    """
    if steps_per_epoch is not None:
        raise ValueError(
            f"steps_per_epoch={steps_per_epoch} does not fit a training with Backup: expected None, because an epoch "
            "must be one pass over the data."
        )
    if not data.begins_anywhere:
        raise ValueError(
            "x does not fit a training with Backup: expected arrays, images in files, a keras.utils.PyDataset with a "
            "length, such as pixelcnn.training.ShuffledBatches, or a MapDataset of Grain, because other data sets "
            "cannot begin in the middle of an epoch."
        )


def fit_from_position(
    model: keras.Model, backup: Backup, fit: Callable[..., Any], batches: CheckedBatches, callbacks: list[Any],
    shuffle: bool, initial_epoch: int, epochs: int, verbose: Any,
) -> Any:  # fmt: skip
    """Train from the position of a backup to the end of the last epoch, and return the history of the whole training.

    Args:
        model: The distribution.
        backup: The `Backup`, in its session.
        fit: Keras' `fit`, as a function of the data, the callbacks, `initial_epoch` and `epochs`.
        batches: The checked batches of the training.
        callbacks: The list of callbacks.
        shuffle: Whether each epoch has its own order of the batches.
        initial_epoch: Number of the first epoch if the backup has none, from 0.
        epochs: Number of the last epoch, from 1.
        verbose: As in Keras.

    Raises:
        ValueError: If the training began with another number of batches.
    """
    position, total = backup.position, batches.num_batches
    if position.batches not in (None, total):
        raise ValueError(
            f"x of {total} batches does not fit: expected {position.batches} batches, with which the training in "
            f"{backup.folder} began."
        )
    backup.batches = batches = PositionedBatches(batches, backup.seed, shuffle)
    callbacks = ContinuedCallbacks(callbacks, position.logs, model=model, epochs=epochs, steps=total, verbose=verbose)
    epoch = initial_epoch if position == Position() else position.epoch
    parts = [(epoch, epochs, 0)]
    if position.batch and epoch < epochs:
        parts = [(epoch, epoch + 1, position.batch), (epoch + 1, epochs, 0)]
    for begin, end, first in parts:
        batches.first = callbacks.first = first
        callbacks.is_last_part = end == epochs
        fit(batches, callbacks, shuffle=False, initial_epoch=begin, epochs=end)
        callbacks.is_first_part = False
        if callbacks.is_last_part or model.stop_training:
            break
    return model.history
