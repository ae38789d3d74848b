"""Binary images, drawn from gray levels as probabilities."""

import numpy as np


def binarize(gray: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Draw images of 0 and 1: a pixel of gray level g, 0 … 255, becomes 1 with probability exactly g / 255.

    Example:
        >>> import numpy as np
        >>> binarize(np.array([0, 255], "uint8"), np.random.default_rng(0)).tolist()
        [0, 1]
    """
    return (random.integers(0, 255, gray.shape, "uint8") < gray).astype("uint8")
