"""Numbers in the precision that a model asks for."""

import keras
from keras import ops


def check_float64():
    """Check that the backend computes in float64, because JAX computes in float32 by default.

    Raises:
        ValueError: If JAX would compute in float32.
    """
    if keras.backend.backend() != "jax":
        return
    import jax

    if not jax.config.jax_enable_x64:
        raise ValueError(
            "dtype='float64' does not fit: expected at most 32 bits, because JAX has 64-bit numbers switched off. Set "
            "the environment variable JAX_ENABLE_X64=1, or call jax.config.update('jax_enable_x64', True) first."
        )


def tanh(x):
    """The hyperbolic tangent in the precision of x, because Keras' `tanh` computes float64 in float32 on JAX."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.numpy.tanh(x)
    return ops.tanh(x)
