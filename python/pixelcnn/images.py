"""Images at the public boundary: integers `low … high`, checked on the way in, small integer types on the way out."""

import numpy as np


def level_dtype(low, high):
    """The integer type that images are returned in: uint8 where it holds all levels, else int32."""
    return np.uint8 if low >= 0 and high <= 255 else np.int32


def padded_size(image_shape, granularity, margin):
    """Height and width inside a network: columns of zeros at the right that it asks for, and multiples of what its
    coarsest grid needs.

    Example:
        >>> padded_size((28, 30, 1), granularity=4, margin=0)
        (28, 32)
    """
    height, width, _ = image_shape
    return tuple(-(-size // granularity) * granularity for size in (height, width + margin))


def check_images(images, image_shape, low, high, name="images", where=None):
    """An array of images (…, H, W, C) whose pixels are levels; returned as given if its type is an integer's, else as
    int32.

    Args:
        images: What the user gave.
        image_shape: (H, W, C).
        low, high: Smallest and largest level.
        name: The argument's name, for the message.
        where: Booleans that broadcast to the images: only these pixels are checked.

    Raises:
        ValueError: If the shape differs, or a pixel is not a whole number within the levels.
    """
    expected = f"{_expected_shape(image_shape)} with whole numbers {low} … {high}"
    try:
        images = np.asarray(images)
    except ValueError:
        raise ValueError(f"{name} is no array; {expected}.") from None
    if images.dtype.kind not in "iufb":
        raise ValueError(f"{name} of type {images.dtype} does not fit; {expected}.")
    _check_shape(images.shape, image_shape, name, expected)
    checked = images if where is None else images[np.broadcast_to(where, images.shape)]
    if checked.size:
        if checked.dtype.kind == "f":
            if not np.all(np.isfinite(checked)):
                raise ValueError(f"{name} holds a value that is not finite; {expected}.")
            fractional = checked != np.floor(checked)
            if np.any(fractional):
                raise ValueError(f"{name} holds {checked[fractional].flat[0]}, which is not whole; {expected}.")
        for value in (checked.min(), checked.max()):
            if not low <= value <= high:
                raise ValueError(f"{name} holds {value}, outside {low} … {high}; {expected}.")
    if where is not None:
        images = np.where(where, images, low)
    return images if images.dtype.kind in "iu" else images.astype("int32")


def check_image_tensor(images, image_shape, name="images"):
    """A tensor of images (…, H, W, C), a symbolic one too, of which no value can be looked at.

    Raises:
        ValueError: If the shape differs.
    """
    _check_shape(tuple(images.shape), image_shape, name, _expected_shape(image_shape))


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
