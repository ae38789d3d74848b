"""Constructor arguments: data types in any form, and all of them as a file can hold them."""

import keras
import numpy as np

FLOATS = ("float16", "bfloat16", "float32", "float64")


def dtype_policy(dtype):
    """A Keras policy from a name, a policy, a backend's dtype or None.

    Raises:
        ValueError: If it computes with other numbers than floats of 16 to 64 bits.
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
    """Tuples, `TensorShape`s and NumPy numbers as JSON can hold them."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    return [plain(item) for item in value]
