"""Figures of images, with Pillow alone: grids, the article's real-and-generated panels, completions.

Every function takes arrays of integers (N, H, W, C) or (N, H, W), C = 1 (gray) or 3 (red, green, blue), with levels
`low ... high`, and returns a `PIL.Image.Image`; `save` writes it.
"""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pixelcnn import require
from pixelcnn.files import replacing
from pixelcnn.images import check_values

PAPER = 255  # of the page around the images
MARGIN = 12  # pixels around a figure and between its panels
TEXT_HEIGHT = 22
HIDDEN = (225, 150, 215)  # the colour of hidden pixels: a pink that ink and paper never have, and photographs rarely


def grid(images, columns=None, scale=None, low=0, high=255, invert=None):
    """Return the images side by side, row after row.

    Args:
        images: (N, H, W, C) or (N, H, W) integers.
        columns: Images a row; by default about as many as rows.
        scale: Screen pixels a pixel, a whole number; by default such that an image is about 56 screen pixels high.
        low, high: Smallest and largest level.
        invert: Draw black on white what is white on black; by default for gray images that are mostly dark.

    Raises:
        ValueError: If `images` is empty, has another shape, or holds a value that is not a level `low ... high`; or
            another argument is out of range.

    Example:
        >>> grid(np.zeros((6, 4, 4, 1), "uint8"), columns=3, scale=2).size
        (32, 22)
    """
    pixels = _to_screen(images, low, high, invert)
    if columns is None:
        columns = math.ceil(math.sqrt(len(pixels)))
    columns = require.positive_integer("columns", columns)
    pixels = _magnify(pixels, _scale(scale, pixels.shape[1]))
    return Image.fromarray(_tile(pixels, columns))


def real_vs_generated(real, generated, class_names, scale=None, panel_columns=None, low=0, high=255, invert=None):
    """Return the article's figure: for each class its name, the real drawings and below them the generated ones.

    Shapes: K classes, n drawings of each.

    Args:
        real: (K, n, H, W, C) integers, or None for generated drawings only.
        generated: (K, n', H, W, C) integers.
        class_names: K names.
        scale: Screen pixels a pixel; by default such that an image is about 56 screen pixels high.
        panel_columns: Class panels side by side; by default up to four, so that 20 classes are 5 rows.
        low, high: Smallest and largest level.
        invert: Draw black on white what is white on black; by default for gray images that are mostly dark.

    Raises:
        ValueError: If the arrays do not have one entry for each class, or hold a value that is not a level `low ... high`.

    Example:
        >>> drawings = np.zeros((2, 3, 8, 8, 1), "uint8")
        >>> real_vs_generated(drawings, drawings, ["bee", "sun"]).mode
        'L'
    """
    rows = [("generated", generated)] if real is None else [("real", real), ("generated", generated)]
    for name, drawings in rows:
        if np.ndim(drawings) not in (4, 5) or len(drawings) != len(class_names):
            raise ValueError(
                f"{name} has shape {np.shape(drawings)}; expected (K, n, H, W, C) with K = {len(class_names)} class "
                "names."
            )
    if invert is None:
        invert = _looks_inverted(np.asarray(rows[0][1]), low, high)
    panels = [
        _class_panel(class_name, [_to_screen(drawings[k], low, high, invert) for _, drawings in rows], scale)
        for k, class_name in enumerate(class_names)
    ]
    caption = None if real is None else "top rows: real; bottom rows: generated"
    return _arrange(panels, panel_columns or _panel_columns(len(panels)), caption)


def completion(original, occluded, completed, scale=None, low=0, high=255, invert=None):
    """Return a figure of three columns, original, occluded and completed; one image a row.

    Args:
        original: (N, H, W, C) integers.
        occluded: What `pixelcnn.occlude` made of them, images and mask, and hidden pixels are pink; or images
            alone, which are shown as they are.
        completed: (N, H, W, C), or (N, n, H, W, C) for several completions of each image.
        scale: Screen pixels a pixel; by default such that an image is about 56 screen pixels high.
        low, high: Smallest and largest level.
        invert: Draw black on white what is white on black; by default for gray images that are mostly dark.

    Raises:
        ValueError: If the arrays do not have one entry for each image, or hold a value that is not a level `low ... high`;
            values of hidden pixels are not checked.

    Example:
        >>> import pixelcnn
        >>> images = np.zeros((1, 8, 8, 1), "uint8")
        >>> completion(images, pixelcnn.occlude(images, rows=4), images).mode
        'RGB'
    """
    occluded, mask = occluded if isinstance(occluded, tuple) else (occluded, None)
    original, occluded, completed = (np.asarray(images) for images in (original, occluded, completed))
    if completed.ndim == original.ndim:
        completed = completed[:, None]
    if not len(original) == len(occluded) == len(completed):
        raise ValueError(
            f"original, occluded and completed have {len(original)}, {len(occluded)} and {len(completed)} images; "
            "expected the same number."
        )
    if mask is not None:
        occluded = np.where(np.asarray(mask, bool)[..., None], occluded, low)
    if invert is None:
        invert = _looks_inverted(original, low, high)
    columns = {"original": original[:, None], "occluded": occluded[:, None], "completed": completed}
    screen = {title: [_to_screen(row, low, high, invert) for row in rows] for title, rows in columns.items()}
    if mask is not None:
        screen["occluded"] = [_with_hidden(row, np.asarray(mask, bool)) for row in screen["occluded"]]
    panels = [_class_panel(title, rows, scale, columns=len(rows[0])) for title, rows in screen.items()]
    return _arrange(panels, len(panels))


