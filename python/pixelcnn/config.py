"""Constructor arguments: data types in any form, and all of them as a file can hold them."""

import keras
import numpy as np


def dtype_policy(dtype):
    """A Keras policy from a name, a policy, a backend's dtype or None."""
    if dtype is None or isinstance(dtype, keras.DTypePolicy):
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
