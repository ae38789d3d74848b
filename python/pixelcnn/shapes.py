"""Shapes of tensors, some of whose sizes may be unknown."""

import numpy as np


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
