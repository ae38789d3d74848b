"""A folder of images, one sub-folder a class."""

import math
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from pixelcnn import require
from pixelcnn.data.image_data import ImageData
from pixelcnn.data.image_file import KINDS, SUFFIXES, check_shape, read_image, stored_shape

MOST_BYTES = 1 << 31  # of pictures that keep their size


def folder(path: str | Path, image_shape=None, size=None) -> ImageData:
    """Load pictures from a folder that has one sub-folder a class.

    PNG, JPEG, BMP, WebP, TIFF, GIF and PNM files of at most 2^26 pixels (WebP: 2^25) are read. If a file has several
    frames or pages, the first is read. A picture is turned upright, as its EXIF orientation says; transparent pixels
    are laid onto white; with 16 bits a channel the upper 8 bits are kept. A picture is grey if its file stores grey,
    with or without transparency, or if it uses only greys of a palette.

    Everything else in the folder is skipped, with a warning that names it: other files, hidden files (`._x.png`,
    `.DS_Store`), `__MACOSX`, and sub-folders without a readable picture. None of these is a class.

    Args:
        path: the folder. Its sub-folders, sorted by name, are the labels 0 … K-1.
        image_shape: (H, W) or (H, W, C) to stretch the pictures to, with C = 1 (grey) or 3 (RGB).
        size: (H, W) or (H, W, C), or one number for a square, to scale and crop the pictures to. A picture is scaled,
            with its proportions kept, until it just covers H x W, and is then cropped equally at both ends. Without
            `image_shape` and `size` all pictures must have the same size, and at most 2^31 bytes together; both are
            checked before a picture is decoded. Without C, the images are grey if all pictures are grey, else RGB.

    Returns:
        `ImageData`: images (n, H, W, C) uint8, class after class; labels (n,) int64; the names of the sub-folders.

    Raises:
        FileNotFoundError: there is no such folder, or no picture in it.
        ValueError: in a class with readable pictures one file cannot be read, sizes differ (the message names the
            file), or the pictures are too large together.

    Example:
        >>> import pathlib, tempfile, pixelcnn
        >>> from PIL import Image
        >>> path = pathlib.Path(tempfile.mkdtemp())
        >>> for name in ["ant", "bat"]:
        ...     (path / name).mkdir()
        ...     Image.new("L", (4, 6)).save(path / name / "first.png")
        >>> images, labels, class_names = pixelcnn.data.folder(path)
        >>> images.shape, labels.tolist(), class_names
        ((2, 6, 4, 1), [0, 1], ('ant', 'bat'))
        >>> pixelcnn.data.folder(path, size=3).images.shape
        (2, 3, 3, 1)
    """
    read = _reader(image_shape, size)
    path = Path(path).expanduser()
    if not path.is_dir():
        raise FileNotFoundError(f"`path` {str(path)!r} is not a folder.")
    if read is read_image:
        _check_headers(path)
    pictures, skipped = _read_folder(path, read)
    names = [file.parent.name for file in pictures]
    class_names = tuple(dict.fromkeys(names))
    if not pictures:
        raise FileNotFoundError(
            f"`path` {str(path)!r} has no picture ({KINDS}) in a sub-folder; expected one sub-folder for each class."
            + (f" It has: {require.listed(skipped)}." if skipped else "")
        )
    if skipped:
        warnings.warn(
            f"{path}: skipped, because these are not pictures of a class: {require.listed(skipped)}.",
            UserWarning,
            stacklevel=2,
        )
    channels = max(picture.shape[-1] for picture in pictures.values())
    height, width, _ = next(iter(pictures.values())).shape
    images = np.empty((len(pictures), height, width, channels), np.uint8)
    for image, picture in zip(images, pictures.values(), strict=True):
        image[...] = picture  # grey goes into all channels
    label_of = {name: label for label, name in enumerate(class_names)}
    return ImageData(images, np.array([label_of[name] for name in names], np.int64), class_names)


