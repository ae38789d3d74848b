"""Images at the public boundary: integers `low … high`, checked on the way in, small integer types on the way out."""

import math

import numpy as np
from keras import ops

from pixelcnn import require
from pixelcnn.shapes import known_shape, shape_fits

LARGEST_LEVEL = 2**24  # float32, in which levels are computed, holds every whole number up to here
CHUNK = 2**22  # sub-pixels that are checked at once


def check_levels(low, high):
    """The smallest and the largest level of a pixel, as ints.

    Raises:
        ValueError: If they are not whole numbers, there are fewer than two levels, or float32 cannot hold each of them.
    """
    low, high = require.integer("low", low), require.integer("high", high)
    if high - low < 1:
        raise ValueError(f"high={high} and low={low} do not fit: expected high - low of at least 1.")
    if abs(low) + abs(high) > LARGEST_LEVEL:
        raise ValueError(
            f"low={low} and high={high} do not fit: expected |low| + |high| of at most {LARGEST_LEVEL}, because "
            "float32 does not hold every larger whole number."
        )
    return low, high


def level_dtype(low, high):
    """The integer type that images are returned in: uint8 where it holds all levels, else int32."""
    return np.uint8 if low >= 0 and high <= 255 else np.int32


def check_images(images, image_shape, low, high, name="images", where=None):
    """Check that an array of images (…, H, W, C) holds levels only, and return it: unchanged if its type is an integer
    type, else in the type of `level_dtype`.

    Values are checked in parts, which takes little memory beside the result: a memory map may be larger than memory.

    Args:
        images: What the user gave.
        image_shape: (H, W, C).
        low, high: Smallest and largest level.
        name: The argument's name, for the message.
        where: Booleans that broadcast to the images: only these pixels are checked; the others are returned as `low`.

    Raises:
        ValueError: If the shape differs, or a pixel is not a whole number within the levels.
    """
    expected = f"{_expected_shape(image_shape)} with whole numbers {low} … {high}"
    require.unmasked(name, images)
    try:
        images = np.asarray(images)
    except ValueError:
        raise ValueError(f"{name} does not fit: it is not an array; {expected}.") from None
    if images.dtype.kind not in "iufb":
        raise ValueError(f"{name} of type {images.dtype} does not fit; {expected}.")
    _check_shape(images.shape, image_shape, name, expected)
    as_given = images.dtype.kind in "iu" and where is None
    checked = images if as_given else np.full(images.shape, low, level_dtype(low, high))
    rows = max(1, CHUNK // max(1, math.prod(images.shape[1:])))
    for first in range(0, len(images), rows):
        part = slice(first, first + rows)
        known = ... if where is None else np.broadcast_to(where, images.shape)[part]
        values = images[part][known]
        check_values(values, low, high, name, expected)
        if not as_given:
            checked[part][known] = values
    return checked


def check_values(values, low, high, name, expected):
    """Check that all numbers of an array are levels.

    Raises:
        ValueError: If a number is not a whole number `low … high`; the message ends in `expected`.
    """
    if not values.size:
        return
    if values.dtype.kind == "f":
        if not np.all(np.isfinite(values)):
            raise ValueError(f"{name} holds a value that is not finite; {expected}.")
        fractional = values != np.floor(values)
        if np.any(fractional):
            raise ValueError(f"{name} holds {values[fractional].flat[0]}, which is not whole; {expected}.")
    for value in (values.min(), values.max()):
        if not low <= value <= high:
            raise ValueError(f"{name} holds {value}, outside {low} … {high}; {expected}.")


def check_image_tensor(images, image_shape, name="images", batched=False):
    """Check the shape of a tensor of images, symbolic or not: (…, H, W, C), or (B, H, W, C) if `batched`. Its values
    cannot be checked.

    Raises:
        ValueError: If the shape differs.
    """
    shape = known_shape(images)
    if shape is not None and not (shape_fits(shape[-3:], image_shape) and (len(shape) == 4 or not batched)):
        raise ValueError(f"{name} of shape {shape} does not fit; {_expected_shape(image_shape)}.")


def existing_levels(levels, low, high):
    """Replace levels that do not exist, in a tensor whose values were not checked.

    Args:
        levels: A tensor of floats (B, H, W, C).
        low, high: Smallest and largest level.

    Returns:
        The levels, with `low` in place of each that is not a whole number `low … high`; and booleans (B, H, W): whether
        all levels of a pixel exist.
    """
    exists = ops.logical_and(ops.logical_and(levels >= low, levels <= high), levels == ops.floor(levels))
    return ops.where(exists, levels, float(low)), ops.all(exists, axis=-1)


def minus_infinity_unless(exists, nats):
    """Log-probabilities, with minus infinity where a pixel or its condition does not exist.

    They are computed as a product and not by `where`, because the gradient of the product is not finite either, so that
    no update is made from such a batch.
    """
    missing = 1.0 - ops.cast(exists, nats.dtype)
    return (nats - missing) * ops.cast(ops.where(exists, 1.0, float("inf")), nats.dtype)


def _expected_shape(image_shape):
    return f"expected images of shape (…, {', '.join(map(str, image_shape))})"


def _check_shape(shape, image_shape, name, expected):
    if shape[-3:] != tuple(image_shape):
        raise ValueError(f"{name} of shape {shape} does not fit; {expected}.")


def check_mask(mask, batch_shape, image_shape):
    """A mask of known pixels, True = known, as booleans (*batch_shape, H, W, C).

    Args:
        mask: (H, W), (H, W, C) or the same behind batch axes.
        batch_shape: Batch shape of the images.
        image_shape: (H, W, C).

    Raises:
        ValueError: If the mask does not broadcast, or holds anything but True, False, 1 and 0.
    """
    given = np.asarray(mask)
    if given.dtype.kind not in "biuf" or not np.all((given == 0) | (given == 1)):
        raise ValueError("mask holds something other than True and False.")
    height, width, _ = image_shape
    full = (*batch_shape, *image_shape)
    for candidate in (given, given[..., None]):
        has_pixels = candidate.ndim >= 3 and candidate.shape[-3:-1] == (height, width)
        if has_pixels and candidate.ndim <= len(full):
            try:
                return np.broadcast_to(candidate.astype(bool), full)
            except ValueError:
                continue
    raise ValueError(f"mask of shape {given.shape} does not fit: expected ({height}, {width}) or {full}, True = known.")
