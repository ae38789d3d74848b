"""The random numbers of a training as a function of (seed, epoch)."""

from typing import Any

import keras

from pixelcnn.training.position import seed_epoch


class EpochSeed(keras.callbacks.Callback):
    """Make the order of the images and the dropout of each epoch a function of (seed, epoch).

    Args:
        batches: The `ShuffledBatches` of the training. Their seed also seeds the dropout.
    """

    def __init__(self, batches: Any):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the order of the images, and the state of each random layer."""
        self.batches.set_epoch(epoch)
        seed_epoch(self.model, self.batches.seed, epoch)
