"""Images with a part hidden, and the mask that `complete` takes."""

from typing import NamedTuple

import numpy as np

from pixelcnn import require


class Occluded(NamedTuple):
    """What `occlude` returns; `dist.complete(*occluded)` fills in the hidden part.

    Args:
        images: (…, H, W, C) with the hidden part at one level.
        mask: (H, W) booleans, True = known.
    """

    images: np.ndarray
    mask: np.ndarray


def occlude(images, rows=None, box=None, value=0):
    """Hide rows or a box of images; shapes: batch axes …, height H, width W, channels C.

    Args:
        images: (…, H, W, C) integers.
        rows: The hidden rows: a pair (first, end) or a slice, without its end, or one number: from that row down.
        box: The hidden box (top, left, bottom, right), without bottom and right; give `rows` or `box`.
        value: The level that hidden pixels get; `complete` does not look at it.

    Returns:
        `Occluded(images, mask)`: a copy of the images in their type, and (H, W) booleans, True = known. Hiding all rows
        from one down leaves the known pixels first in raster order, which is where `complete` is exact.

    Raises:
        ValueError: If the part does not lie in the images or is empty, neither or both of `rows` and `box` are given, or
            `value` is none of the images' type.

    Example:
        >>> import numpy as np, pixelcnn
        >>> images, mask = pixelcnn.occlude(np.ones((5, 4, 3, 1), "uint8"), rows=2)
        >>> images[0, :, 0, 0].tolist(), mask[:, 0].tolist()
        ([1, 1, 0, 0], [True, True, False, False])
        >>> pixelcnn.occlude(images, box=(0, 1, 2, 3)).mask[0].tolist()
        [True, False, False]
    """
    images = np.asarray(images)
    if images.ndim < 3 or images.dtype.kind not in "iu":
        raise ValueError(
            f"images of shape {images.shape} and type {images.dtype} do not fit: expected integers (…, H, W, C)."
        )
    if (rows is None) == (box is None):
        raise ValueError(f"rows={rows!r} and box={box!r} do not fit: expected one of them.")
    height, width = images.shape[-3:-1]
    top, left, bottom, right = _box_of_rows(rows, height, width) if box is None else _numbers("box", box, 4)
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        name, given = ("rows", rows) if box is None else ("box", box)
        raise ValueError(f"{name}={given!r} does not fit: expected a part of images {height} high and {width} wide.")
    mask = np.ones((height, width), bool)
    mask[top:bottom, left:right] = False
    return Occluded(np.where(mask[..., None], images, _level(value, images.dtype)), mask)


def _box_of_rows(rows, height, width):
    if isinstance(rows, slice):
        first, end, step = rows.start, rows.stop, rows.step
        if step not in (None, 1):
            raise ValueError(f"rows={rows!r} does not fit: expected a slice without a step.")
        first, end = (0 if first is None else first), (height if end is None else end)
        return _numbers("rows", (first, 0, end, width), 4)
    first, end = _numbers("rows", rows, 2) if np.ndim(rows) else (require.integer("rows", rows), height)
    return first, 0, end, width


def _numbers(name, value, count):
    """So many whole numbers."""
    try:
        numbers = [require.integer(name, number) for number in value]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != count:
        raise ValueError(f"{name}={value!r} does not fit: expected {count} whole numbers.")
    return numbers


def _level(value, dtype):
    """The value in the images' type."""
    limits = np.iinfo(dtype)
    if not limits.min <= require.integer("value", value) <= limits.max:
        raise ValueError(f"value={value!r} does not fit: expected {limits.min} … {limits.max}, as images are {dtype}.")
    return np.asarray(require.integer("value", value), dtype)
