"""Logs for TensorBoard."""

from importlib.util import find_spec

import keras


def tensorboard(folder):
    """Return Keras' TensorBoard callback, which writes to `folder`, or None if the package is not installed.

    Args:
        folder: The folder of the logs.
    """
    if find_spec("tensorboard") is None or find_spec("tensorflow") is None:
        return None
    return keras.callbacks.TensorBoard(str(folder))
