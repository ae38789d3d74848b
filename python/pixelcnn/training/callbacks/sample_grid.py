"""A picture of the model's drawings after each epoch."""

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np

from pixelcnn import plot, require
from pixelcnn.backend import is_first_machine
from pixelcnn.training.averaging import averaged_weights
from pixelcnn.training.callbacks.numbered_files import path_of_epoch


class SampleGrid(keras.callbacks.Callback):
    """Draw the same classes with the same random numbers after each epoch, as `epoch-001.png`.

    The random numbers do not change, because then only the training changes the drawings. Pictures of an earlier
    training in the folder stay, and the numbers of this training follow their numbers.

    Args:
        folder: The folder of the pictures.
        num_classes: K, which is also the number of columns. None for a model without classes: 8 columns.
        rows: Number of rows of the picture.
        seed: Seed of the random numbers.
        resume: Whether the pictures in the folder belong to this training. If so, the number of a file is its epoch.
        guidance: As in `sample`.
    """

    def __init__(
        self, folder: str | os.PathLike[str], num_classes: int | None, rows: int = 2, seed: int = 0,
        resume: bool = False, guidance: float = 0.0,
    ):  # fmt: skip
        super().__init__()
        self.guidance = require.finite_number("guidance", guidance)
        self.resume = require.boolean("resume", resume)
        self.folder, self.num_classes, self.rows, self.seed = Path(folder), num_classes, rows, seed

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Draw with the averaged weights, and write the picture."""
        columns = self.num_classes or 8
        labels = np.tile(np.arange(columns), self.rows) if self.num_classes else None
        with averaged_weights(self.model):
            images = self.model.sample(
                columns * self.rows, seed=self.seed, conditional_input=labels, guidance=self.guidance, verbose=0
            )
        if is_first_machine():
            picture = plot.grid(images, columns=columns, low=self.model.low, high=self.model.high)
            plot.save(picture, path_of_epoch(self.folder, "png", epoch, self.resume))
