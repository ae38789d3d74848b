"""A film of how images were drawn: one row after the other in the order of the model."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from pixelcnn import require
from pixelcnn.orders import Orders
from pixelcnn.plot.layout import PAPER, arrange, columns_of, columns_of_panels, magnify, panel, tile, to_screen


def film(
    images: ArrayLike,
    known: ArrayLike | None = None,
    order: ArrayLike = 0,
    class_names: Sequence[str] | None = None,
    columns: int | None = None,
    scale: int | None = None,
    low: int = 0,
    high: int = 255,
    invert: bool | None = None,
) -> list[Image.Image]:
    """Return the frames of a film in which images of `sample` or `complete` appear row by row.

    A pixel that is drawn does not change any more, so the images alone tell how they looked after each row. (With
    several particles, drafts replace each other while an image is drawn; the film shows the chosen draft only.)

    Args:
        images: (B, H, W, C) or (B, H, W) integers; with `class_names` (K, n, H, W, C), n images of each class.
        known: For completions True for known pixels, (H, W) or (B, H, W); the film begins with these pixels.
        order: The order in which the pixels were drawn, or one for each image, (B,); see `pixelcnn.orders`. In orders
            4 … 7 the images appear column by column.
        class_names: K names; the film then has a panel for each class.
        columns: Images in a row, or panels in a row.
        scale: Screen pixels a pixel; by default such that an image is about 56 screen pixels high.
        low, high: Smallest and largest level.
        invert: Whether to swap black and white; by default if the images are gray and mostly dark.

    Returns:
        Pictures of one size. A pixel that is not drawn yet has the gray of the page. The last picture shows all pixels.

    Raises:
        ValueError: If an array has another shape, or holds a value that is not a level.

    Example:
        >>> frames = film(np.zeros((2, 8, 8, 1), "uint8"))
        >>> len(frames)  # an empty page, and one frame for each row
        9
    """
    levels = np.asarray(images)
    if class_names is not None and (levels.ndim != 5 or len(levels) != len(class_names)):
        raise ValueError(
            f"images of shape {levels.shape} does not fit: expected (K, n, H, W, C) with K = {len(class_names)}, "
            f"because class_names has {len(class_names)} names."
        )
    screen = to_screen(levels if class_names is None else levels.reshape(-1, *levels.shape[2:]), low, high, invert)
    turns = _turns(screen.shape[:3], known, order)

    def frame(turn: int) -> Image.Image:
        is_drawn = (turns <= turn).reshape(*turns.shape, *[1] * (screen.ndim - 3))
        pixels = np.where(is_drawn, screen, np.uint8(PAPER))
        if class_names is None:
            return Image.fromarray(tile(magnify(pixels, scale), columns_of(columns, len(pixels))))
        of_classes = pixels.reshape(*levels.shape[:2], *pixels.shape[1:])
        panels = [panel(name, [part], scale) for name, part in zip(class_names, of_classes, strict=True)]
        return arrange(panels, columns_of_panels(len(panels), columns, "columns"))

    return [frame(turn) for turn in np.union1d([-1], turns)]


def _turns(shape: tuple[int, ...], known: ArrayLike | None, order: ArrayLike) -> np.ndarray:
    """Return for each pixel (B, H, W) the row in its order, 0 … H - 1; -1 for a known pixel."""
    count, height, width = shape
    orders = Orders(8 if height == width else 4, (height, width, 1))
    of_images = np.array([require.whole("order", one, 0, orders.count - 1) for one in np.ravel(order).tolist()])
    if len(of_images) not in (1, count):
        raise ValueError(f"order of length {len(of_images)} does not fit: expected one number, or {count}.")
    rows = np.broadcast_to(np.arange(height)[:, None], shape)
    turns = orders.from_order(rows, np.broadcast_to(of_images, count))
    if known is None:
        return turns
    mask = np.asarray(known, bool)
    if mask.shape not in (shape, shape[1:]):
        raise ValueError(f"known of shape {mask.shape} does not fit: expected {shape[1:]} or {shape}.")
    return np.where(mask, -1, turns)
