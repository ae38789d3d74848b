"""Images and labels of a user's own arrays, checked."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import require
from pixelcnn.data.image_data import ImageData

CHUNK = 1 << 20  # values that are checked at once, because a memory map may be larger than memory
MOST_LEVELS = 1 << 24
MOST_CLASSES = 1 << 20


def arrays(
    images: ArrayLike,
    labels: ArrayLike | None = None,
    class_names: Iterable[str] | None = None,
    low: int = 0,
    high: int = 255,
) -> ImageData:
    """Check arrays of images and labels, and return them as every loader does.

    Args:
        images: (n, H, W, C), or (n, H, W) for one channel; whole numbers `low` … `high` of any dtype.
        labels: Whole numbers 0 … K-1 of any dtype, (n,) or (n, 1); or `None`.
        class_names: K names; by default "0", "1", … up to the largest label, which must then be below 2^20.
        low: The smallest level of a pixel, -2^24 … 2^24, because float32 holds all whole numbers in this range.
        high: The largest level of a pixel, in the same range.

    Returns:
        `ImageData`: images (n, H, W, C), uint8 where `low` … `high` lies in 0 … 255 (else the smallest integer type
        that fits); labels (n,) int64; class names.

    Raises:
        ValueError: If an array has another rank or is empty; if a pixel is not a whole number `low` … `high`, such as
            NaN; if a label is not whole, is negative or is too large; if the numbers of labels and images differ.

    Example:
        >>> import numpy as np, pixelcnn
        >>> images, labels, names = pixelcnn.data.arrays(np.ones((2, 5, 4)), labels=[1, 0], class_names=["a", "b"])
        >>> images.shape, images.dtype, labels.tolist(), names
        ((2, 5, 4, 1), dtype('uint8'), [1, 0], ('a', 'b'))
    """
    pixels = _check_images(images, *_check_levels(low, high))
    if labels is None:
        if class_names is not None:
            raise ValueError("class_names does not fit: expected None, because labels is None.")
        return ImageData(pixels, None, None)
    checked = _check_labels(labels, len(pixels))
    return ImageData(pixels, checked, _check_names(class_names, int(checked.max())))


def _check_levels(low: int, high: int) -> tuple[int, int]:
    low, high = (
        require.whole(name, level, -MOST_LEVELS, MOST_LEVELS) for name, level in [("low", low), ("high", high)]
    )
    if low >= high:
        raise ValueError(f"low={low} and high={high} do not fit: expected low below high.")
    return low, high


def _check_images(images: ArrayLike, low: int, high: int) -> np.ndarray:
    pixels = _as_array("images", images)
    if pixels.ndim not in (3, 4) or pixels.size == 0:
        raise ValueError(f"images of shape {pixels.shape} does not fit: expected (n, H, W, C) or (n, H, W), not empty.")
    _check_whole("images", pixels, low, high, f"whole numbers {low} … {high}")
    dtype = np.min_scalar_type(high if low >= 0 else min(low, -high - 1))
    return pixels.astype(dtype).reshape(*pixels.shape[:3], -1)


def _check_labels(labels: ArrayLike, count: int) -> np.ndarray:
    values = _as_array("labels", labels)
    if values.shape == (count, 1):  # the shape of the labels of Keras' CIFAR-10
        values = values[:, 0]
    if values.shape != (count,):
        raise ValueError(f"labels of shape {values.shape} does not fit: expected ({count},), one for each image.")
    _check_whole("labels", values, 0, np.iinfo(np.int64).max, "whole numbers of at least 0")
    return values.astype(np.int64)


def _check_names(class_names: Iterable[str] | None, largest: int) -> tuple[str, ...]:
    if class_names is None:
        if largest >= MOST_CLASSES:
            raise _misfit("labels", largest, f"labels below {MOST_CLASSES:,}, because class_names is None")
        return tuple(map(str, range(largest + 1)))
    names = require.texts("class_names", (class_names,) if isinstance(class_names, str) else tuple(class_names))
    if largest >= len(names):
        raise _misfit("labels", largest, f"0 … {len(names) - 1}, because class_names has {len(names)} names")
    return names


def _as_array(name: str, values: ArrayLike) -> np.ndarray:
    require.unmasked(name, values)
    try:
        return np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name} does not fit: expected an array ({error}).") from None


def _check_whole(name: str, values: np.ndarray, low: int, high: int, expected: str) -> None:
    """Check that all values are whole numbers `low` … `high`."""
    if values.dtype.kind not in "iufb":
        raise ValueError(f"{name} of type {values.dtype} does not fit: expected {expected}.")
    rows = max(1, CHUNK * len(values) // values.size)
    for first in range(0, len(values), rows):
        part = values[first : first + rows]
        good = (part >= low) & (part <= high)
        if part.dtype.kind == "f":
            good &= part == np.floor(part)
        if not good.all():
            raise _misfit(name, part[~good].flat[0], expected)


def _misfit(name: str, value: Any, expected: str) -> ValueError:
    return ValueError(f"{name} holds {value}, which does not fit: expected {expected}.")
