"""Shapes of tensors of which not every size need be known."""

import numpy as np


def known_shape(tensor):
    """The shape of an array or tensor, None for a size that is not known; None where even the rank is not.

    Example:
        >>> known_shape([[1, 2, 3]])
        (1, 3)
    """
    shape = tensor.shape if hasattr(tensor, "shape") else np.shape(tensor)
    return None if getattr(shape, "rank", 0) is None else tuple(shape)


def shape_fits(shape, expected):
    """Whether two shapes can be the same, None being a size that is not known.

    Example:
        >>> shape_fits((None, 28, 28, 1), (32, 28, 28, 1)), shape_fits((28, 28, 1), (28, 28))
        (True, False)
    """
    return len(shape) == len(expected) and all(
        None in (size, wanted) or size == wanted for size, wanted in zip(shape, expected, strict=True)
    )
