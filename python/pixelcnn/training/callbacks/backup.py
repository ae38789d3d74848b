"""Checkpoints within an epoch as well, from which `fit` goes on exactly."""

import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import numpy as np

from pixelcnn import require
from pixelcnn.backend import is_first_machine, number_of_first
from pixelcnn.files import PARTIAL, replacing
from pixelcnn.training.callbacks.checkpoint import EpochCheckpoint
from pixelcnn.training.callbacks.numbered_files import list_all_checkpoints, path_of_epoch, path_within_epoch
from pixelcnn.training.folder_lock import locked
from pixelcnn.training.machines import require_same_checkpoints
from pixelcnn.training.position import Position, random_states, seed_epoch, values_of
from pixelcnn.training.schedule import Clock
from pixelcnn.training.waiting_signals import WaitingSignals

# The best epoch is the epoch with the smallest value of the first of these that the logs have.
MEASURES = ("val_bits_per_dim", "val_loss", "bits_per_dim", "loss")


class Backup(EpochCheckpoint):
    """Save a distribution's training every few minutes and after each epoch, and let `fit` go on from there.

    `fit` with this callback begins from the newest checkpoint in the folder that is not damaged, or from the beginning
    if the folder has none. The same call of `fit` in a new process thus continues a training that was killed. Weights,
    optimizer, averages, metrics and random numbers continue, and the order of the images is a function of (seed,
    epoch). So the history and the weights are those of a training without the interruption, bit for bit on one device.

    SIGINT (Ctrl-C), SIGTERM and SIGHUP act after the step under way, when its checkpoint is on the disk. A second
    signal acts at once. Another process that trains with the same folder gets an error.

    The images must be arrays or a `keras.utils.PyDataset` such as `ShuffledBatches`. Batch i of epoch e of your own
    `PyDataset` must be the same in each process; if it has a method `set_epoch`, `fit` calls `set_epoch(e)`. Other
    callbacks, such as `EarlyStopping`, count anew after an interruption.

    After `join_machines` all machines read the checkpoints, so they must see the folder; machine 0 writes them.

    Args:
        folder: The folder of the checkpoints of one training. A checkpoint is also a model file.
        minutes: Minutes between two checkpoints within an epoch, or None to save only after each epoch and on a signal.
        keep: Number of checkpoints that are kept, the newest; the checkpoint of the best epoch is kept too. The best
            epoch has the smallest bits per dimension of the validation images, or of the training images if there are
            no others. None keeps all checkpoints.
        seed: Seed of the order of the images and of dropout, a whole number 0 … 2^32 - 1. None draws one from NumPy's
            generator, and continues with that of the checkpoint.

    Raises:
        ValueError: If an argument does not fit; and from `fit`, if the training in the folder has another seed or
            another number of batches, or no checkpoint can be read.
        BlockingIOError: From `fit`, if another process trains with the folder.

    Example:
        >>> import tempfile, pixelcnn
        >>> folder = tempfile.mkdtemp()
        >>> def train(epochs):
        ...     dist = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=8, high=1)
        ...     dist.compile("adam")
        ...     images = np.random.default_rng(0).integers(0, 2, (64, 4, 4, 1))
        ...     backup = Backup(folder, minutes=5, seed=0)
        ...     return dist.fit(images, epochs=epochs, callbacks=backup, verbose=0).epoch
        >>> train(2)
        [0, 1]
        >>> train(3)  # as in another process: it has done two epochs already
        [0, 1, 2]
    """

    def __init__(
        self, folder: str | os.PathLike[str], minutes: float | None = 5.0, keep: int | None = 3, seed: int | None = None
    ):
        super().__init__(folder, keep if keep is None else require.positive_integer("keep", keep), resume=True)
        self.minutes = minutes if minutes is None else require.positive_number("minutes", minutes)
        self.seed: Any = seed if seed is None else require.whole("seed", seed, 0)
        self.clock: Clock | None = None  # of a run, for steps and seconds
        self.position: Any = None  # the `Position` where the training begins
        self.batches: Any = None  # the `PositionedBatches` of the training, which `fit` sets
        self.rows: list[dict[str, Any]] = []
        self.unsaved = False  # whether there was a step after the last checkpoint
        self.signals = WaitingSignals(lambda: self.unsaved)

    def load(self, model: Any) -> Position:
        """Load the newest checkpoint that is not damaged into a model and its optimizer; return where it stands.

        Args:
            model: A compiled distribution.

        Raises:
            ValueError: If the folder has checkpoints and none of them can be read, or another machine sees other
                checkpoints.
        """
        checkpoints = list_all_checkpoints(self.folder)
        require_same_checkpoints(self.folder, checkpoints)
        self.written = [path for _, path in checkpoints]
        for (epoch, _), path in reversed(checkpoints):
            try:
                position = Position.from_archive(path, epoch)
                position.require_fits(model)
                model.load_weights(path)
            except (ValueError, OSError) as error:
                warnings.warn(f"a damaged checkpoint is skipped: {error}", stacklevel=2)
            else:
                self.position = position
                return position
        if checkpoints:
            raise ValueError(
                f"none of the {len(checkpoints)} checkpoints in {self.folder} can be read: to train from the "
                "beginning, move them to another folder."
            )
        self.position = Position()
        return self.position

    @contextmanager
    def session(self, model: Any) -> Iterator[None]:
        """Return a context in which this process alone trains with the folder, and signals wait for checkpoints.

        Args:
            model: The distribution, into which the newest checkpoint is loaded unless `load` has loaded it.

        Raises:
            ValueError: If no checkpoint can be read, or the training in the folder has another seed.
            BlockingIOError: If another process trains with the folder.
        """
        first = is_first_machine()
        with locked(self.folder) if first else nullcontext():
            for path in self.folder.glob(f"{PARTIAL}*.keras") if first else ():
                path.unlink(missing_ok=True)  # a killed process left it
            position = self.position or self.load(model)
            self._choose_seed(position.seed)
            self.rows, self.unsaved = [dict(row) for row in position.logs], False
            try:
                with self.signals:
                    yield
            finally:
                self.position = None

    def _choose_seed(self, begun):
        if self.seed is None:
            self.seed = number_of_first(int(np.random.randint(0, 2**31))) if begun is None else begun
        elif begun not in (None, self.seed):
            raise ValueError(
                f"seed={self.seed} does not fit: expected {begun}, with which the training in {self.folder} began."
            )

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check that the folder can be written, and start the minutes."""
        if self.batches is None:
            raise ValueError(
                f"callbacks with Backup do not fit a model of type {type(self.model).__name__}: expected a "
                "pixelcnn.PixelDistribution, because Keras' own fit cannot begin in the middle of an epoch; see "
                "keras.callbacks.BackupAndRestore."
            )
        super().on_train_begin(logs)
        self.saved_at = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the order of the images and the random numbers of the epoch, and the metrics if the epoch continues."""
        self.epoch = epoch
        self.batches.set_epoch(epoch)
        seed_epoch(self.model, self.seed, epoch)
        if self.batches.first:
            self.position.apply(self.model)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Save a checkpoint if the last one is `minutes` old or a signal waits, unless the epoch ends now."""
        if not is_first_machine():
            return
        self.unsaved = True
        due = self.minutes is not None and time.monotonic() - self.saved_at >= 60.0 * self.minutes
        if (due or self.signals.number is not None) and batch + 1 < len(self.batches.order):
            self.model.jax_state_sync()  # because Keras' loop on JAX updates the variables only on demand
            self._save(path_within_epoch(self.folder, self.epoch, batch + 1), self.epoch, batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save a checkpoint."""
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append({"epoch": epoch, **numbers})
        if is_first_machine():
            self._save(path_of_epoch(self.folder, "keras", epoch, resume=True), epoch + 1, 0)

    def _save(self, path, epoch, batch):
        """Save a checkpoint, remove the checkpoints that are not kept, and let a signal act that waits for it."""
        batches = len(self.batches.order)
        clock = (epoch * batches + batch, None) if self.clock is None else (self.clock.steps, self.clock.seconds)
        position = Position(
            epoch, batch, batches, self.seed, *clock, values_of(random_states(self.model)),
            values_of(self.model.metrics_variables), self.rows,
        )  # fmt: skip
        with replacing(path) as temporary:
            self.model.save(temporary)
            position.to_archive(temporary)
        self._note(path)
        self.unsaved, self.saved_at = False, time.monotonic()
        place = f"{epoch} epochs" + (f" and {batch} of {batches} batches" if batch else "")
        self.signals.pass_on(f"training stopped after {place}; the same call of fit() goes on from {path}")

    def _kept(self):
        best = min(self.rows, key=_measure, default=None)
        path = best and path_of_epoch(self.folder, "keras", best["epoch"], resume=True)
        return [*super()._kept(), path]


def _measure(row):
    """The value by which epochs are compared; infinity if it is missing or not a number."""
    value = next((row[name] for name in MEASURES if name in row), np.inf)
    return np.inf if np.isnan(value) else value


def find_backup(callbacks: Any) -> Backup | None:
    """Return the `Backup` among the callbacks of `fit`, or None.

    Args:
        callbacks: A callback, a list of callbacks, a Keras `CallbackList` or None.

    Raises:
        ValueError: If there are several.
    """
    callbacks = getattr(callbacks, "callbacks", callbacks)
    backups = [one for one in keras.tree.flatten(callbacks) if isinstance(one, Backup)]
    if len(backups) > 1:
        raise ValueError(f"callbacks holds {len(backups)} of Backup: expected at most one.")
    return backups[0] if backups else None
