"""The one file that names a backend: how a function of a model's variables is compiled, and where."""

import keras


def has_accelerator():
    """Whether the backend sees a GPU or TPU."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU") or tf.config.list_physical_devices("TPU"))
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    import torch

    return torch.cuda.is_available()


def compile_for_inference(function, variables, xla):
    """A function of tensors that reads a model's variables, compiled where the backend can.

    Args:
        function: Takes and returns nested tensors; must not assign variables.
        variables: All variables that it reads, so that a later change of them is seen.
        xla: Whether TensorFlow compiles with XLA. JAX always does; torch runs eagerly.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=xla, autograph=False)
    if backend == "jax":
        import jax

        def stateless(values, *arguments):
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return function(*arguments)

        compiled = jax.jit(stateless)
        return lambda *arguments: compiled([variable.value for variable in variables], *arguments)
    import torch

    def without_gradients(*arguments):
        with torch.no_grad():
            return function(*arguments)

    return without_gradients


def training_gains_from_xla():
    """Whether XLA makes training faster: on a CPU it slows TensorFlow's convolutions down."""
    return keras.backend.backend() != "tensorflow" or has_accelerator()
