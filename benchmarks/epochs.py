"""The seconds of an epoch of `fit`."""

import time

import keras


class Epochs(keras.callbacks.Callback):
    """Keeps the seconds of each epoch: on the clock, and of all cores. The first epoch compiles."""

    def __init__(self):
        super().__init__()
        self.seconds, self.core_seconds = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        clock, cores = self.began
        self.seconds.append(time.perf_counter() - clock)
        self.core_seconds.append(time.process_time() - cores)
