"""Figures of images: grids, the article's panels of real and generated images, and completions.

Every function except `save` takes arrays of integers (B, H, W, C) or (B, H, W), C = 1 (gray) or 3 (red, green, blue),
with levels `low … high`, and returns a `PIL.Image.Image`. `save` writes such a picture to a file.
"""

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

from pixelcnn import require
from pixelcnn.files import replacing
from pixelcnn.images import check_values
from pixelcnn.occlusion import Occluded

__all__ = ["completion", "grid", "real_vs_generated", "save", "surprise_maps"]

MARGIN = 12  # screen pixels around a figure and between its panels
TEXT_HEIGHT = 22  # screen pixels of a line of text
SURPRISE = (150, 0, 60)  # colour of the most surprising pixels of a map; unsurprising pixels are white
HIDDEN = (225, 150, 215)  # colour of hidden pixels: a pink that gray images cannot have, and photographs rarely have


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
    pixels = _to_screen(images, low, high, invert)
    if columns is None:
        columns = math.ceil(math.sqrt(len(pixels)))
    columns = require.positive_integer("columns", columns)
    return Image.fromarray(_tile(_magnify(pixels, scale), columns))


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
        invert = _looks_inverted(rows[0][1], low, high)
    panels = [
        _panel(class_name, [_to_screen(drawings[k], low, high, invert) for _, drawings in rows], scale)
        for k, class_name in enumerate(class_names)
    ]
    caption = None if real is None else "top rows: real; bottom rows: generated"
    return _arrange(panels, panel_columns or _panel_columns(len(panels)), caption)


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
        visible = np.where(np.asarray(mask, bool)[..., None], visible, low)
    if invert is None:
        invert = _looks_inverted(whole, low, high)
    columns = {"original": whole[:, None], "occluded": visible[:, None], "completed": drawn}
    screen = {title: [_to_screen(row, low, high, invert) for row in rows] for title, rows in columns.items()}
    if mask is not None:
        screen["occluded"] = [_with_hidden(row, np.asarray(mask, bool)) for row in screen["occluded"]]
    panels = [_panel(title, rows, scale, columns=len(rows[0])) for title, rows in screen.items()]
    return _arrange(panels, len(panels))


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
    pixels, maps = _to_screen(images, low, high, invert), np.asarray(bits, "float64")
    if maps.shape != pixels.shape[:3]:
        raise ValueError(f"bits of shape {maps.shape} does not fit: expected {pixels.shape[:3]}, as of the images.")
    if not np.all(np.isfinite(maps)):
        raise ValueError("bits holds a value that is not finite, which does not fit: expected finite numbers.")
    most = max(float(maps.max()), 1e-9) if most is None else require.positive_number("most", most)
    share = np.clip(maps / most, 0, 1)[..., None]
    colours = np.round(255 + share * (np.array(SURPRISE) - 255.0)).astype("uint8")
    above = pixels if pixels.ndim == 4 else np.stack([pixels] * 3, axis=-1)
    rows = [_magnify(part, scale) for part in (above, colours)]
    return Image.fromarray(_tile(np.concatenate(rows), len(pixels)))


def save(picture: Image.Image, path: str | os.PathLike[str]) -> None:
    """Write a picture to a file. A reader of the file sees the old content or the new content, never a part.

    Args:
        picture: A `PIL.Image.Image`.
        path: The file; its suffix selects the format. Missing folders are created.

    Raises:
        ValueError: If Pillow knows no format with this suffix.
        OSError: If the file cannot be written.
    """
    path = require.path("path", path)
    if not isinstance(picture, Image.Image):
        raise ValueError(
            f"picture of type {type(picture).__name__} does not fit: expected a PIL.Image.Image, such as grid(images)."
        )
    if path.suffix.lower() not in Image.registered_extensions():
        raise ValueError(f"path={str(path)!r} does not fit: expected a name that ends in .png, .jpg or another format.")
    with replacing(path) as temporary:
        picture.save(temporary)


