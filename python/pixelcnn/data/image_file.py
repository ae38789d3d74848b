"""Read picture files as arrays; all code that opens pictures uses `read_image`."""

import mmap
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from pixelcnn import require
from pixelcnn.files import open_file

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".pgm", ".ppm")
KINDS = "PNG, JPEG, BMP, WebP, TIFF, GIF or PNM"
MOST_PIXELS = 1 << 26  # decoding takes 0.8 GB with transparency and EXIF orientation; for half as many pixels in WebP
MODES = {1: "L", 3: "RGB"}
MOST_SCANS = 100  # of a progressive JPEG; 6 to 10 are usual, and decoding passes over all pixels for each scan
MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")  # of a JPEG, except markers inside the data of a scan
END, SCAN = b"\xd9", b"\xda"


def read_image(
    path: str | os.PathLike[str], size: Sequence[int] | None = None, channels: int | None = None, stretch: bool = False
) -> np.ndarray:
    """Read a picture as (H, W, C) uint8, C = 1 for grey and 3 for RGB.

    - The picture is turned upright, as its EXIF orientation says.
    - Transparent pixels are laid onto white: a fully transparent pixel is 255 in each channel.
    - The picture is grey if its file stores grey, with or without transparency, or if it uses only greys of a palette.
    - Of 16 bits per channel the upper 8 bits are kept, so 65535 becomes 255. Other integers and floats are refused.
    - The first frame or page of a file is read.

    Args:
        path: A PNG, JPEG, BMP, WebP, TIFF, GIF or PNM file of at most 2^26 pixels (8192 x 8192), for WebP 2^25.
        size: (H, W) of the result. The picture is scaled, with its proportions kept, until it just covers H x W, and is
            then cropped equally at both ends. `None` keeps the picture's size.
        channels: 1 or 3 to convert the picture to grey or RGB; `None` keeps its channels.
        stretch: Whether to scale height and width by two factors, without cropping.

    Raises:
        ValueError: If the file is not such a picture, is damaged, or has more pixels; the message names the file.
        OSError: If the file cannot be opened, or is a pipe or a device.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "wide.png"
        >>> Image.new("LA", (6, 4), (7, 255)).save(path)
        >>> read_image(path).shape, read_image(path, (2, 2), channels=3).shape
        ((4, 6, 1), (2, 2, 3))
    """
    with _opened(path) as file:
        picture = _decode(file)
    if size is not None:
        resize = Image.Image.resize if stretch else ImageOps.fit
        picture = resize(picture, (size[1], size[0]), Image.Resampling.LANCZOS)
    if channels is not None:
        picture = picture.convert(MODES[channels])
    return np.asarray(picture).reshape(picture.height, picture.width, -1)


def stored_shape(path: str | os.PathLike[str]) -> tuple[int, int, int]:
    """Read height, width and channels from the header of a picture, before it is turned upright; palettes have C = 3.

    Args:
        path: A file that `read_image` reads.

    Raises:
        ValueError: If the file is not such a picture, or has more than 2^26 pixels; the message names the file.
        OSError: If the file cannot be opened, or is a pipe or a device.
    """
    with _opened(path) as file:
        picture = _header(file)
    return picture.height, picture.width, 1 if picture.mode[0] in "1LIF" else 3


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file to read it as a picture; errors name the file."""
    with open_file(path) as file:
        try:
            yield file
        except UnidentifiedImageError:
            raise ValueError(f"{path} cannot be read as an image: it is not an image file ({KINDS}).") from None
        except Exception as error:  # Pillow raises many kinds of errors for a damaged file
            raise ValueError(f"{path} cannot be read as an image: {error}") from error


def check_shape(name: str, value: Any) -> tuple[int, ...]:
    """Check a shape of pictures, and return it as a tuple (H, W) or (H, W, C); one number is the side of a square."""
    shape = (value, value) if require.is_integer(value) else tuple(value) if np.iterable(value) else ()
    sound = len(shape) in (2, 3) and all(require.is_integer(length) and length >= 1 for length in shape)
    if not sound or (len(shape) == 3 and shape[2] not in MODES) or shape[0] * shape[1] > MOST_PIXELS:
        raise ValueError(
            f"{name}={require.short(value)} does not fit: expected (H, W) or (H, W, C) with C = 1 or 3 and at most "
            f"{MOST_PIXELS:,} pixels."
        )
    return tuple(int(length) for length in shape)


def _header(file: IO[bytes]) -> ImageFile.ImageFile:
    """Read only the header of a picture, and check the size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # Pillow's limit is below MOST_PIXELS
        picture = Image.open(file, formats=FORMATS)
    most = MOST_PIXELS // 2 if picture.format == "WEBP" else MOST_PIXELS
    if picture.width * picture.height > most:
        raise ValueError(f"it has {picture.height} x {picture.width} pixels; at most {most:,} are read.")
    return picture


def _decode(file: IO[bytes]) -> Image.Image:
    """Return an upright picture of mode L or RGB; the size is checked before the pixels are decoded."""
    picture = _header(file)
    if picture.format in ("JPEG", "MPO"):
        _check_scans(file)
    stores_grey = "LA;16B" in str(picture.tile)  # a PNG of 16 bits, which Pillow decodes as RGBA
    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith(("I", "F")):
        return Image.fromarray(_upper_bits(picture))
    stores_grey |= picture.mode in ("1", "L", "LA", "La")
    on_white = _on_white(picture)
    return on_white.convert("L") if stores_grey or (picture.mode in ("P", "PA") and _is_grey(on_white)) else on_white


def _check_scans(file: IO[bytes]) -> None:
    """Check the number of scans, because a JPEG of a few kB may pass over all pixels thousands of times."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place, scans = 2, 0
        while (marker := MARKER.search(content, place)) and marker[1] != END:
            scans += marker[1] == SCAN
            if scans > MOST_SCANS:
                raise ValueError(f"it has more than {MOST_SCANS} scans.")
            place = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2], "big")


def _upper_bits(picture: Image.Image) -> np.ndarray:
    """Return the upper 8 bits of a grey picture of 16 bits, because Pillow's `convert` would clip the levels at 255."""
    levels = np.asarray(picture)
    if levels.dtype.kind not in "iu" or levels.min() < 0 or levels.max() > 65535:
        raise ValueError(f"its pixels are {levels.dtype}; expected integers of 1, 2, 4, 8 or 16 bits.")
    grey = (levels >> 8).astype(np.uint8)
    if "transparency" in picture.info:  # the level of transparent pixels
        grey[levels == picture.info["transparency"]] = 255
    return grey


def _on_white(picture: Image.Image) -> Image.Image:
    """Return a picture of mode L or RGB, with transparent pixels laid onto white."""
    if "A" not in picture.getbands() and "a" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("L" if picture.mode in ("1", "L") else "RGB")
    picture = picture.convert("RGBA")
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _is_grey(picture: Image.Image) -> bool:
    red, green, blue = (np.asarray(picture.getchannel(k)) for k in range(3))
    return np.array_equal(red, green) and np.array_equal(green, blue)
