"""Figures and films as files, each whole or absent."""

import os
from collections.abc import Sequence

from PIL import Image

from pixelcnn import require
from pixelcnn.files import replacing

HOLD = 2.0  # seconds for which a film shows its last frame before it begins again


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


def save_film(frames: Sequence[Image.Image], path: str | os.PathLike[str], seconds: float = 0.1) -> None:
    """Write a film to a file, which repeats for ever. A reader sees the old content or the new content.

    A GIF has 256 colours: gray frames keep every level, and frames in colour get the colours that are closest. A PNG
    keeps all colours.

    Args:
        frames: Pictures of one size, such as those of `film`.
        path: The file; its suffix is `.gif` or `.png`. Missing folders are created.
        seconds: Time of a frame. The last frame stays for 2 s.

    Raises:
        ValueError: If there is no frame, or the suffix does not fit.
        OSError: If the file cannot be written.
    """
    path = require.path("path", path)
    require.one_of("path's suffix", path.suffix.lower(), (".gif", ".png"))
    if not frames:
        raise ValueError("frames is empty, which does not fit: expected at least one picture.")
    milliseconds = 1000 * require.positive_number("seconds", seconds)
    times = [*[round(milliseconds)] * (len(frames) - 1), round(1000 * HOLD)]
    if path.suffix.lower() == ".gif" and frames[-1].mode != "L":
        colours = frames[-1].quantize(dither=Image.Dither.NONE)  # of the last frame, because all pixels are drawn there
        frames = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
    with replacing(path) as temporary:
        frames[0].save(temporary, save_all=True, append_images=frames[1:], duration=times, loop=0)
