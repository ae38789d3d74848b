"""The random numbers of a training as a function of (seed, epoch)."""

from typing import Any

import keras
import numpy as np

SEED_STATE = "seed_generator_state"  # Keras' name of the state of a `SeedGenerator`


class EpochSeed(keras.callbacks.Callback):
    """Make the order of the images and the dropout of each epoch a function of (seed, epoch).

    This is needed because Keras' checkpoints lack the state of random layers: a resumed run would repeat the dropout of
    its first epochs.

    Args:
        batches: The `ShuffledBatches` of the training. Their seed also seeds the dropout.
    """

    def __init__(self, batches: Any):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the order of the images, and the state of each random layer."""
        self.batches.set_epoch(epoch)
        random = np.random.default_rng((self.batches.seed, epoch, 1))
        for variable in self.model.variables:
            if variable.name == SEED_STATE:
                variable.assign(random.integers(0, 2**31, variable.shape).astype(variable.dtype))
