"""Calls of TensorFlow's functions by name.

A call of a `tf.function` compares its arguments with those of all its traces, and casts each tensor. For the 200
kernels of a small sampler this takes 2 ms, a tenth of the time in which the sampler draws an image. The functions here
are called with tensors of one list of shapes and dtypes, so they need neither.
"""

from collections.abc import Callable, Sequence
from typing import Any


def first_call(function: Any, values: Any, arguments: Sequence[Any]) -> tuple[Callable[..., Any], Any]:
    """Call a `tf.function` for the first time; return the function for later calls, and the result."""
    if is_possible():
        concrete = function.get_concrete_function(values, *arguments)
        function = direct_call(function, concrete, concrete.name, values, arguments)
    return function, function(values, *arguments)


def is_possible() -> bool:
    """Whether a function that is traced now can be called by name later: not inside of another function, and not for a
    device that the user chose, because the traced function belongs to that device.
    """
    import tensorflow as tf

    if not tf.executing_eagerly() or tf.config.functions_run_eagerly():
        return False
    try:
        from tensorflow.python.eager import context

        return not context.context().device_name and hasattr(context.Context, "call_function")
    except (ImportError, AttributeError):  # these modules are TensorFlow's own business, and may change
        return False


def direct_call(
    function: Callable[..., Any], concrete: Any, name: bytes, values: Any, arguments: Sequence[Any]
) -> Callable[..., Any]:
    """Return a function that calls a traced function by its name. Gradients do not pass through it.

    Args:
        function: The `tf.function`, which is called as it is while another function is traced.
        concrete: Its `ConcreteFunction` for these arguments.
        name: Name of the concrete function, or of a copy of it, in TensorFlow's context.
        values, arguments: Arguments of the function, as in `compile_for_inference`. Later arguments have the same
            structure, shapes and types.
    """
    import tensorflow as tf
    from tensorflow.python.eager import context

    of_process, kind = context.context(), concrete.function_type
    captures, results = concrete.captured_inputs, len(concrete.outputs)
    bound = kind.unpack_inputs(kind.bind(values, *arguments))
    flat = _tensors(values, arguments)
    are_bound = len(flat) == len(bound) and all(one is other for one, other in zip(flat, bound, strict=True))

    def call(values: Any, *arguments: Any) -> Any:
        if not tf.executing_eagerly():
            return function(values, *arguments)
        flat = _tensors(values, arguments) if are_bound else kind.unpack_inputs(kind.bind(values, *arguments))
        return kind.pack_output(of_process.call_function(name, [*flat, *captures], results))

    return call


def _tensors(values, arguments):
    import tensorflow as tf

    return [tensor for tensor in tf.nest.flatten((values, arguments)) if tensor is not None]