def _to_screen(images: ArrayLike, low: int, high: int, invert: bool | None) -> np.ndarray:
    """Convert integers (B, H, W[, C]) to bytes 0 … 255, (B, H, W) or (B, H, W, 3)."""
    levels = np.asarray(images)
    if levels.ndim == 4 and levels.shape[-1] == 1:
        levels = levels[..., 0]
    if levels.ndim not in (3, 4) or (levels.ndim == 4 and levels.shape[-1] != 3) or 0 in levels.shape:
        shapes = "(B, H, W, 1), (B, H, W, 3) or (B, H, W), not empty"
        raise ValueError(f"images of shape {levels.shape} does not fit: expected {shapes}.")
    if not high > low:
        raise ValueError(f"low={low} and high={high} do not fit: expected low below high.")
    check_values(levels, low, high, "images", f"expected whole numbers {low} … {high} (low … high)")
    share = (levels.astype("float64") - low) / (high - low)
    if _looks_inverted(levels, low, high) if invert is None else invert:
        share = 1.0 - share
    return np.round(255 * share).astype("uint8")


def _looks_inverted(images: np.ndarray, low: int, high: int) -> bool:
    """Tell whether images are gray and mostly dark, such as light strokes on a dark ground."""
    return images.shape[-1] != 3 and float(np.mean(images)) < (low + high) / 2


def _with_hidden(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return bytes in colour, (B, H, W, 3); pixels where the mask (H, W) is False get the colour HIDDEN."""
    colours = pixels if pixels.ndim == 4 else np.stack([pixels] * 3, axis=-1)
    return np.where(mask[..., None], colours, np.array(HIDDEN, np.uint8))


def _magnify(pixels: np.ndarray, scale: int | None) -> np.ndarray:
    """Return images with `scale` screen pixels a pixel; None makes them about 56 screen pixels high."""
    scale = max(1, round(56 / pixels.shape[1])) if scale is None else require.positive_integer("scale", scale)
    return pixels.repeat(scale, axis=1).repeat(scale, axis=2)


def _tile(pixels: np.ndarray, columns: int, gap: int = 2) -> np.ndarray:
    """Put images (B, H, W[, 3]) on one page, with `gap` light gray screen pixels between and around the images."""
    rows = math.ceil(len(pixels) / columns)
    height, width = pixels.shape[1:3]
    shape = (rows * (height + gap) + gap, columns * (width + gap) + gap, *pixels.shape[3:])
    page = np.full(shape, 225, "uint8")
    for index, image in enumerate(pixels):
        top, left = gap + index // columns * (height + gap), gap + index % columns * (width + gap)
        page[top : top + height, left : left + width] = image
    return page


def _panel(title: str, rows: list[np.ndarray], scale: int | None, columns: int | None = None) -> Image.Image:
    """Return a panel: a title above rows of images, which are bytes."""
    columns = columns or max(len(row) for row in rows)
    blocks = [_tile(_magnify(pixels, scale), columns) for pixels in rows]
    body = Image.fromarray(np.concatenate(blocks))
    width = max(body.width, math.ceil(_font().getlength(title)) + 2)
    panel = Image.new(body.mode, (width, body.height + TEXT_HEIGHT), "white")
    _write(panel, (1, 1), title)
    panel.paste(body, (0, TEXT_HEIGHT))
    return panel


def _arrange(panels: list[Image.Image], columns: int, caption: str | None = None) -> Image.Image:
    """Put panels on a page, row by row, above the caption; each column is as wide as its widest panel."""
    widths = [max(panel.width for panel in panels[column::columns]) for column in range(min(columns, len(panels)))]
    lefts = [MARGIN + sum(widths[:column]) + column * MARGIN for column in range(len(widths))]
    height = max(panel.height for panel in panels) + MARGIN
    rows = math.ceil(len(panels) / columns)
    size = (lefts[-1] + widths[-1] + MARGIN, MARGIN + rows * height + (TEXT_HEIGHT if caption else 0))
    mode = "L" if all(panel.mode == "L" for panel in panels) else "RGB"
    page = Image.new(mode, size, "white")
    for index, panel in enumerate(panels):
        page.paste(panel, (lefts[index % columns], MARGIN + index // columns * height))
    if caption:
        _write(page, (MARGIN, MARGIN + rows * height - 4), caption)
    return page


def _write(picture: Image.Image, place: tuple[int, int], text: str) -> None:
    ImageDraw.Draw(picture).text(place, text, fill="black", font=_font())


def _font() -> Any:
    return ImageFont.load_default(size=15)


def _panel_columns(panels: int) -> int:
    """Return the number of columns of a page: 1 for up to 3 panels, 2 for up to 9, 4 for 20."""
    return min(4, max(1, round(math.sqrt(panels) * 0.8)))
