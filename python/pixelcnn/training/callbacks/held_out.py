"""The likelihood of validation images after each epoch."""

from typing import Any

import keras
import numpy as np

from pixelcnn.training.averaging import averaged_weights


class HeldOut(keras.callbacks.Callback):
    """Add `val_bits_per_dim` to the logs of each epoch: the bits/dim of validation images under the averaged weights.

    Args:
        images: (n, H, W, C) integers.
        labels: (n,) integers, or None for a model without condition.
        batch_size: Number of images in a batch, B.
    """

    def __init__(self, images: Any, labels: Any, batch_size: int = 64):
        super().__init__()
        self.images, self.labels, self.batch_size = images, labels, batch_size

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the mean over the validation images to the logs."""
        with averaged_weights(self.model):
            bits = self.model.bits_per_dim(self.images, conditional_input=self.labels, batch_size=self.batch_size)
        if logs is not None:
            logs["val_bits_per_dim"] = float(np.mean(bits))
