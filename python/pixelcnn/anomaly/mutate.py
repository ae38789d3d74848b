"""Random changes of pixels, which leave of images little but the background."""

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import noise, require
from pixelcnn.images import check_levels, check_values


def mutate(images: ArrayLike, rate: float = 0.2, seed: int | None = 0, low: int = 0, high: int = 255) -> np.ndarray:
    """Return a copy of images in which each sub-pixel is, with a probability, replaced by a random level.

    Args:
        images: Integers of any shape.
        rate: The probability, 0 … 1. All levels `low … high` are equally likely.
        seed: A whole number, 0 … 2^64 - 1; None takes a new seed.
        low, high: Smallest and largest level.

    Returns:
        An array of the same shape and type.

    Raises:
        ValueError: If an argument does not fit, or the images are no integers or hold another level.

    Example:
        >>> mutate(np.zeros((1, 2, 4, 1), "uint8"), rate=0.5, seed=1, high=9)[0, ..., 0].tolist()
        [[0, 0, 8, 0], [0, 1, 0, 5]]

    References:
        1. Ren et al., Likelihood Ratios for Out-of-Distribution Detection, 2019, <https://arxiv.org/abs/1906.02845>.
    """
    levels = np.asarray(images)
    low, high = check_levels(low, high)
    if levels.dtype.kind not in "iu":
        raise ValueError(f"images of type {levels.dtype} does not fit: expected integers.")
    check_values(levels, low, high, "images", f"expected whole numbers {low} … {high} (low … high)")
    limits = np.iinfo(levels.dtype)
    if low < limits.min or high > limits.max:
        raise ValueError(f"images of type {levels.dtype} does not fit: expected a type that holds {low} … {high}.")
    random = np.random.default_rng(noise.check_seed(seed))
    is_replaced = random.random(levels.shape) < require.within("rate", rate, 0, 1)
    drawn = random.integers(low, high, levels.shape, levels.dtype, endpoint=True)
    return np.where(is_replaced, drawn, levels)
