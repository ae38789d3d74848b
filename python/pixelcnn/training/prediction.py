"""`predict`: log-probabilities batch by batch, with Keras' callbacks."""

import keras
import numpy as np


def predict_in_batches(distribution, batches, count, verbose, callbacks):
    """Log-probabilities (n,) in nats of the images of all batches.

    Args:
        distribution: The distribution whose `log_prob` is called.
        batches: Pairs (images, condition).
        count: Number of batches, or None if it is not known.
        verbose: As in Keras.
        callbacks: A list.

    Raises:
        ValueError: If there is no batch.
    """
    callbacks = keras.callbacks.CallbackList(
        callbacks, add_progbar=verbose != 0, verbose=verbose, epochs=1, steps=count, model=distribution
    )
    distribution.stop_predicting = False
    callbacks.on_predict_begin()
    found = []
    for step, (images, condition) in enumerate(batches):
        callbacks.on_predict_batch_begin(step)
        found.append(distribution.log_prob(images, condition, batch_size=len(images)))
        callbacks.on_predict_batch_end(step, {"outputs": found[-1]})
        if distribution.stop_predicting:
            break
    callbacks.on_predict_end()
    if not found:
        raise ValueError("x gives no batch; expected at least one.")
    return np.concatenate(found)
