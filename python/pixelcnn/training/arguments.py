"""Arguments of Keras' training loop, checked before it starts."""

import keras
import numpy as np

from pixelcnn import require
from pixelcnn.training.finite import NonFiniteStop

AT_LEAST_0 = ("epochs", "initial_epoch")


def whole_numbers(**arguments):
    """Sizes and counts as a dictionary, name -> int; None stays None.

    Raises:
        ValueError: If one is not a whole number, or too small.

    Example:
        >>> whole_numbers(epochs=2.0, steps_per_epoch=None)
        {'epochs': 2, 'steps_per_epoch': None}
    """
    return {name: value if value is None else _whole_number(name, value) for name, value in arguments.items()}


def _whole_number(name, value):
    if name not in AT_LEAST_0:
        return require.positive_integer(name, value)
    if require.integer(name, value) < 0:
        raise ValueError(f"{name}={value!r} does not fit: expected a whole number of at least 0.")
    return require.integer(name, value)


def check_validation_freq(validation_freq):
    """Check `validation_freq`: the number of epochs between validations, or a list of epochs, counted from 1."""
    if isinstance(validation_freq, (list, tuple, np.ndarray)):
        return [require.positive_integer("validation_freq", epoch) for epoch in validation_freq]
    return require.positive_integer("validation_freq", validation_freq)


def check_verbose(verbose):
    """Check `verbose` of Keras' loops: "auto", 0, 1 or 2."""
    return require.one_of("verbose", verbose, ("auto", 0, 1, 2))


def check_callbacks(callbacks, first=(), stop=None):
    """Check callbacks, and return them as a list with ours among them.

    Callbacks that monitor `bits_per_dim` with `mode="auto"` get `mode="min"`, because Keras knows the direction only of
    metrics that were given to its own `compile`.

    Args:
        callbacks: A callback, a list of callbacks, a Keras `CallbackList` or None.
        first: Callbacks to put before the given ones.
        stop: A `NonFiniteStop` to put behind them. If one is given, that one gets the batches of `stop` instead.

    Raises:
        ValueError: If one is not a Keras callback, or exchanges weights and averages, as distributions do themselves.
    """
    given = callbacks.callbacks if isinstance(callbacks, keras.callbacks.CallbackList) else callbacks
    given = [] if given is None else keras.tree.flatten(given)
    for callback in given:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(f"callbacks holds {callback!r}; expected keras.callbacks.Callback objects.")
        if isinstance(callback, keras.callbacks.SwapEMAWeights):
            raise ValueError(
                "callbacks holds SwapEMAWeights, which does not fit: it would exchange weights and averages a second "
                "time, because validation, evaluate() and the end of fit() use the averages already; "
                "expected compile(ema_momentum=...) without it."
            )
        if getattr(callback, "mode", None) == "auto":
            watched = str(getattr(callback, "monitor", "")).removeprefix("val_")
            callback.mode = "min" if watched == "bits_per_dim" else "auto"
        if isinstance(callback, NonFiniteStop) and stop is not None:
            callback.batches, stop = stop.batches, None
    return [*first, *given, *([] if stop is None else [stop])]
