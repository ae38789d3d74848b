"""Losses for functional models that output a log-probability: a loss function, and a layer that needs no target."""

from typing import Any

import keras

__all__ = ["NegativeLogLikelihood", "negative_log_likelihood"]


@keras.saving.register_keras_serializable(package="pixelcnn")
def negative_log_likelihood(y_true: Any, y_pred: Any) -> Any:
    """Minus the model's output, which is a log-probability in nats (B,). The target is ignored.

    Args:
        y_true: Any target of length B, such as the labels.
        y_pred: Log-probabilities (B,) in nats.

    Returns:
        The loss (B,) in nats.

    Example:
        >>> import numpy as np
        >>> [float(nats) for nats in negative_log_likelihood(np.zeros(2), np.array([-1.5, -2.0]))]
        [1.5, 2.0]
    """
    return -y_pred


@keras.saving.register_keras_serializable(package="pixelcnn")
class NegativeLogLikelihood(keras.layers.Layer):
    """Returns log-probabilities (B,) in nats unchanged, and adds minus their mean to the loss of its model.

    This layer replaces `model.add_loss(-mean(log_prob))`, which Keras 3 does not have. With this layer, `compile` needs
    no `loss` and `fit` needs no target, so a data set of ((image, condition),) trains the model. Weights of images
    (`sample_weight`, `class_weight`) do not reach a layer: to use them, compile with `negative_log_likelihood`.

    Example:
        >>> import keras, numpy as np, pixelcnn
        >>> dist = pixelcnn.PixelCNN((4, 4, 1), num_classes=2, num_blocks=1, num_filters=4, high=3)
        >>> image, label = keras.Input((4, 4, 1)), keras.Input((), dtype="int32")
        >>> log_prob = dist.log_prob(image, conditional_input=label)
        >>> model = keras.Model([image, label], pixelcnn.losses.NegativeLogLikelihood()(log_prob))
        >>> model.compile("adam")
        >>> history = model.fit([np.zeros((2, 4, 4, 1)), np.array([0, 1])], verbose=0)
        >>> list(history.history)
        ['loss']
    """

    def __init__(self, **kwargs: Any):
        # Without autocast, because half precision keeps three digits of a log-probability.
        super().__init__(**{"autocast": False, **kwargs})

    def call(self, log_prob: Any) -> Any:
        """Add the loss, and return the log-probabilities (B,) unchanged."""
        self.add_loss(-keras.ops.mean(log_prob))
        return log_prob
