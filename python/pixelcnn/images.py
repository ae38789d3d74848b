"""Checks of images that users give, which hold integers `low … high`, and the type of images that users get."""

import math
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from pixelcnn import require
from pixelcnn.shapes import known_shape, shape_fits

LARGEST_LEVEL = 2**24  # the networks compute in float32, which holds every whole number up to this one
CHUNK = 2**22  # number of sub-pixels that are checked at once


def check_levels(low: Any, high: Any) -> tuple[int, int]:
    """The smallest and the largest level, as ints.

    Raises:
        ValueError: If a level is not a whole number, there are fewer than two levels, or float32 cannot hold them all.
    """
    low, high = require.integer("low", low), require.integer("high", high)
    if high - low < 1:
        raise ValueError(f"high={high} and low={low} do not fit: expected high - low of at least 1.")
    if abs(low) + abs(high) > LARGEST_LEVEL:
        raise ValueError(
            f"low={low} and high={high} do not fit: expected |low| + |high| of at most {LARGEST_LEVEL}, because "
            "float32 does not hold every whole number above that."
        )
    return low, high


def level_dtype(low: int, high: int) -> type[np.integer]:
    """The integer type of images that users get: uint8 if that type holds all levels, else int32."""
    return np.uint8 if low >= 0 and high <= 255 else np.int32


def check_images(
    images: ArrayLike,
    image_shape: tuple[int, ...],
    low: int,
    high: int,
    name: str = "images",
    where: np.ndarray | None = None,
) -> np.ndarray:
    """Check that an array of images (…, H, W, C) holds levels only, and return the array.

    An array of integers is returned unchanged, another array in the type of `level_dtype`. The values are checked in
    parts of the array, because a memory map may be larger than the memory.

    Args:
        images: Images from the user.
        image_shape: (H, W, C).
        low, high: Smallest and largest level.
        name: The argument's name, for the error.
        where: Booleans that broadcast to the images. Only these pixels are checked; all others are returned as `low`.

    Returns:
        The images (…, H, W, C).

    Raises:
        ValueError: If the shape differs, or a value is not a whole number `low … high`.
    """
    expected = f"{_expected_shape(image_shape)} with whole numbers {low} … {high}"
    require.unmasked(name, images)
    try:
        images = np.asarray(images)
    except ValueError:
        parts = getattr(images, "_fields", ())  # of a data set that a loader returned
        hint = f" Give its parts apart: data.{', data.'.join(parts[:2])}." if parts else ""
        raise ValueError(f"{name} does not fit, because it is not an array: {expected}.{hint}") from None
    if images.dtype.kind not in "iufb":
        raise ValueError(f"{name} of type {images.dtype} does not fit: {expected}.")
    if images.shape[-3:] != tuple(image_shape):
        raise ValueError(f"{name} of shape {images.shape} does not fit: {expected}.")
    unchanged = images.dtype.kind in "iu" and where is None
    if unchanged and low <= np.iinfo(images.dtype).min and np.iinfo(images.dtype).max <= high:
        return images  # all values of the type are levels, so a memory map need not be read
    checked = images if unchanged else np.full(images.shape, low, level_dtype(low, high))
    rows = max(1, CHUNK // max(1, math.prod(images.shape[1:])))
    for first in range(0, len(images), rows):
        part = slice(first, first + rows)
        selected = ... if where is None else np.broadcast_to(where, images.shape)[part]
        values = images[part][selected]
        check_values(values, low, high, name, expected)
        if not unchanged:
            checked[part][selected] = values
    return checked


def check_values(values: np.ndarray, low: int, high: int, name: str, expected: str) -> None:
    """Check that all numbers of an array are levels.

    Raises:
        ValueError: If a number is not a whole number `low … high`. The error ends in `expected`.
    """
    if not values.size:
        return
    wrong = [value for value in (values.min(), values.max()) if not low <= value <= high]
    if values.dtype.kind == "f":
        wrong += list(values[values != np.floor(values)][:1])
    if wrong:
        raise ValueError(f"{name} holds {wrong[0]}, which does not fit: {expected}.")


def check_image_tensor(images: Any, image_shape: tuple[int, ...], name: str = "images", batched: bool = False) -> None:
    """Check the shape of a tensor of images, symbolic or not: (…, H, W, C), or (B, H, W, C) if `batched`.

    The values are not checked, because a symbolic tensor has none.

    Raises:
        ValueError: If the shape differs.
    """
    shape = known_shape(images)
    if shape is not None and not (shape_fits(shape[-3:], image_shape) and (len(shape) == 4 or not batched)):
        raise ValueError(f"{name} of shape {shape} does not fit: {_expected_shape(image_shape)}.")


def existing_levels(levels: Any, low: int, high: int) -> tuple[Any, Any]:
    """Replace levels that do not exist, in a tensor whose values were not checked.

    Args:
        levels: A tensor of floats (B, H, W, C).
        low, high: Smallest and largest level.

    Returns:
        The tensor with `low` in place of each value that is not a whole number `low … high`, and booleans (B, H, W)
        that are True where all levels of a pixel exist.
    """
    exists = ops.logical_and(ops.logical_and(levels >= low, levels <= high), levels == ops.floor(levels))
    return ops.where(exists, levels, float(low)), ops.all(exists, axis=-1)


def minus_infinity_unless(exists: Any, nats: Any) -> Any:
    """Log-probabilities in nats, with minus infinity where a level or the condition does not exist.

    A product computes the infinity, not `where`, because the product's gradient is not finite either. A gradient that
    is not finite keeps the training step from making an update.
    """
    missing = 1.0 - ops.cast(exists, nats.dtype)
    return (nats - missing) * ops.cast(ops.where(exists, 1.0, float("inf")), nats.dtype)


def _expected_shape(image_shape):
    return f"expected images of shape (…, {', '.join(map(str, image_shape))})"


def check_mask(mask: ArrayLike, batch_shape: tuple[int, ...], image_shape: tuple[int, ...]) -> np.ndarray:
    """Check a mask, True = known, and broadcast it to the images.

    Args:
        mask: (H, W) or (H, W, C), with or without batch axes before.
        batch_shape: Batch shape of the images.
        image_shape: (H, W, C).

    Returns:
        Booleans (*batch_shape, H, W, C).

    Raises:
        ValueError: If the mask does not broadcast, or holds anything but True, False, 1 and 0.
    """
    try:
        known = np.asarray(mask)
    except ValueError:
        raise ValueError("mask does not fit: expected an array, but its rows have different lengths.") from None
    if known.dtype.kind not in "biuf" or not np.all((known == 0) | (known == 1)):
        raise ValueError("mask holds a value that does not fit: expected True where a pixel is known, and else False.")
    height, width, _ = image_shape
    full = (*batch_shape, *image_shape)
    for candidate in (known, known[..., None]):
        has_pixels = candidate.ndim >= 3 and candidate.shape[-3:-1] == (height, width)
        if has_pixels and candidate.ndim <= len(full):
            try:
                return np.broadcast_to(candidate.astype(bool), full)
            except ValueError:
                continue
    raise ValueError(f"mask of shape {known.shape} does not fit: expected ({height}, {width}) or {full}, True = known.")
