"""A model file after each epoch."""

import os
from pathlib import Path
from typing import Any

import keras

from pixelcnn import require
from pixelcnn.backend import is_first_machine
from pixelcnn.files import require_writable
from pixelcnn.training.callbacks.numbered_files import list_checkpoints, path_of_epoch


class EpochCheckpoint(keras.callbacks.Callback):
    """Save model and optimizer after each epoch as `epoch-001.keras` and so on; a file is either complete or absent.

    Checkpoints of an earlier training in the folder stay, and the numbers of this training follow their numbers. The
    highest number is thus the newest checkpoint.

    Args:
        folder: The folder of the checkpoints.
        keep: Number of checkpoints that are kept, the newest; None keeps all.
        resume: Whether the checkpoints in the folder belong to this training. If so, the number of a file is its epoch,
            and `keep` counts the checkpoints that are in the folder already.

    Raises:
        ValueError: If `keep` or `resume` does not fit.
    """

    def __init__(self, folder: str | os.PathLike[str], keep: int | None = 3, resume: bool = False):
        super().__init__()
        self.keep = keep if keep is None else require.positive_integer("keep", keep)
        self.folder, self.resume = Path(folder), require.boolean("resume", resume)
        self.written = [path for _, path in list_checkpoints(folder)] if resume else []

    @property
    def last(self) -> Path | None:
        """The path of this training's last checkpoint, or None."""
        return self.written[-1] if self.written else None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check that the folder can be written, before the first epoch."""
        if is_first_machine():
            require_writable("folder", self.folder / "x")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save a checkpoint, and remove the oldest checkpoints beyond `keep`."""
        if not is_first_machine():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = path_of_epoch(self.folder, "keras", epoch, self.resume)
        self.model.save(path)
        self._note(path)

    def _note(self, path):
        """Note that a checkpoint was written, and remove the checkpoints that are not kept."""
        self.written = [other for other in self.written if other != path] + [path]
        kept = self._kept()
        for other in self.written:
            if other not in kept:
                other.unlink(missing_ok=True)
        self.written = [other for other in self.written if other in kept]

    def _kept(self):
        """Return the paths of the checkpoints that are kept."""
        return self.written[-self.keep :] if self.keep else self.written
