"""The loss of functional models that output a log-probability."""

import keras


@keras.saving.register_keras_serializable(package="pixelcnn")
def negative_log_likelihood(y_true, y_pred):
    """Minus the model's output, which is a log-probability in nats (B,); the target is not looked at.

    Args:
        y_true: Anything of the batch's length, such as the labels.
        y_pred: Log-probabilities (B,).

    Example:
        >>> import numpy as np
        >>> [float(nats) for nats in negative_log_likelihood(np.zeros(2), np.array([-1.5, -2.0]))]
        [1.5, 2.0]
    """
    return -y_pred
