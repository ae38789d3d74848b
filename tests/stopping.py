"""Trainings that end as by a crash."""

import keras


class Stopped(Exception):
    """Ends a training as a crash does."""


class StopAt(keras.callbacks.Callback):
    """End the training after a number of its steps."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise Stopped
