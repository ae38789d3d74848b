"""Parts of a network that TensorFlow compiles or traces once, in whatever function they are called."""

import functools

import keras

from pixelcnn.backend.compiling import tf_function
from pixelcnn.backend.device import has_accelerator


def call_compiled(function, *arguments):
    """What a function of tensors returns. TensorFlow compiles it with XLA, as a part of a traced function that it does
    not compile; the other backends compile the whole or nothing.

    Args:
        function: A function of a module, one for all models: it is compiled once for all calls that look alike.
        arguments: Tensors.
    """
    if keras.backend.backend() != "tensorflow":
        return function(*arguments)
    import tensorflow as tf

    # What was compiled inside a traced function has lists of no fixed size for an eager tape, which XLA refuses.
    if tf.executing_eagerly():
        return function(*arguments)
    return _compiled_part(function, tuple((*x.shape, x.dtype) for x in arguments))(*arguments)


@functools.lru_cache(maxsize=64)
def _compiled_part(function, signature):
    return tf_function(function, xla=True)


def traces_repeat():
    """Whether each call of a layer adds its operations to a graph that only TensorFlow's CPU kernels will run: to trace
    and prepare those of a deep network takes longer than a step. An accelerator may compile the whole step instead.
    """
    if keras.backend.backend() != "tensorflow" or has_accelerator():
        return False
    import tensorflow as tf

    return not tf.executing_eagerly()


def call_traced_once(function, static, *arguments):
    """What a function of tensors returns that a network calls many times alike, each time with other tensors: where
    `traces_repeat`, it and its gradients are traced once.

    Args:
        function: A function of a module, of `static` and tensors alone: it must not read another tensor or a variable.
        static: What else it depends on; hashable.
        arguments: Nested tensors, None among them.
    """
    import tensorflow as tf

    signature = tuple(x if x is None else (*x.shape, x.dtype) for x in tf.nest.flatten(arguments))
    return _traced_part(function, static, signature)(*arguments)


@functools.lru_cache(maxsize=64)
def _traced_part(function, static, signature):
    import tensorflow as tf

    part = functools.partial(function, static)
    # Inlined, it would be optimised again wherever it is called.
    return tf.function(part, autograph=False, experimental_attributes={"_noinline": True})
