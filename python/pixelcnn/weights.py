"""The weights of a model that one thread may read while another trains it."""

import functools
import threading
from collections import deque
from contextlib import contextmanager

import keras
import numpy as np

from pixelcnn.backend import copies, current_values, deleted, in_stateless_scope, with_values

PATIENCE = 5  # seconds for which a read waits for a training step


class Turns:
    """A lock for those that change or read something, handed on in the order in which threads ask for it."""

    def __init__(self):
        self._change, self._queue = threading.Condition(), deque()  # of threads; the first has its turn

    @contextmanager
    def turn(self, patience=None):
        """Within this context no other thread has its turn, unless one kept it for longer than `patience` seconds. A
        thread that has its turn may ask again.
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
                self._change.wait_for(lambda: self._queue[0] == me, patience)
            yield
        finally:
            with self._change:
                if me in self._queue:  # else an interrupt came first
                    self._queue.remove(me)
                self._change.notify_all()


class SharedModel(keras.Model):
    """A Keras model whose weights other threads may read, whole, while one thread trains it.

    A training step changes one variable after the other. On JAX the training loop even takes the values away from the
    variables and passes them from step to step, and each step deletes those that it was given. So training steps and
    reads take turns, and a read on JAX copies the values that the loop has.
    """

    __module__ = "pixelcnn"  # R sees a class' module as its S3 classes, so it must not depend on where the class is

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._turns, self._loop = Turns(), threading.RLock()
        self._in_loop = None  # on JAX, while the loop has them: the values of trainable and other variables

    def turn(self):
        """A context in which this thread alone reads or changes the weights."""
        return self._turns.turn()

    @contextmanager
    def alone(self, what):
        """A context for what one thread may do at a time, since Keras keeps the metrics, and on JAX the weights, of its
        loops on the model.

        Raises:
            RuntimeError: If another thread is in such a context.
        """
        if not self._loop.acquire(blocking=False):
            raise RuntimeError(
                f"{what}() does not fit: another thread trains or evaluates this model, and Keras keeps what it counts "
                "meanwhile on the model; expected one thread at a time. "
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
        """The values of variables of this model, all of the same step; later steps do not change them.

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
        """What a function returns that reads variables of this model, all of the same step."""
        if in_stateless_scope():
            return function()
        return with_values(function, variables)(self.values_of(variables))

    def set_weights(self, weights):
        """As in Keras."""
        with self.alone("set_weights"), self.turn():
            super().set_weights(weights)

    def make_train_function(self, force=False):
        """As in Keras; no read sees the weights amid a step."""
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
        """What a loop of JAX begins with: copies, since its first step deletes what others may be reading."""
        with self.turn():
            trainable, others, *rest = super()._get_jax_state(**which)
            self._in_loop = (*trainable, *others)
            return copies(trainable), copies(others), *rest

    def jax_state_sync(self):
        """On JAX, hand the values that its loop has back to the variables; elsewhere there is nothing to do."""
        if keras.backend.backend() == "jax":
            with self.turn():
                super().jax_state_sync()
                self._in_loop = None

    def _take_back(self):
        """After an error on JAX, give variables the values that a loop had: of Keras' loops only `fit` does so."""
        with self.turn():
            in_loop = self._in_loop
            self.jax_state_sync()
            if in_loop is not None and not deleted(in_loop):
                for variable, value in zip(self._of_loops(), in_loop, strict=True):
                    variable.assign(value)

    def _of_loops(self):
        """The variables whose values a loop of JAX has, in its order."""
        return (*self.trainable_variables, *self.non_trainable_variables)


def alone(method):
    """A method of a `SharedModel` that one thread may call at a time."""

    @functools.wraps(method)
    def call(self, *args, **kwargs):
        with self.alone(method.__name__):
            return method(self, *args, **kwargs)

    return call


def check_finite(variables, name="it"):
    """Check that all weights are finite.

    Args:
        variables: Keras variables.
        name: What holds them, for the error.

    Raises:
        ValueError: If one is not; the message names it.
    """
    for variable in variables:
        missing = ~np.isfinite(keras.ops.convert_to_numpy(variable))
        if np.any(missing):
            raise ValueError(
                f"{name} holds weights that are not finite: {np.sum(missing):,} of {missing.size:,} in {variable.path}."
            )
