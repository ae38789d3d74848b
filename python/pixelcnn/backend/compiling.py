"""Functions of a model's variables, compiled where the backend can."""

import functools
import threading
from contextlib import contextmanager
from contextvars import ContextVar

import keras

from pixelcnn.backend.values import current_values, with_values

_on_compiling: ContextVar = ContextVar("on_compiling", default=None)


@contextmanager
def telling_of_compilation(tell):
    """A context in which `tell` is called before XLA compiles a function for new shapes."""
    token = _on_compiling.set(tell)
    try:
        yield
    finally:
        _on_compiling.reset(token)


_xla_compiles = ContextVar("xla_compiles", default=False)  # what TensorFlow traces now


def fuses():
    """Whether operations on features become one: XLA makes one kernel of them, where others run one after the other."""
    return _xla_compiles.get() if keras.backend.backend() == "tensorflow" else keras.backend.backend() == "jax"


def compile_for_inference(function, variables, xla, any_batch=False):
    """A function of tensors that reads a model's variables, compiled where the backend can.

    Args:
        function: Takes and returns nested tensors; must not assign variables.
        variables: All variables that it reads.
        xla: Whether TensorFlow compiles with XLA. JAX always does; torch runs eagerly.
        any_batch: Whether TensorFlow may trace the function once for all sizes of its first axis, from the second size
            on. The function then must not need that size while it is traced.

    Returns:
        A function of a list of the variables' values, from `current_values`, and of the function's arguments. It reads
        nothing that another thread may change.
    """
    backend, stateless = keras.backend.backend(), with_values(function, variables)
    if backend == "tensorflow":
        if any_batch:
            traced = tf_function(stateless, xla)
            return _first_alone(lambda: traced, xla)
        # One for each shape: they are few by design, which TensorFlow would warn of.
        return _first_alone(lambda: tf_function(stateless, xla), xla)
    if backend == "jax":
        import jax

        compiled = jax.jit(stateless)
        return _first_alone(lambda: compiled, xla)
    import torch

    def without_gradients(*arguments):
        with torch.no_grad():
            return stateless(*arguments)

    return without_gradients


def tf_function(function, xla):
    """A function of its own to TensorFlow, which counts the traces of all functions of one code together."""
    import tensorflow as tf

    def run(*arguments):
        token = _xla_compiles.set(xla)
        try:
            return function(*arguments)
        finally:
            _xla_compiles.reset(token)

    return tf.function(functools.partial(run), jit_compile=xla, autograph=False, reduce_retracing=True)


def _first_alone(make, takes_long):
    """A function of tensors that calls `make` for each new combination of shapes, and calls the function that it made.

    Only one thread at a time makes a first call, so that each combination is traced and compiled once. If that
    `takes_long`, it is reported before (`telling_of_compilation`).
    """
    functions, alone = {}, threading.Lock()

    def call(values, *arguments):
        shapes = tuple((*x.shape, x.dtype) for x in keras.tree.flatten(arguments) if x is not None)
        if shapes not in functions:
            tell = _on_compiling.get()
            if tell is not None and takes_long:
                tell()
            with alone:
                if shapes not in functions:
                    function = make()
                    found = function(values, *arguments)
                    functions[shapes] = function
                    return found
        return functions[shapes](values, *arguments)

    return call


def call_once(function, variables, *arguments):
    """What a function of tensors returns that reads a model's variables and is called but once.

    JAX would compile each of its operations for each shape, so it compiles the function; for the others, which start
    an operation at once, compiling would only cost time.
    """
    if keras.backend.backend() == "tensorflow":
        return function(*arguments)
    return compile_for_inference(function, variables, xla=False)(current_values(variables), *arguments)
