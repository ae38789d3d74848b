"""Random numbers of training that are a function of (seed, epoch)."""

from typing import Any

import keras
import numpy as np

SEED_STATE = "seed_generator_state"  # what Keras calls the state of a `SeedGenerator`


class EpochSeed(keras.callbacks.Callback):
    """Make the order of the images and the dropout of each epoch a function of (seed, epoch).

    Keras' checkpoints do not hold the state of random layers, so a resumed run would repeat the first epochs' noise.

    Args:
        batches: The `ShuffledBatches`, whose seed is also the seed of dropout.
    """

    def __init__(self, batches: Any):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Choose the order, and where each random layer begins."""
        self.batches.set_epoch(epoch)
        random = np.random.default_rng((self.batches.seed, epoch, 1))
        for variable in self.model.variables:
            if variable.name == SEED_STATE:
                variable.assign(random.integers(0, 2**31, variable.shape).astype(variable.dtype))
