"""Shapes of arrays and tensors, some of whose sizes may be unknown."""

import math

import keras
import numpy as np
from keras import ops

from pixelcnn import require


def known_shape(tensor):
    """The shape of an array or tensor, with None for each unknown size; None if the rank is unknown.

    Example:
        >>> known_shape([[1, 2, 3]])
        (1, 3)
    """
    shape = tensor.shape if hasattr(tensor, "shape") else np.shape(tensor)
    return None if getattr(shape, "rank", 0) is None else tuple(shape)


def shape_fits(shape, expected):
    """Whether two shapes can be the same; None is an unknown size, which fits any.

    Example:
        >>> shape_fits((None, 28, 28, 1), (32, 28, 28, 1)), shape_fits((28, 28, 1), (28, 28))
        (True, False)
    """
    return len(shape) == len(expected) and all(
        None in (size, wanted) or size == wanted for size, wanted in zip(shape, expected, strict=True)
    )


def is_tensor(value):
    """Whether a value, or a part of a tuple or list, is a tensor, symbolic or not."""
    if isinstance(value, (tuple, list)):
        return any(map(is_tensor, value))
    return isinstance(value, keras.KerasTensor) or ops.is_tensor(value)


def is_unknown(value):
    """Whether a tensor, or one in a tuple or list, is symbolic or has a size that is known only when it is computed."""
    parts = keras.tree.flatten(value)
    return any(isinstance(part, keras.KerasTensor) or None in np.shape(part) for part in parts)


def refuse_legacy_tensors(name, value):
    """Refuse tensors of legacy Keras, because a legacy model would not see the distribution's weights and not train."""
    for part in keras.tree.flatten(value):
        if type(part).__module__.startswith("tf_keras."):
            raise ValueError(
                f"{name}={part!r} does not fit: expected an array or a tensor of Keras 3, such as keras.Input makes, "
                "because models of legacy Keras (tf_keras) cannot train a distribution."
            )


def to_array(value):
    """Convert tensors and array-like objects to arrays; return anything else unchanged."""
    if isinstance(value, keras.KerasTensor):
        raise ValueError(f"{value!r} does not fit: expected an array or tensor with values, because it is symbolic.")
    if ops.is_tensor(value):
        return ops.convert_to_numpy(value)
    if isinstance(getattr(value, "values", None), tuple):  # a batch of a distributed data set, a part for each replica
        return np.concatenate([to_array(part) for part in value.values])
    if isinstance(value, np.ndarray) or not (hasattr(value, "shape") and hasattr(value, "__array__")):
        return value
    return np.asarray(value)


def text_to_array(value):
    """Convert a tensor of text, which only TensorFlow has, to an array; return anything else unchanged."""
    return to_array(value) if ops.is_tensor(value) and value.dtype == "string" else value


def in_one_row(tensor, batch_shape, event):
    """Broadcast a tensor to a batch shape, and flatten its batch axes to one: (…, *event) -> (B, *event)."""
    tensor = ops.broadcast_to(ops.convert_to_tensor(tensor), (*batch_shape, *event))
    return ops.reshape(tensor, (math.prod(batch_shape), *event))


def broadcast(images_shape, condition_shape):
    """The common batch shape of images and their condition.

    Raises:
        ValueError: If they do not broadcast.
    """
    try:
        return np.broadcast_shapes(images_shape, condition_shape)
    except ValueError:
        raise ValueError(
            f"images of batch shape {images_shape} and a condition of batch shape {condition_shape} do not fit: "
            "expected shapes that broadcast."
        ) from None


def check_sample_shape(sample_shape, condition_shape):
    """The `sample_shape` of a draw as a tuple; None gives the batch shape of the condition.

    Raises:
        ValueError: If `sample_shape` is no shape, or does not end in the batch shape of the condition.

    Example:
        >>> check_sample_shape(3, ()), check_sample_shape((2, 3), (3,))
        ((3,), (2, 3))
    """
    if sample_shape is None:
        return condition_shape
    try:
        shape = (require.integer("sample_shape", sample_shape),)
    except ValueError:
        if not hasattr(sample_shape, "__iter__"):
            raise
        shape = tuple(require.integer("sample_shape", getattr(size, "value", size)) for size in sample_shape)
    if any(size < 0 for size in shape) or shape[len(shape) - len(condition_shape) :] != condition_shape:
        raise ValueError(
            f"sample_shape={shape!r} does not fit: expected sizes that end in the condition's "
            f"batch shape {condition_shape}."
        )
    return shape
