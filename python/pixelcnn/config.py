"""Constructor arguments: policies from data types in any form, and arguments in a form that a file can hold."""

import keras
import numpy as np

FLOATS = ("float16", "bfloat16", "float32", "float64")


def dtype_policy(dtype):
    """A Keras policy from a name, a policy or a backend's dtype; None gives None.

    Raises:
        ValueError: If `dtype` does not compute with floats of 16 to 64 bits.
    """
    if dtype is None:
        return None
    try:
        policy = _policy(dtype)
    except (TypeError, ValueError):
        policy = None
    if policy is None or policy.quantization_mode or policy.compute_dtype not in FLOATS:
        raise ValueError(
            f"dtype={dtype!r} does not fit: expected one of {', '.join(FLOATS)}, or a policy of these, such as "
            "mixed_bfloat16."
        )
    return policy


def _policy(dtype):
    if isinstance(dtype, keras.DTypePolicy):
        return dtype
    if isinstance(dtype, str) and "_" in dtype:
        return keras.DTypePolicy(dtype)
    return keras.DTypePolicy(keras.backend.standardize_dtype(dtype))


def plain(value):
    """Convert a value, in which there may be tuples, `TensorShape`s and NumPy numbers, to one that JSON can hold."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    return [plain(item) for item in value]
