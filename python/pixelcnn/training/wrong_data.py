"""A training ends where its data set holds what does not exist."""

import keras

EVERY = 10  # steps, between looks


class WrongDataStop(keras.callbacks.Callback):
    """Ends a training on a data set that holds a level or a label which does not exist, and says where.

    Such an image has a log-probability of minus infinity, and no update is made from its batch. The callback looks at
    the first step, every tenth and each epoch, so that no other step waits for the device.

    Args:
        inputs: An `Inputs`.
        training, validation: The data sets, None for what was looked at whole.

    Raises:
        ValueError: From `fit`, in that case.
    """

    def __init__(self, inputs, training=None, validation=None):
        super().__init__()
        self.inputs, self.training, self.validation = inputs, training, validation
        self.step = 0

    def on_train_batch_end(self, batch, logs=None):
        """Look, when it is time."""
        if self.step % EVERY == 0:
            self._look(logs, "bits_per_dim", self.training, "x")
        self.step += 1

    def on_epoch_end(self, epoch, logs=None):
        """Look at what the whole epoch came to."""
        self._look(logs, "bits_per_dim", self.training, "x")
        self._look(logs, "val_bits_per_dim", self.validation, "validation_data")

    def _look(self, logs, metric, source, name):
        if source is not None and metric in (logs or {}):
            bits = keras.ops.convert_to_numpy(logs[metric])
            self.inputs.require_finite(float(bits), source, name)
