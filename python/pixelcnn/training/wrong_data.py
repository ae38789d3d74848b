"""End a training on a data set that holds a level or a label out of range."""

import keras

EVERY = 10  # steps between two checks


class WrongDataStop(keras.callbacks.Callback):
    """End a training on a data set that holds a level or a label out of range, and name the batch.

    An image with such a level or label has a log-probability of minus infinity, and its batch makes no update. The
    callback checks `bits_per_dim` only at steps 1, 11, 21, … and after each epoch, because a check waits for the
    device.

    Args:
        inputs: The `Inputs` of the distribution.
        training, validation: A `tf.data` data set each; None for other data, whose values are checked before each step.

    Raises:
        ValueError: From `fit`, if a level or label is out of range.
    """

    def __init__(self, inputs, training=None, validation=None):
        super().__init__()
        self.inputs, self.training, self.validation = inputs, training, validation
        self.step = 0

    def on_train_batch_end(self, batch, logs=None):
        """Check steps 1, 11, 21, …"""
        if self.step % EVERY == 0:
            self._check(logs, "bits_per_dim", self.training, "x")
        self.step += 1

    def on_epoch_end(self, epoch, logs=None):
        """Check the mean over the epoch, and the mean of the validation."""
        self._check(logs, "bits_per_dim", self.training, "x")
        self._check(logs, "val_bits_per_dim", self.validation, "validation_data")

    def _check(self, logs, metric, source, name):
        if source is not None and metric in (logs or {}):
            bits = keras.ops.convert_to_numpy(logs[metric])
            self.inputs.require_finite(float(bits), source, name)
