"""Weights that other threads can read, all of one step, while one thread trains the model."""

import functools
import threading
from collections import deque
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from pixelcnn.backend import copies, current_values, deleted, in_stateless_scope, with_values
from pixelcnn.weights_file import check_file

PATIENCE = 5  # seconds; a read waits for a training step at most so long


class Turns:
    """A lock that threads get in the order in which they ask for it. A thread may stop waiting and go on without it."""

    def __init__(self):
        self._change, self._queue = threading.Condition(), deque()  # of threads; the first holds the lock

    @contextmanager
    def turn(self, patience=None):
        """A context in which this thread holds the lock.

        A thread that waited for `patience` seconds enters the context without the lock; None waits without limit. A
        thread that holds the lock may enter again.
        """
        me = threading.get_ident()
        with self._change:
            nested = me in self._queue
        if nested:
            yield
            return
        try:
            with self._change:
                self._queue.append(me)
                if not self._change.wait_for(lambda: self._queue[0] == me, patience):
                    self._queue.remove(me)  # else the lock would come to a thread that no longer waits for it
            yield
        finally:
            with self._change:
                if me in self._queue:  # not there after a wait in vain, or an interrupt before it was added
                    self._queue.remove(me)
                self._change.notify_all()


class SharedModel(keras.Model):
    """A Keras model whose weights other threads can read, all of one step, while one thread trains it.

    A training step changes one variable after the other, so training steps and reads take turns. On JAX the training
    loop takes the values out of the variables and passes them from step to step, and each step deletes the values that
    it was given. So a read on JAX copies the values that the loop holds.
    """

    __module__ = "pixelcnn"  # reticulate makes S3 classes of it: it must not change if the class moves

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._turns, self._loop = Turns(), threading.RLock()
        self._in_loop = None  # on JAX, while its loop holds them: the values of trainable, then of other variables

    def turn(self):
        """A context in which this thread alone reads or changes the weights."""
        return self._turns.turn()

    @contextmanager
    def alone(self, what):
        """A context for work that only one thread may do at a time: training, evaluating, saving.

        Keras' loops keep their metrics, and on JAX the weights, on the model, so two loops at once would mix them up.

        Args:
            what: Name of the method, for the error.

        Raises:
            RuntimeError: If another thread is in such a context.
        """
        if not self._loop.acquire(blocking=False):
            raise RuntimeError(
                f"{what}() does not fit: another thread trains or evaluates this model, and Keras keeps the metrics of "
                "both on the model; expected one thread at a time. "
                "log_prob(), bits_per_dim(), sample() and complete() work in any thread."
            )
        try:
            yield
        except BaseException:
            self._take_back()
            raise
        finally:
            self._loop.release()

    def values_of(self, variables):
        """The values of variables of this model, all of the same step. Later steps do not change these values.

        A read waits for the end of a training step, but no longer than `PATIENCE` seconds, because that step may wait
        for data from the thread that reads. After that, some variables may be read before an update and some after it.
        """
        while True:
            with self._turns.turn(PATIENCE):
                in_loop = self._in_loop
                if in_loop is None or in_stateless_scope():
                    return current_values(variables)
                of_loop = {id(variable): value for variable, value in zip(self._of_loops(), in_loop, strict=True)}
                wanted = [of_loop[id(variable)] for variable in variables]
                if not deleted(wanted):
                    return copies(wanted)

    def whole(self, function, variables):
        """Call a function that reads variables of this model, and return its result: it reads values of one step."""
        if in_stateless_scope():
            return function()
        return with_values(function, variables)(self.values_of(variables))

    def set_weights(self, weights):
        """As in Keras."""
        with self.alone("set_weights"), self.turn():
            super().set_weights(weights)

    def load_weights(self, filepath, **kwargs):
        """Load weights as `keras.Model.load_weights` does; integers in the place of floats are an error.

        Args:
            filepath: Path of a `.keras`, `.weights.h5` or `.weights.json` file.
            **kwargs: As in `keras.Model.load_weights`.

        Raises:
            ValueError: If the file holds integers or booleans where this model has floats.
        """
        with self.alone("load_weights"), self.turn():
            if Path(filepath).suffix in (".keras", ".h5"):
                check_file(filepath, self)
            super().load_weights(filepath, **kwargs)

    def make_train_function(self, force=False):
        """As in Keras, but steps and reads take turns, so that no read sees a half-made update."""
        before = self.train_function
        super().make_train_function(force)
        step = self.train_function
        if step is before:
            return
        on_jax = keras.backend.backend() == "jax"

        @functools.wraps(step)
        def in_turn(*arguments):
            with self.turn():
                result = step(*arguments)
                if on_jax:
                    _, (trainable, others, *_) = result
                    self._in_loop = (*trainable, *others)
            return result

        self.train_function = in_turn

    def _get_jax_state(self, **which):
        """The values that a loop on JAX begins with: copies, because its first step deletes them."""
        with self.turn():
            trainable, others, *rest = super()._get_jax_state(**which)
            self._in_loop = (*trainable, *others)
            return copies(trainable), copies(others), *rest

    def jax_state_sync(self):
        """On JAX, write the values that the loop holds into the variables; on other backends do nothing."""
        if keras.backend.backend() == "jax":
            with self.turn():
                super().jax_state_sync()
                self._in_loop = None

    def _take_back(self):
        """After an error on JAX, write the loop's values into the variables. Keras does so in `fit` alone."""
        with self.turn():
            in_loop = self._in_loop
            self.jax_state_sync()
            if in_loop is not None and not deleted(in_loop):
                for variable, value in zip(self._of_loops(), in_loop, strict=True):
                    variable.assign(value)

    def _of_loops(self):
        """The variables whose values a loop on JAX holds, in its order."""
        return (*self.trainable_variables, *self.non_trainable_variables)


def alone(method):
    """Decorate a method of a `SharedModel` that only one thread may run at a time."""

    @functools.wraps(method)
    def call(self, *args, **kwargs):
        with self.alone(method.__name__):
            return method(self, *args, **kwargs)

    return call


def check_finite(variables, name="it"):
    """Check that all weights are finite.

    Args:
        variables: Keras variables.
        name: What has these weights, for the error.

    Raises:
        ValueError: If one is not; the message names it.
    """
    for variable in variables:
        missing = ~np.isfinite(keras.ops.convert_to_numpy(variable))
        if np.any(missing):
            raise ValueError(
                f"{name} holds weights that are not finite: {np.sum(missing):,} of {missing.size:,} in {variable.path}."
            )
