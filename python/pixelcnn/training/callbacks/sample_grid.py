"""Drawings after each epoch."""

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np

from pixelcnn import plot, require
from pixelcnn.training.averaging import averaged_weights
from pixelcnn.training.callbacks.numbered_files import path_of_epoch


class SampleGrid(keras.callbacks.Callback):
    """Draw the same classes with the same noise after each epoch, as `epoch-001.png`.

    Seeing one fixed set of drawings sharpen tells more than a new set each time. If the folder has drawings of an
    earlier training, they stay, and this training's numbers follow theirs.

    Args:
        folder: The folder that the files are written to.
        num_classes: K, or None for an unconditional model.
        rows: Drawings of each class (in all, 8 times as many without classes).
        seed: Seed of the noise.
        resume: Whether the drawings in the folder belong to this training. Then the number of a file is its epoch.
    """

    def __init__(
        self, folder: str | os.PathLike[str], num_classes: int, rows: int = 2, seed: int = 0, resume: bool = False
    ):
        super().__init__()
        self.resume = require.boolean("resume", resume)
        self.folder, self.num_classes, self.rows, self.seed = Path(folder), num_classes, rows, seed

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Sample and write."""
        with averaged_weights(self.model):
            images = self._sample()
        picture = plot.grid(images, columns=self.num_classes or 8, low=self.model.low, high=self.model.high)
        plot.save(picture, path_of_epoch(self.folder, "png", epoch, self.resume))

    def _sample(self):
        if self.num_classes is None:
            return self.model.sample(8 * self.rows, seed=self.seed, verbose=0)
        labels = np.tile(np.arange(self.num_classes), self.rows)
        return self.model.sample(conditional_input=labels, seed=self.seed, verbose=0)
