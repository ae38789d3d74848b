"""A folder of pictures with one sub-folder for each class."""

import math
import os
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from pixelcnn import require
from pixelcnn.data.image_data import ImageData
from pixelcnn.data.image_file import KINDS, SUFFIXES, check_shape, read_image, stored_shape

MOST_BYTES = 1 << 31  # of all pictures together, if they keep their size


def folder(
    path: str | os.PathLike[str],
    image_shape: int | Sequence[int] | None = None,
    size: int | Sequence[int] | None = None,
) -> ImageData:
    """Load pictures from a folder that has one sub-folder for each class.

    The function reads PNG, JPEG, BMP, WebP, TIFF, GIF and PNM files of at most 2^26 pixels (WebP: 2^25), and the first
    frame or page of each file. It turns a picture upright, as the EXIF orientation says, lays transparent pixels onto
    white, and keeps the upper 8 bits of 16 bits per channel. A picture is grey if its file stores grey, with or without
    transparency, or if it uses only greys of a palette.

    A warning names all other entries of the folder, which are skipped: other files, hidden files (`._x.png`,
    `.DS_Store`), `__MACOSX`, and sub-folders without a readable picture. These entries are not classes.

    Args:
        path: The folder. Its sub-folders, sorted by name, are the labels 0 … K-1.
        image_shape: (H, W) or (H, W, C) to stretch the pictures to, with C = 1 (grey) or 3 (RGB).
        size: (H, W) or (H, W, C), or one number for a square, to scale and crop the pictures to. A picture is scaled,
            with its proportions kept, until it just covers H x W, and is then cropped equally at both ends. Without
            `image_shape` and `size`, all pictures must have the same size and take at most 2^31 bytes together; both
            conditions are checked before a picture is decoded. Without C, the images are grey if all pictures are grey,
            else RGB.

    Returns:
        `ImageData`: images (n, H, W, C) uint8, class after class; labels (n,) int64; the names of the sub-folders.

    Raises:
        FileNotFoundError: If `path` is not a folder, or holds no picture.
        ValueError: If a class has readable pictures and a file that cannot be read, if sizes differ, or if the pictures
            are too large together. The message names the file.

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
    root = require.path("path", path).expanduser()
    if not root.is_dir():
        raise FileNotFoundError(f"path={str(root)!r} does not fit: expected a folder.")
    if read is read_image:
        _check_headers(root)
    pictures, skipped = _read_folder(root, read)
    names = [file.parent.name for file in pictures]
    class_names = tuple(dict.fromkeys(names))
    if not pictures:
        raise FileNotFoundError(
            f"path={str(root)!r} does not fit: expected one sub-folder with pictures ({KINDS}) for each class."
            + (f" The folder holds: {require.listed(skipped)}." if skipped else "")
        )
    if skipped:
        warnings.warn(
            f"{root}: skipped entries that are not pictures of a class: {require.listed(skipped)}.",
            UserWarning,
            stacklevel=2,
        )
    channels = max(picture.shape[-1] for picture in pictures.values())
    height, width, _ = next(iter(pictures.values())).shape
    images = np.empty((len(pictures), height, width, channels), np.uint8)
    for image, picture in zip(images, pictures.values(), strict=True):
        image[...] = picture  # NumPy copies grey into all channels
    label_of = {name: label for label, name in enumerate(class_names)}
    return ImageData(images, np.array([label_of[name] for name in names], np.int64), class_names)


def _reader(image_shape: int | Sequence[int] | None, size: int | Sequence[int] | None) -> Callable[[Path], np.ndarray]:
    """Return `read_image` with the arguments for the user's shape."""
    if image_shape is not None and size is not None:
        raise ValueError(
            f"image_shape={image_shape!r} and size={size!r} are both given: expected one of them, because image_shape "
            "stretches pictures and size crops pictures."
        )
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
    """Check the sizes of all pictures before one is decoded; files that are not pictures are left out.

    Height and width may be swapped in a header, because the EXIF orientation may turn the picture.
    """
    first, bytes_each = None, 0
    classes = [entry for entry in sorted(path.iterdir()) if _may_be_class(entry)]
    for count, file in enumerate(file for entry in classes for file in _pictures(entry)):
        try:
            shape = stored_shape(file)
        except (ValueError, OSError):  # reading the file raises the same error
            continue
        first = first or (file, shape)
        if sorted(shape[:2]) != sorted(first[1][:2]):
            _check_size(file, shape, *first)
        bytes_each = max(bytes_each, math.prod(shape))
        if (count + 1) * bytes_each > MOST_BYTES:
            raise ValueError(
                f"{path} has more than {MOST_BYTES:,} bytes of pictures of {shape[0]} x {shape[1]}; give size=(H, W) "
                "(--size HxW) to scale and crop them."
            )


def _read_folder(path: Path, read: Callable[[Path], np.ndarray]) -> tuple[dict[Path, np.ndarray], list[str]]:
    """Return the pictures of all classes, file -> picture, and the names of skipped entries."""
    pictures: dict[Path, np.ndarray] = {}
    skipped = []
    for entry in sorted(path.iterdir(), key=lambda entry: entry.name):
        if not _may_be_class(entry):
            skipped.append(entry.name)
            continue
        inside = sorted(entry.iterdir())
        files = _pictures(entry)
        of_class, errors = _read_files(files, read, pictures)
        if of_class and errors:
            raise errors[0]
        if of_class:
            skipped += [f"{entry.name}/{file.name}" for file in inside if not _may_be_picture(file)]
        else:
            skipped.append(f"{entry.name} ({errors[0] if errors else 'no picture'})")
        pictures |= of_class
    return pictures, skipped


def _may_be_class(entry: Path) -> bool:
    return entry.is_dir() and not entry.name.startswith(".") and entry.name != "__MACOSX"


def _pictures(entry: Path) -> list[Path]:
    return [file for file in sorted(entry.iterdir()) if _may_be_picture(file)]


def _may_be_picture(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and not file.is_dir()


def _read_files(
    files: list[Path], read: Callable[[Path], np.ndarray], before: dict[Path, np.ndarray]
) -> tuple[dict[Path, np.ndarray], list[Exception]]:
    """Return the pictures of a class, file -> picture, and the errors of files that cannot be read.

    All pictures must have the size of the first picture of `before`, the earlier classes, or else of this class.
    """
    pictures: dict[Path, np.ndarray] = {}
    errors: list[Exception] = []
    for file in files:
        try:
            pictures[file] = read(file)
        except (ValueError, OSError) as error:
            errors.append(error)
            if pictures:
                break
        else:
            first, expected = next(iter((before or pictures).items()))
            _check_size(file, pictures[file].shape, first, expected.shape)
    return pictures, errors


def _check_size(file: Path, shape: Sequence[int], first: Path, expected: Sequence[int]) -> None:
    if shape[:2] != expected[:2]:
        (height, width), (first_height, first_width) = shape[:2], expected[:2]
        raise ValueError(
            f"{file} is {height} x {width}, but {first} is {first_height} x {first_width}; give "
            "image_shape=(H, W) to stretch all pictures, or size=(H, W) (--size HxW) to scale and crop all pictures."
        )