def _reader(image_shape, size) -> Callable[[Path], np.ndarray]:
    """Return `read_image` for the shape that the user wants."""
    if image_shape is not None and size is not None:
        raise ValueError("`image_shape` and `size` are both given; give one: `image_shape` stretches, `size` crops.")
    if image_shape is not None:
        height, width, *channels = check_shape("image_shape", image_shape)
    elif size is not None:
        height, width, *channels = check_shape("size", size)
    else:
        return read_image
    return partial(
        read_image, size=(height, width), channels=channels[0] if channels else None, stretch=image_shape is not None
    )


def _check_headers(path: Path) -> None:
    """Check the sizes of all pictures before the pixels of one are in memory. Files that are no pictures are left out.

    A size is that of the pixels as stored, so the sides may be swapped: EXIF may turn the picture.
    """
    first, bytes_each = None, 0
    classes = [entry for entry in sorted(path.iterdir()) if _may_be_class(entry)]
    for count, file in enumerate(file for entry in classes for file in _pictures(entry)):
        try:
            shape = stored_shape(file)
        except (ValueError, OSError):  # told of when the file is read
            continue
        first = first or (file, shape)
        if sorted(shape[:2]) != sorted(first[1][:2]):
            _check_size(file, shape, *first)
        bytes_each = max(bytes_each, math.prod(shape))
        if (count + 1) * bytes_each > MOST_BYTES:
            raise ValueError(
                f"{path} has pictures of {shape[0]} x {shape[1]}, and more than {MOST_BYTES:,} bytes of them; give "
                "`size=(H, W)` (`--size HxW`) to scale and crop them."
            )


def _read_folder(path: Path, read: Callable) -> tuple[dict[Path, np.ndarray], list[str]]:
    """Return the pictures of all classes, file -> picture, and the names of what was skipped."""
    pictures: dict[Path, np.ndarray] = {}
    skipped = []
    for entry in sorted(path.iterdir(), key=lambda entry: entry.name):
        if not _may_be_class(entry):
            skipped.append(entry.name)
            continue
        inside = sorted(entry.iterdir())
        files = _pictures(entry)
        found, errors = _read_files(files, read, pictures)
        if found and errors:
            raise errors[0]
        if found:
            skipped += [f"{entry.name}/{file.name}" for file in inside if not _may_be_picture(file)]
        else:
            skipped.append(f"{entry.name} ({errors[0] if errors else 'no picture'})")
        pictures |= found
    return pictures, skipped


def _may_be_class(entry: Path) -> bool:
    return entry.is_dir() and not entry.name.startswith(".") and entry.name != "__MACOSX"


def _pictures(entry: Path) -> list[Path]:
    return [file for file in sorted(entry.iterdir()) if _may_be_picture(file)]


def _may_be_picture(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and not file.is_dir()


def _read_files(files: list[Path], read: Callable, before: dict) -> tuple[dict[Path, np.ndarray], list[Exception]]:
    """Return the pictures of a class, file -> picture, and the errors of files that cannot be read.

    All pictures must have the size of the first one: the first of `before`, the classes read before, if there is one.
    """
    found: dict[Path, np.ndarray] = {}
    errors: list[Exception] = []
    for file in files:
        try:
            found[file] = read(file)
        except (ValueError, OSError) as error:
            errors.append(error)
            if found:
                break
        else:
            first, expected = next(iter((before or found).items()))
            _check_size(file, found[file].shape, first, expected.shape)
    return found, errors


def _check_size(file: Path, shape: Sequence[int], first: Path, expected: Sequence[int]) -> None:
    if shape[:2] != expected[:2]:
        (height, width), (first_height, first_width) = shape[:2], expected[:2]
        raise ValueError(
            f"{file} is {height} x {width}, but {first} is {first_height} x {first_width}; give "
            "`image_shape=(H, W)` to stretch all of them, or `size=(H, W)` (`--size HxW`) to scale and crop them."
        )
