"""How figures are put together: levels on a screen, tiles, panels with a title, and pages of panels."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

from pixelcnn import require
from pixelcnn.images import check_values

MARGIN = 12  # screen pixels around a figure and between its panels
TEXT_HEIGHT = 22  # screen pixels of a line of text
HIDDEN = (225, 150, 215)  # colour of hidden pixels: a pink that gray images cannot have, and photographs rarely have
PAPER = 225  # gray between images
LINE = 200  # gray of the lines of a grid of cells


def to_screen(images: ArrayLike, low: int, high: int, invert: bool | None) -> np.ndarray:
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
    if looks_inverted(levels, low, high) if invert is None else invert:
        share = 1.0 - share
    return np.round(255 * share).astype("uint8")


def looks_inverted(images: np.ndarray, low: int, high: int) -> bool:
    """Tell whether images are gray and mostly dark, such as light strokes on a dark ground."""
    return images.shape[-1] != 3 and float(np.mean(images)) < (low + high) / 2


def in_colour(pixels: np.ndarray) -> np.ndarray:
    """Return gray bytes (B, H, W) as bytes in colour (B, H, W, 3), and bytes in colour unchanged."""
    return pixels if pixels.ndim == 4 else np.stack([pixels] * 3, axis=-1)


def with_hidden(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return bytes in colour, (B, H, W, 3); pixels where the mask (H, W) is False get the colour HIDDEN."""
    return np.where(mask[..., None], in_colour(pixels), np.array(HIDDEN, np.uint8))


def magnify(pixels: np.ndarray, scale: int | None) -> np.ndarray:
    """Return images with `scale` screen pixels a pixel; None makes them about 56 screen pixels high."""
    scale = max(1, round(56 / pixels.shape[1])) if scale is None else require.positive_integer("scale", scale)
    return pixels.repeat(scale, axis=1).repeat(scale, axis=2)


def tile(pixels: np.ndarray, columns: int, gap: int = 2) -> np.ndarray:
    """Put images (B, H, W[, 3]) on one page, with `gap` light gray screen pixels between and around the images."""
    rows = math.ceil(len(pixels) / columns)
    height, width = pixels.shape[1:3]
    shape = (rows * (height + gap) + gap, columns * (width + gap) + gap, *pixels.shape[3:])
    page = np.full(shape, PAPER, "uint8")
    for index, image in enumerate(pixels):
        top, left = gap + index // columns * (height + gap), gap + index % columns * (width + gap)
        page[top : top + height, left : left + width] = image
    return page


def panel(title: str, rows: list[np.ndarray], scale: int | None, columns: int | None = None) -> Image.Image:
    """Return a panel: a title above rows of images, which are bytes."""
    columns = columns or max(len(row) for row in rows)
    blocks = [tile(magnify(pixels, scale), columns) for pixels in rows]
    return titled(title, np.concatenate(blocks))


def arrange(panels: list[Image.Image], columns: int, caption: str | None = None) -> Image.Image:
    """Put panels on a page, row by row, above the caption; each column is as wide as its widest panel."""
    widths = [max(part.width for part in panels[column::columns]) for column in range(min(columns, len(panels)))]
    lefts = [MARGIN + sum(widths[:column]) + column * MARGIN for column in range(len(widths))]
    height = max(part.height for part in panels) + MARGIN
    rows = math.ceil(len(panels) / columns)
    size = (lefts[-1] + widths[-1] + MARGIN, MARGIN + rows * height + (TEXT_HEIGHT if caption else 0))
    mode = "L" if all(part.mode == "L" for part in panels) else "RGB"
    page = Image.new(mode, size, "white")
    for index, part in enumerate(panels):
        page.paste(part, (lefts[index % columns], MARGIN + index // columns * height))
    if caption:
        write(page, (MARGIN, MARGIN + rows * height - 4), caption)
    return page


def write(picture: Image.Image, place: tuple[int, int], text: str) -> None:
    """Write a text; `place` is the left and the top of its first letter."""
    ImageDraw.Draw(picture).text(place, text, fill="black", font=font())


def font() -> Any:
    """Return the font of all texts."""
    return ImageFont.load_default(size=15)


def cells(colours: ArrayLike, size: int = 14) -> np.ndarray:
    """Return a grid of squares of `size` screen pixels, with gray lines around them, from colours (H, W, 3)."""
    squares = np.asarray(colours, "uint8")
    grid = np.full((squares.shape[0] * size + 1, squares.shape[1] * size + 1, 3), LINE, "uint8")
    inside = np.arange(grid.shape[0] - 1) % size > 0, np.arange(grid.shape[1] - 1) % size > 0
    grid[:-1, :-1][np.ix_(*inside)] = magnify(squares[None], size)[0][np.ix_(*inside)]
    return grid


def titled(title: str, body: np.ndarray) -> Image.Image:
    """Return a picture with a title above it."""
    drawing = Image.fromarray(body)
    width = max(drawing.width, math.ceil(font().getlength(title)) + 2)
    picture = Image.new(drawing.mode, (width, drawing.height + TEXT_HEIGHT), "white")
    write(picture, (1, 1), title)
    picture.paste(drawing, (0, TEXT_HEIGHT))
    return picture


def columns_of(columns: int | None, images: int) -> int:
    """Return the number of columns of a grid of images; None makes about as many as there are rows."""
    return math.ceil(math.sqrt(images)) if columns is None else require.positive_integer("columns", columns)


def columns_of_panels(panels: int, columns: int | None = None, name: str = "panel_columns") -> int:
    """Return the number of columns of a page; None makes 1 for up to 3 panels, 2 for up to 9, 4 for 20."""
    if columns is not None:
        return require.positive_integer(name, columns)
    return min(4, max(1, round(math.sqrt(panels) * 0.8)))
