"""Functions of a model's variables, compiled where the backend can."""

import functools
import threading
from contextlib import contextmanager
from contextvars import ContextVar

import keras

from pixelcnn.backend import direct_calls, executables
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


_xla_compiles = ContextVar("xla_compiles", default=False)  # whether XLA compiles the function that is traced now


def fuses():
    """Whether XLA fuses successive operations on features into one kernel, and does not run one after the other."""
    return _xla_compiles.get() if keras.backend.backend() == "tensorflow" else keras.backend.backend() == "jax"


def compile_for_inference(function, variables, xla, any_batch=False):
    """A function of tensors that reads a model's variables, compiled where the backend can.

    Args:
        function: Takes and returns nested tensors; must not assign variables.
        variables: All variables that it reads.
        xla: Whether TensorFlow compiles with XLA. JAX always does; torch runs eagerly.
        any_batch: Whether TensorFlow may use one trace for all batch sizes, from the second batch size on. The function
            then must not need the batch size while TensorFlow traces it.

    Returns:
        A function of a list of the variables' values, from `current_values`, and of the function's arguments. It reads
        nothing that another thread may change.
    """
    backend, stateless = keras.backend.backend(), with_values(function, variables)
    if backend == "torch":
        import torch

        return torch.no_grad()(stateless)
    if backend == "jax":
        import jax

        compiled = jax.jit(stateless)
        return _first_alone(lambda: compiled, executables.first_call if xla else _first_call, xla)
    # By default each combination of shapes has a `tf.function` of its own, because TensorFlow warns if one function is
    # traced for several.
    make = functools.partial(tf_function, stateless, xla)
    if any_batch:
        return _first_alone(functools.cache(make), _first_call, xla)
    return _first_alone(make, (executables if xla else direct_calls).first_call, xla)


def _first_call(function, values, arguments):
    return function, function(values, *arguments)


def tf_function(function, xla):
    """Turn a function of tensors into a `tf.function`, compiled with XLA if `xla` is true."""
    import tensorflow as tf

    def run(*arguments):
        token = _xla_compiles.set(xla)
        try:
            return function(*arguments)
        finally:
            _xla_compiles.reset(token)

    # `partial`, because TensorFlow counts the traces of all functions of one code together, and warns if they are many.
    return tf.function(functools.partial(run), jit_compile=xla, autograph=False, reduce_retracing=True)


def _first_alone(make, first_call, takes_long):
    """A function of tensors that calls `make` for each new combination of shapes, then the function from `make`.

    A combination includes where the tensors stand among the arguments and where None stands, because two arguments of
    one shape may mean different things. First calls run one at a time, so that each combination is traced and compiled
    once. If compiling `takes_long`, the function of `telling_of_compilation` is called before. `first_call` returns the
    function for later calls, and the result.
    """
    functions, first_calls = {}, threading.Lock()

    def call(values, *arguments):
        # The type tells values from symbols, with which a backend traces a function of the user that draws.
        shapes = tuple(
            (path, None if x is None else (*x.shape, x.dtype, type(x)))
            for path, x in keras.tree.flatten_with_path(arguments)
        )
        if shapes not in functions:
            tell = _on_compiling.get()
            if tell is not None and takes_long:
                tell()
            with first_calls:
                if shapes not in functions:
                    function, result = first_call(make(), values, arguments)
                    functions[shapes] = function  # after its first call, so that other threads wait for the compilation
                    return result
        return functions[shapes](values, *arguments)

    return call


def call_once(function, variables, *arguments):
    """Call a function of tensors that reads a model's variables and is called only once.

    JAX compiles the whole function, because JAX would otherwise compile each operation by itself. TensorFlow and torch
    run the operations one by one, because compiling would take longer.
    """
    if keras.backend.backend() == "tensorflow":
        return function(*arguments)
    return compile_for_inference(function, variables, xla=False)(current_values(variables), *arguments)
