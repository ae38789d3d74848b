"""The loop of `predict`: log-probabilities of one batch after the other, with Keras' callbacks."""

import keras
import numpy as np


def predict_in_batches(distribution, batches, count, verbose, callbacks):
    """Return the log-probabilities (n,) in nats of the images of all batches.

    Args:
        distribution: The distribution whose `log_prob` is called.
        batches: Iterable of pairs (images, condition).
        count: Number of batches, or None if the number is not known.
        verbose: As in Keras.
        callbacks: List of Keras callbacks.

    Raises:
        ValueError: If `batches` is empty.
    """
    callbacks = keras.callbacks.CallbackList(
        callbacks, add_progbar=verbose != 0, verbose=verbose, epochs=1, steps=count, model=distribution
    )
    distribution.stop_predicting = False
    callbacks.on_predict_begin()
    nats = []
    for step, (images, condition) in enumerate(batches):
        callbacks.on_predict_batch_begin(step)
        nats.append(distribution.log_prob(images, condition, batch_size=len(images)))
        callbacks.on_predict_batch_end(step, {"outputs": nats[-1]})
        if distribution.stop_predicting:
            break
    callbacks.on_predict_end()
    if not nats:
        raise ValueError("x gives no batch: expected at least one.")
    return np.concatenate(nats)
