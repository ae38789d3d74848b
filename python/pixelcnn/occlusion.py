"""Images with a hidden part, and the mask for `complete`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import require


class Occluded(NamedTuple):
    """The result of `occlude`; `dist.complete(*occluded)` draws the hidden part.

    Args:
        images: (…, H, W, C); all hidden pixels have one level.
        mask: (H, W) booleans, True = known.
    """

    images: np.ndarray
    mask: np.ndarray


def occlude(
    images: ArrayLike,
    rows: int | slice | Sequence[int] | None = None,
    box: Sequence[int] | None = None,
    value: int = 0,
) -> Occluded:
    """Hide rows or a box of images; shapes: batch axes …, height H, width W, channels C.

    Args:
        images: (…, H, W, C) integers.
        rows: The hidden rows: a pair (first, end) or a slice, which does not include the row `end`; or one number, the
            first hidden row, for all rows from there down.
        box: The hidden box (top, left, bottom, right), which does not include the row `bottom` and the column `right`.
            Give either `rows` or `box`.
        value: The level of hidden pixels; `complete` does not use this level.

    Returns:
        `Occluded(images, mask)`: a copy of the images with the same type, and (H, W) booleans, True = known. If all
        rows from one row down are hidden, the known pixels come first in raster order, and `complete` is exact.

    Raises:
        ValueError: If the hidden part is empty or does not lie in the images, if neither or both of `rows` and `box`
            are given, or if the images' type cannot hold `value`.

    Example:
        >>> import numpy as np, pixelcnn
        >>> images, mask = pixelcnn.occlude(np.ones((5, 4, 3, 1), "uint8"), rows=2)
        >>> images[0, :, 0, 0].tolist(), mask[:, 0].tolist()
        ([1, 1, 0, 0], [True, True, False, False])
        >>> pixelcnn.occlude(images, box=(0, 1, 2, 3)).mask[0].tolist()
        [True, False, False]
    """
    levels = np.asarray(images)
    if levels.ndim < 3 or levels.dtype.kind not in "iu":
        raise ValueError(
            f"images of shape {levels.shape} and type {levels.dtype} does not fit: expected integers (…, H, W, C)."
        )
    if (rows is None) == (box is None):
        raise ValueError(f"rows={rows!r} and box={box!r} do not fit: expected one of them, and None for the other.")
    height, width = levels.shape[-3:-1]
    top, left, bottom, right = _box_of_rows(rows, height, width) if box is None else _numbers("box", box, 4)
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        argument = f"rows={rows!r}" if box is None else f"box={box!r}"
        raise ValueError(f"{argument} does not fit: expected a part of images {height} high and {width} wide.")
    mask = np.ones((height, width), bool)
    mask[top:bottom, left:right] = False
    limits = np.iinfo(levels.dtype)
    level = require.whole("value", value, int(limits.min), int(limits.max))
    return Occluded(np.where(mask[..., None], levels, levels.dtype.type(level)), mask)


def _box_of_rows(rows: Any, height: int, width: int) -> Sequence[int]:
    """The box (top, left, bottom, right) of hidden rows."""
    if isinstance(rows, slice):
        if rows.step not in (None, 1):
            raise ValueError(f"rows={rows!r} does not fit: expected a slice without a step.")
        rows = (0 if rows.start is None else rows.start, height if rows.stop is None else rows.stop)
    first, end = _numbers("rows", rows, 2) if np.ndim(rows) else (require.integer("rows", rows), height)
    return first, 0, end, width


def _numbers(name: str, value: Any, count: int) -> list[int]:
    """Check that a value consists of `count` whole numbers, and return them."""
    try:
        numbers = [require.integer(name, number) for number in value]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != count:
        raise ValueError(f"{name}={value!r} does not fit: expected {count} whole numbers.")
    return numbers
