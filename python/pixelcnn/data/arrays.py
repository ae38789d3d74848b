"""Plain arrays, checked."""

import numpy as np

from pixelcnn import require
from pixelcnn.data.image_data import ImageData

CHUNK = 1 << 20  # values that are checked at once, so that a memory map is never loaded whole
MOST_LEVELS = 1 << 24
MOST_CLASSES = 1 << 20


def arrays(images, labels=None, class_names=None, low: int = 0, high: int = 255) -> ImageData:
    """Check arrays of images and labels, and return them in the form of every loader.

    Args:
        images: (n, H, W, C), or (n, H, W) for one channel; whole numbers `low` … `high` of any dtype.
        labels: whole numbers 0 … K-1 of any dtype, (n,) or (n, 1); or `None`.
        class_names: K names; by default "0", "1", … up to the largest label, which must then be below 2^20.
        low: the smallest level of a pixel, -2^24 … 2^24, because float32 holds all of these.
        high: the largest one.

    Returns:
        `ImageData`: images (n, H, W, C), uint8 where `low` … `high` lies in 0 … 255 (else the smallest integer type
        that fits); labels (n,) int64; class names.

    Raises:
        ValueError: another rank, an empty array, pixels that are no whole numbers `low` … `high` (NaN, say), labels
            that are not whole, negative, too large or of another length.

    Example:
        >>> import numpy as np, pixelcnn
        >>> images, labels, names = pixelcnn.data.arrays(np.ones((2, 5, 4)), labels=[1, 0], class_names=["a", "b"])
        >>> images.shape, images.dtype, labels.tolist(), names
        ((2, 5, 4, 1), dtype('uint8'), [1, 0], ('a', 'b'))
    """
    images = _check_images(images, *_check_levels(low, high))
    if labels is None:
        if class_names is not None:
            raise ValueError("`class_names` is given without `labels`; give both or neither.")
        return ImageData(images, None, None)
    labels = _check_labels(labels, len(images))
    return ImageData(images, labels, _check_names(class_names, int(labels.max())))


def _check_levels(low, high) -> tuple[int, int]:
    low, high = (
        require.whole(name, level, -MOST_LEVELS, MOST_LEVELS) for name, level in [("low", low), ("high", high)]
    )
    if low >= high:
        raise ValueError(f"`low` must be below `high`; got low={low} and high={high}.")
    return low, high


def _check_images(images, low: int, high: int) -> np.ndarray:
    images = _as_array(images, "images")
    if images.ndim not in (3, 4) or images.size == 0:
        raise ValueError(f"`images` must be (n, H, W, C) or (n, H, W), not empty; got shape {images.shape}.")
    wrong = _find_wrong(images, low, high, "images", f"whole numbers {low} … {high}")
    if wrong is not None:
        raise ValueError(f"`images` must hold whole numbers {low} … {high}; got {wrong}.")
    dtype = np.min_scalar_type(high if low >= 0 else min(low, -high - 1))
    return images.astype(dtype).reshape(*images.shape[:3], -1)


def _check_labels(labels, count: int) -> np.ndarray:
    labels = _as_array(labels, "labels")
    if labels.shape == (count, 1):  # as Keras' CIFAR-10 has them
        labels = labels[:, 0]
    if labels.shape != (count,):
        raise ValueError(f"`labels` must be ({count},), one for each image; got shape {labels.shape}.")
    wrong = _find_wrong(labels, 0, np.iinfo(np.int64).max, "labels", "whole numbers of at least 0")
    if wrong is not None:
        raise ValueError(f"`labels` must hold whole numbers of at least 0; got {wrong}.")
    return labels.astype(np.int64)


def _check_names(class_names, largest: int) -> tuple[str, ...]:
    if class_names is None:
        if largest >= MOST_CLASSES:
            raise ValueError(f"`labels` must be below {MOST_CLASSES:,} without `class_names`; got {largest}.")
        return tuple(map(str, range(largest + 1)))
    names = (class_names,) if isinstance(class_names, str) else tuple(class_names)
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f"`class_names` must hold strings; got {names!r}.")
    if len(set(names)) != len(names):
        raise ValueError(f"`class_names` must be different names; got {names!r}.")
    if largest >= len(names):
        raise ValueError(f"`labels` must be 0 … {len(names) - 1}, as `class_names` has {len(names)}; got {largest}.")
    return names


def _as_array(values, name: str) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"`{name}` is no array: {error}") from None


def _find_wrong(values: np.ndarray, low: int, high: int, name: str, fits: str):
    """Return a value that is no whole number `low` … `high`, if there is one (NaN is none)."""
    if values.dtype.kind not in "iufb":
        raise ValueError(f"`{name}` must hold {fits}; got dtype {values.dtype}.")
    rows = max(1, CHUNK * len(values) // values.size)
    for first in range(0, len(values), rows):
        part = values[first : first + rows]
        good = (part >= low) & (part <= high)
        if part.dtype.kind == "f":
            good &= part == np.floor(part)
        if not good.all():
            return part[~good].flat[0].item()
    return None
