"""End a training whose data set holds a level or a label that does not exist."""

import keras

EVERY = 10  # steps between two checks


class WrongDataStop(keras.callbacks.Callback):
    """Ends a training on a data set that holds a level or a label that does not exist, and names the batch.

    Such an image has a log-probability of minus infinity, and no update is made from its batch. The callback checks
    `bits_per_dim` at the first step, at every tenth and after each epoch only, because a check waits for the device.

    Args:
        inputs: An `Inputs`.
        training, validation: The data sets; None for one whose values were all checked before.

    Raises:
        ValueError: From `fit`, if such a level or label is found.
    """

    def __init__(self, inputs, training=None, validation=None):
        super().__init__()
        self.inputs, self.training, self.validation = inputs, training, validation
        self.step = 0

    def on_train_batch_end(self, batch, logs=None):
        """Check at the first step and at every tenth."""
        if self.step % EVERY == 0:
            self._look(logs, "bits_per_dim", self.training, "x")
        self.step += 1

    def on_epoch_end(self, epoch, logs=None):
        """Check the values of the whole epoch, those of the validation too."""
        self._look(logs, "bits_per_dim", self.training, "x")
        self._look(logs, "val_bits_per_dim", self.validation, "validation_data")

    def _look(self, logs, metric, source, name):
        if source is not None and metric in (logs or {}):
            bits = keras.ops.convert_to_numpy(logs[metric])
            self.inputs.require_finite(float(bits), source, name)
