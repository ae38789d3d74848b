"""A Keras model that one thread trains while other threads read its weights, all weights of the same step."""

import functools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

import keras
import numpy as np

from pixelcnn.backend import (
    Placed,
    copies,
    current_values,
    deleted,
    devices_of,
    in_stateless_scope,
    values_on,
    with_values,
)

PATIENCE = 5  # seconds; the longest time that a read waits for a training step

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Turns:
    """A lock that threads get in the order of their requests. A thread may stop waiting and go on without the lock."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._queue: deque[int] = deque()  # identifiers of threads; the first thread holds the lock

    @contextmanager
    def turn(self, patience: float | None = None) -> Iterator[None]:
        """A context in which this thread holds the lock.

        A thread that waited for `patience` seconds enters the context without the lock. With None, the wait has no
        limit. A thread that holds the lock may enter again.
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
                    self._queue.remove(me)  # because this thread no longer waits, and must not get the lock later
            yield
        finally:
            with self._change:
                if me in self._queue:  # false after `patience` seconds, or after an interrupt before `append`
                    self._queue.remove(me)
                self._change.notify_all()


class SharedModel(keras.Model):
    """A Keras model that one thread trains while other threads read its weights, all weights of the same step.

    Training steps and reads take turns, because a training step changes one variable after the other. On JAX, Keras'
    training loop takes the values out of the variables, passes them from step to step, and each step deletes its input
    values. So a read on JAX copies the values that the loop holds.
    """

    __module__ = "pixelcnn"  # reticulate makes S3 classes of this name, so the name must not depend on the file

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._turns, self._loop = Turns(), threading.RLock()
        # The values that a loop on JAX holds, of the trainable variables and then of the others; None outside a loop.
        self._in_loop: tuple[Any, ...] | None = None

    def turn(self) -> AbstractContextManager[None]:
        """A context in which only this thread reads or changes the weights."""
        return self._turns.turn()

    @contextmanager
    def alone(self, method: str) -> Iterator[None]:
        """A context for work that only one thread may do at a time: training, evaluating, saving.

        Keras keeps a loop's metrics, and on JAX its weights, on the model. Two loops at once would mix them up.

        Args:
            method: Name of the method, for the error.

        Raises:
            RuntimeError: If another thread is in such a context.
        """
        if not self._loop.acquire(blocking=False):
            raise RuntimeError(
                f"{method}() cannot run now: expected one thread at a time, because another thread trains, evaluates "
                "or saves this model, and Keras keeps the metrics of a loop on the model. (log_prob(), bits_per_dim(), "
                "sample() and complete() work in any thread.)"
            )
        try:
            yield
        except BaseException:
            self._take_back()
            raise
        finally:
            self._loop.release()

    def _placed_values(self, variables: Sequence[Any]) -> Placed:
        """The values of variables of this model on each of its devices, all of the same step, as `values_of`."""
        return Placed(self.values_of(variables), devices_of(self))

    def values_of(self, variables: Sequence[Any]) -> list[Any]:
        """The values of variables of this model on the first of its devices, all of the same step.

        Args:
            variables: Keras variables.
        """
        values, devices = self._values_of(variables), devices_of(self)
        return values_on(values, devices[0]) if devices and not in_stateless_scope() else values

    def _values_of(self, variables):
        """The values of variables of this model, all of the same step. Later steps do not change these values.

        A read waits for the end of a training step, but no longer than `PATIENCE` seconds, because the training step
        may wait for data from the reading thread. A read without the lock may mix values before and after an update.
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

    def whole(self, function: Callable[[], Any], variables: Sequence[Any]) -> Any:
        """Call a function that reads variables of this model, such that all values are of the same step."""
        if in_stateless_scope():
            return function()
        return with_values(function, variables)(self._values_of(variables))

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all weights, as `keras.Model.set_weights` does."""
        with self.alone("set_weights"), self.turn():
            super().set_weights(weights)

    train_function: Any  # set by Keras

    def make_train_function(self, force: bool = False) -> None:
        """As in Keras, but training steps and reads take turns, so that no read sees an unfinished update."""
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
        """The values with which a loop on JAX begins. They are copies, because the first step deletes its inputs."""
        with self.turn():
            trainable, others, *rest = super()._get_jax_state(**which)
            self._in_loop = (*trainable, *others)
            return copies(trainable), copies(others), *rest

    def jax_state_sync(self) -> None:
        """On JAX, write the values that the loop holds into the variables. On other backends, do nothing."""
        if keras.backend.backend() == "jax":
            with self.turn():
                super().jax_state_sync()
                self._in_loop = None

    def _take_back(self):
        """After an error on JAX, write the loop's values into the variables, which Keras does only in `fit`."""
        with self.turn():
            in_loop = self._in_loop
            self.jax_state_sync()
            if in_loop is not None and not deleted(in_loop):
                for variable, value in zip(self._of_loops(), in_loop, strict=True):
                    variable.assign(value)

    def _of_loops(self):
        """The variables whose values a loop on JAX holds, in the order of the loop."""
        return (*self.trainable_variables, *self.non_trainable_variables)


def in_one_thread(
    method: Callable[Concatenate[Any, Arguments], Result],
) -> Callable[Concatenate[Any, Arguments], Result]:
    """Decorate a method of a `SharedModel` that only one thread may run at a time."""

    @functools.wraps(method)
    def call(self: Any, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with self.alone(method.__name__):
            return method(self, *args, **kwargs)

    return call


def check_finite(variables: Iterable[Any], name: str = "the model") -> None:
    """Check that all weights are finite.

    Args:
        variables: Keras variables.
        name: The model or file that has these weights, for the error.

    Raises:
        ValueError: If a weight is not finite. The error names its variable.
    """
    for variable in variables:
        wrong = ~np.isfinite(keras.ops.convert_to_numpy(variable))
        if np.any(wrong):
            raise ValueError(
                f"{name} holds weights that are not finite: {np.sum(wrong):,} of {wrong.size:,} in {variable.path}."
            )
