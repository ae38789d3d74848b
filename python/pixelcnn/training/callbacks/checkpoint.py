"""A model file after each epoch."""

import os
from pathlib import Path
from typing import Any

import keras

from pixelcnn import require
from pixelcnn.files import require_writable
from pixelcnn.training.callbacks.numbered_files import numbered_files, path_of_epoch


class EpochCheckpoint(keras.callbacks.Callback):
    """Save model and optimizer after each epoch as `epoch-001.keras` and so on; a file is whole or absent.

    If the folder has checkpoints of an earlier training, they stay, and this training's numbers follow theirs: the
    highest number is the newest checkpoint.

    Args:
        folder: The folder that the files are written to.
        keep: How many of the last ones stay; None for all.
        resume: Whether the checkpoints in the folder belong to this training. Then the number of a file is its epoch,
            and `keep` counts the files that are in the folder already.
    """

    def __init__(self, folder: str | os.PathLike[str], keep: int = 3, resume: bool = False):
        super().__init__()
        self.folder, self.keep, self.resume = Path(folder), keep, require.boolean("resume", resume)
        self.written = [path for _, path in list_checkpoints(folder)] if resume else []

    @property
    def last(self):
        """The path of the last checkpoint of this training, or None."""
        return self.written[-1] if self.written else None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check that the folder can be written, before an epoch is trained."""
        require_writable("folder", self.folder / "x")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save the epoch, and remove the oldest checkpoints beyond `keep`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = path_of_epoch(self.folder, "keras", epoch, self.resume)
        self.model.save(path)
        self.written = [other for other in self.written if other != path] + [path]
        while self.keep and len(self.written) > self.keep:
            self.written.pop(0).unlink(missing_ok=True)


def list_checkpoints(folder):
    """Return `(epochs done, path)` of every checkpoint in `folder`, the earliest first.

    Args:
        folder: A run's `checkpoints` folder; it need not exist.
    """
    return numbered_files(folder, "keras")
