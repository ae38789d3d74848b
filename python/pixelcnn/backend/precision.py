"""Numbers in the precision that a model asks for."""

import keras
from keras import ops


def check_float64():
    """JAX computes in float32 unless told otherwise, so a float64 model would not be one.

    Raises:
        ValueError: If the backend would not compute in float64.
    """
    if keras.backend.backend() != "jax":
        return
    import jax

    if not jax.config.jax_enable_x64:
        raise ValueError(
            "dtype='float64' does not fit: JAX would compute in float32. Set the environment variable "
            "JAX_ENABLE_X64=1 before Python starts, or call jax.config.update('jax_enable_x64', True) first."
        )


def tanh(x):
    """The hyperbolic tangent in the precision of x: Keras' own computes float64 in float32 on JAX."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.numpy.tanh(x)
    return ops.tanh(x)
