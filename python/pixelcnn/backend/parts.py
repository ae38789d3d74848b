"""Parts of a network that TensorFlow compiles or traces once for all functions that call them."""

import functools

import keras

from pixelcnn.backend.compiling import tf_function
from pixelcnn.backend.device import has_accelerator
from pixelcnn.backend.exported import exported_format


def call_compiled(function, *arguments):
    """Call a function of tensors, which TensorFlow compiles with XLA even within a traced function that XLA does not
    compile. Other backends just call it, and so does an export, because programs that read the file may have no XLA.

    Args:
        function: A function of a module, because the compiled function is shared by all calls of the same shapes.
        arguments: Tensors.
    """
    if keras.backend.backend() != "tensorflow" or exported_format():
        return function(*arguments)
    import tensorflow as tf

    # An eager gradient tape would add lists of unknown size to a function with a loop, and XLA refuses such lists.
    if tf.executing_eagerly():
        return function(*arguments)
    return _compiled_part(function, tuple((*x.shape, x.dtype) for x in arguments))(*arguments)


@functools.lru_cache(maxsize=64)
def _compiled_part(function, signature):
    return tf_function(function, xla=True)


def traces_repeat():
    """Whether TensorFlow traces a graph for a CPU, so that each call of a layer adds operations to the graph.

    Tracing and optimising the operations of a deep network takes longer than a training step. On an accelerator the
    answer is no, because XLA may compile the whole step there.
    """
    if keras.backend.backend() != "tensorflow" or has_accelerator():
        return False
    import tensorflow as tf

    return not tf.executing_eagerly()


def call_traced_once(function, static, *arguments):
    """Call a function of tensors, of which TensorFlow traces the calls of the same shapes once, gradients included.

    For use where `traces_repeat` is true.

    Args:
        function: A function of a module; it must read no tensor and no variable but its arguments.
        static: First argument of the function; hashable.
        arguments: Nested tensors or None, the other arguments of the function.
    """
    import tensorflow as tf

    signature = tuple(x if x is None else (*x.shape, x.dtype) for x in tf.nest.flatten(arguments))
    return _traced_part(function, static, signature)(*arguments)


@functools.lru_cache(maxsize=64)
def _traced_part(function, static, signature):
    import tensorflow as tf

    part = functools.partial(function, static)
    # TensorFlow would optimise an inlined function again in each place of a call.
    return tf.function(part, autograph=False, experimental_attributes={"_noinline": True})