def save(picture, path):
    """Write a picture, in one piece: a reader never sees half of it.

    Args:
        picture: A `PIL.Image.Image`.
        path: The file; its suffix chooses the format. Missing folders are made.

    Raises:
        ValueError: If the suffix is that of no known format.
        OSError: If the file cannot be written.
    """
    with replacing(path) as temporary:
        picture.save(temporary)


def _to_screen(images, low, high, invert):
    """Integers (N, H, W[, C]) as bytes 0 ... 255, (N, H, W) or (N, H, W, 3)."""
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[-1] != 3) or 0 in images.shape:
        raise ValueError(f"images has shape {images.shape}; expected (N, H, W, 1), (N, H, W, 3) or (N, H, W), N >= 1.")
    if not high > low:
        raise ValueError(f"low is {low} and high is {high}; expected low < high.")
    check_values(images, low, high, "images", f"expected whole numbers {low} … {high} (low … high)")
    share = (images.astype("float64") - low) / (high - low)
    if _looks_inverted(images, low, high) if invert is None else invert:
        share = 1.0 - share
    return np.round(255 * share).astype("uint8")


def _looks_inverted(images, low, high):
    """Whether these are light strokes on a dark ground, which read better as ink on paper."""
    return images.shape[-1] != 3 and float(np.mean(images)) < (low + high) / 2


def _with_hidden(pixels, mask):
    """Bytes for the screen in colour, (N, H, W, 3); pixels that the mask (H, W) hides have a colour of their own."""
    colours = pixels if pixels.ndim == 4 else np.stack([pixels] * 3, axis=-1)
    return np.where(mask[..., None], colours, np.uint8(HIDDEN))


def _scale(scale, height):
    if scale is None:
        return max(1, round(56 / height))
    return require.positive_integer("scale", scale)


def _magnify(pixels, scale):
    return pixels.repeat(scale, axis=1).repeat(scale, axis=2)


def _tile(pixels, columns, gap=2):
    """Images (N, H, W[, 3]) as one page, `gap` light gray screen pixels between and around them."""
    rows = math.ceil(len(pixels) / columns)
    height, width = pixels.shape[1:3]
    shape = (rows * (height + gap) + gap, columns * (width + gap) + gap, *pixels.shape[3:])
    page = np.full(shape, 225, "uint8")
    for index, image in enumerate(pixels):
        top, left = gap + index // columns * (height + gap), gap + index % columns * (width + gap)
        page[top : top + height, left : left + width] = image
    return page


def _class_panel(title, rows, scale, columns=None):
    """A title above rows of images, which are bytes for the screen."""
    columns = columns or max(len(row) for row in rows)
    blocks = [_tile(_magnify(pixels, _scale(scale, pixels.shape[1])), columns) for pixels in rows]
    body = Image.fromarray(np.concatenate(blocks))
    width = max(body.width, math.ceil(_font().getlength(title)) + 2)
    panel = Image.new(body.mode, (width, body.height + TEXT_HEIGHT), _paper(body.mode))
    _write(panel, (1, 1), title)
    panel.paste(body, (0, TEXT_HEIGHT))
    return panel


def _arrange(panels, columns, caption=None):
    """Panels on a page in reading order, each column as wide as its widest panel; below them the caption."""
    widths = [max(panel.width for panel in panels[column::columns]) for column in range(min(columns, len(panels)))]
    lefts = [MARGIN + sum(widths[:column]) + column * MARGIN for column in range(len(widths))]
    height = max(panel.height for panel in panels) + MARGIN
    rows = math.ceil(len(panels) / columns)
    size = (lefts[-1] + widths[-1] + MARGIN, MARGIN + rows * height + (TEXT_HEIGHT if caption else 0))
    mode = "L" if all(panel.mode == "L" for panel in panels) else "RGB"
    page = Image.new(mode, size, _paper(mode))
    for index, panel in enumerate(panels):
        page.paste(panel, (lefts[index % columns], MARGIN + index // columns * height))
    if caption:
        _write(page, (MARGIN, MARGIN + rows * height - 4), caption)
    return page


def _write(picture, place, text):
    ink = 0 if picture.mode == "L" else (0, 0, 0)
    ImageDraw.Draw(picture).text(place, text, fill=ink, font=_font())


def _font():
    return ImageFont.load_default(size=15)


def _paper(mode):
    return PAPER if mode == "L" else (PAPER,) * 3


def _panel_columns(panels):
    """One column for up to 3 panels, two for up to 8, ... four for 20."""
    return min(4, max(1, round(math.sqrt(panels) * 0.8)))
