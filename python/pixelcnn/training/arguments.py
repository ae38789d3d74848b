"""Checks of the arguments of Keras' loops, before a loop starts."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate

import keras
import numpy as np

from pixelcnn import require
from pixelcnn.shared_model import Arguments, Result
from pixelcnn.training.finite import NonFiniteStop

AT_LEAST_0 = ("epochs", "initial_epoch")


def whole_numbers(**arguments):
    """Return sizes and counts as a dictionary, name -> int; None stays None.

    Raises:
        ValueError: If an argument is not a whole number of at least 1 (`epochs` and `initial_epoch`: 0).

    Example:
        >>> whole_numbers(epochs=2.0, steps_per_epoch=None)
        {'epochs': 2, 'steps_per_epoch': None}
    """
    return {
        name: value if value is None else require.integer(name, value, 0 if name in AT_LEAST_0 else 1)
        for name, value in arguments.items()
    }


def check_validation_freq(validation_freq):
    """Check `validation_freq`: the number of epochs from one validation to the next, or a list of epochs from 1 on."""
    if isinstance(validation_freq, (list, tuple, np.ndarray)):
        return [require.positive_integer("validation_freq", epoch) for epoch in validation_freq]
    return require.positive_integer("validation_freq", validation_freq)


def check_verbose(verbose):
    """Check `verbose` of Keras' loops: "auto", 0, 1 or 2."""
    return require.one_of("verbose", verbose, ("auto", 0, 1, 2))


def check_callbacks(callbacks, first=(), stop=None):
    """Check the user's callbacks, and return them as a list together with the callbacks of `fit`.

    Callbacks that monitor `bits_per_dim` with `mode="auto"` get `mode="min"`, because Keras knows the direction only of
    metrics that its own `compile` received.

    Args:
        callbacks: A callback, a list of callbacks, a Keras `CallbackList` or None.
        first: Callbacks that precede the user's callbacks.
        stop: A `NonFiniteStop` that follows the user's callbacks. If the user passes a `NonFiniteStop`, it replaces
            `stop` and gets the batches of `stop`.

    Raises:
        ValueError: If an object is not a Keras callback, or is a `SwapEMAWeights`.
    """
    callbacks = callbacks.callbacks if isinstance(callbacks, keras.callbacks.CallbackList) else callbacks
    callbacks = [] if callbacks is None else keras.tree.flatten(callbacks)
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(f"callbacks holds {callback!r}: expected callbacks of Keras 3 (keras.callbacks.Callback).")
        if isinstance(callback, keras.callbacks.SwapEMAWeights):
            raise ValueError(
                "callbacks holds SwapEMAWeights: expected compile(ema_momentum=...) without SwapEMAWeights, because "
                "validation, evaluate() and the end of fit() use the averages already."
            )
        monitored = str(getattr(callback, "monitor", "")).removeprefix("val_")
        if monitored == "bits_per_dim" and getattr(callback, "mode", None) == "auto":
            callback.mode = "min"
        if isinstance(callback, NonFiniteStop) and stop is not None:
            callback.batches, stop = stop.batches, None
    return [*first, *callbacks, *([] if stop is None else [stop])]


def without_training(
    method: Callable[Concatenate[Any, Arguments], Result],
) -> Callable[Concatenate[Any, Arguments], Result]:
    """Decorate a method to refuse `training`, which TFP's method of this name has, with the calls that train."""

    @functools.wraps(method)
    def call(self: Any, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if "training" in kwargs:
            raise ValueError(
                f"training={kwargs['training']!r} does not fit: expected {method.__name__}() without it, because "
                "dropout is active in fit() only; to train, call dist.compile('adam') and dist.fit(images, labels)."
            )
        return method(self, *args, **kwargs)

    return call
