"""Figures of images: grids, the article's panels of real and generated images, and completions.

Every function takes arrays of integers (B, H, W, C) or (B, H, W), C = 1 (gray) or 3 (red, green, blue), with levels
`low … high`, and returns a `PIL.Image.Image`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from pixelcnn import require
from pixelcnn.occlusion import Occluded
from pixelcnn.plot.layout import (
    arrange,
    columns_of,
    columns_of_panels,
    in_colour,
    looks_inverted,
    magnify,
    panel,
    tile,
    to_screen,
    with_hidden,
)

SURPRISE = (150, 0, 60)  # colour of the most surprising pixels of a map; unsurprising pixels are white


def grid(
    images: ArrayLike,
    columns: int | None = None,
    scale: int | None = None,
    low: int = 0,
    high: int = 255,
    invert: bool | None = None,
) -> Image.Image:
    """Return a figure of images side by side, row after row.

    Args:
        images: (B, H, W, C) or (B, H, W) integers.
        columns: Images in a row; by default about as many as there are rows.
        scale: Screen pixels a pixel, a whole number; by default such that an image is about 56 screen pixels high.
        low, high: Smallest and largest level.
        invert: Whether to swap black and white; by default if the images are gray and mostly dark.

    Raises:
        ValueError: If `images` is empty, has another shape, or holds a value that is not a level `low … high`; or if
            another argument does not fit.

    Example:
        >>> grid(np.zeros((6, 4, 4, 1), "uint8"), columns=3, scale=2).size
        (32, 22)
    """
    pixels = to_screen(images, low, high, invert)
    return Image.fromarray(tile(magnify(pixels, scale), columns_of(columns, len(pixels))))


def real_vs_generated(
    real: ArrayLike | None,
    generated: ArrayLike,
    class_names: Sequence[str],
    scale: int | None = None,
    panel_columns: int | None = None,
    low: int = 0,
    high: int = 255,
    invert: bool | None = None,
) -> Image.Image:
    """Return the article's figure: for each class the name, real drawings, and generated drawings below them.

    Shapes: K classes, n drawings of each class.

    Args:
        real: (K, n, H, W, C) integers, or None for a figure of generated drawings only.
        generated: (K, n', H, W, C) integers; n' may differ from n.
        class_names: K names.
        scale: Screen pixels a pixel; by default such that an image is about 56 screen pixels high.
        panel_columns: Class panels in a row; by default up to 4, so that 20 classes take 5 rows.
        low, high: Smallest and largest level.
        invert: Whether to swap black and white; by default if the images are gray and mostly dark.

    Raises:
        ValueError: If an array does not have one entry for each class, or holds a value that is not a level.

    Example:
        >>> drawings = np.zeros((2, 3, 8, 8, 1), "uint8")
        >>> real_vs_generated(drawings, drawings, ["bee", "sun"]).mode
        'L'
    """
    rows = [(name, np.asarray(part)) for name, part in (("real", real), ("generated", generated)) if part is not None]
    for name, drawings in rows:
        if drawings.ndim not in (4, 5) or len(drawings) != len(class_names):
            raise ValueError(
                f"{name} of shape {drawings.shape} does not fit: expected (K, n, H, W, C) with "
                f"K = {len(class_names)}, because class_names has {len(class_names)} names."
            )
    if invert is None:
        invert = looks_inverted(rows[0][1], low, high)
    panels = [
        panel(class_name, [to_screen(drawings[k], low, high, invert) for _, drawings in rows], scale)
        for k, class_name in enumerate(class_names)
    ]
    caption = None if real is None else "top rows: real; bottom rows: generated"
    return arrange(panels, columns_of_panels(len(panels), panel_columns), caption)


def completion(
    original: ArrayLike,
    occluded: ArrayLike | Occluded,
    completed: ArrayLike,
    scale: int | None = None,
    low: int = 0,
    high: int = 255,
    invert: bool | None = None,
) -> Image.Image:
    """Return a figure of three columns, original, occluded and completed, with one image in each row.

    Args:
        original: (B, H, W, C) integers.
        occluded: The result of `pixelcnn.occlude`, images and mask, whose hidden pixels are drawn in pink; or images
            only, which are drawn unchanged.
        completed: (B, H, W, C), or (B, n, H, W, C) for several completions of each image.
        scale: Screen pixels a pixel; by default such that an image is about 56 screen pixels high.
        low, high: Smallest and largest level.
        invert: Whether to swap black and white; by default if the images are gray and mostly dark.

    Raises:
        ValueError: If an array does not have one entry for each image, or holds a value that is not a level. Values of
            hidden pixels are not checked.

    Example:
        >>> import pixelcnn
        >>> images = np.zeros((1, 8, 8, 1), "uint8")
        >>> completion(images, pixelcnn.occlude(images, rows=4), images).mode
        'RGB'
    """
    visible, mask = occluded if isinstance(occluded, tuple) else (occluded, None)
    whole, visible, drawn = (np.asarray(images) for images in (original, visible, completed))
    if drawn.ndim == whole.ndim:
        drawn = drawn[:, None]
    if not len(whole) == len(visible) == len(drawn):
        raise ValueError(
            f"original, occluded and completed of lengths {len(whole)}, {len(visible)} and {len(drawn)} do not fit: "
            "expected the same number of images."
        )
    if mask is not None:
        masks = np.broadcast_to(np.asarray(mask, bool), visible.shape[:3])
        visible = np.where(masks[..., None], visible, low)
    if invert is None:
        invert = looks_inverted(whole, low, high)
    columns = {"original": whole[:, None], "occluded": visible[:, None], "completed": drawn}
    screen = {title: [to_screen(row, low, high, invert) for row in rows] for title, rows in columns.items()}
    if mask is not None:
        screen["occluded"] = [with_hidden(row, own) for row, own in zip(screen["occluded"], masks, strict=True)]
    panels = [panel(title, rows, scale, columns=len(rows[0])) for title, rows in screen.items()]
    return arrange(panels, len(panels))


def surprise_maps(
    images: ArrayLike,
    bits: ArrayLike,
    most: float | None = None,
    scale: int | None = None,
    low: int = 0,
    high: int = 255,
    invert: bool | None = None,
) -> Image.Image:
    """Return a figure of two rows: images, and below each image how surprising its pixels are.

    Args:
        images: (B, H, W, C) integers.
        bits: (B, H, W) numbers, such as `pixelcnn.anomaly.surprise` returns. A pixel of 0 bits is white.
        most: Bits of the darkest red; larger values have the same colour. By default the largest value.
        scale: Screen pixels a pixel; by default such that an image is about 56 screen pixels high.
        low, high: Smallest and largest level.
        invert: Whether to swap black and white; by default if the images are gray and mostly dark.

    Raises:
        ValueError: If an array does not have one entry for each image, or holds a value that does not fit.

    Example:
        >>> surprise_maps(np.zeros((2, 8, 8, 1), "uint8"), np.ones((2, 8, 8)), scale=1).mode
        'RGB'
    """
    pixels, maps = to_screen(images, low, high, invert), np.asarray(bits, "float64")
    if maps.shape != pixels.shape[:3]:
        raise ValueError(f"bits of shape {maps.shape} does not fit: expected {pixels.shape[:3]}, as of the images.")
    if not np.all(np.isfinite(maps)):
        raise ValueError("bits holds a value that is not finite, which does not fit: expected finite numbers.")
    most = max(float(maps.max()), 1e-9) if most is None else require.positive_number("most", most)
    share = np.clip(maps / most, 0, 1)[..., None]
    colours = np.round(255 + share * (np.array(SURPRISE) - 255.0)).astype("uint8")
    rows = [magnify(part, scale) for part in (in_colour(pixels), colours)]
    return Image.fromarray(tile(np.concatenate(rows), len(pixels)))
