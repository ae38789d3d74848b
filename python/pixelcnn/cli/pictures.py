"""Images of a model as files, without loss: pictures, whose bytes are the levels, and `.npy` files of NumPy."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pixelcnn.data.image_file import MODES, read_image
from pixelcnn.files import open_file, replacing, replacing_folder

ARRAY = ".npy"


def read_levels(paths: Sequence[str | os.PathLike[str]], model: Any) -> np.ndarray:
    """Return the levels of images in files, (B, H, W, C).

    A `.npy` file holds images (n, H, W, C) or one image (H, W, C). A picture holds an image of bytes 0 … 255, which are
    the levels; for a model of the levels 0 and 1 the picture is black and white.

    Args:
        paths: The files.
        model: A distribution.

    Raises:
        ValueError: If a file cannot be read without loss, or does not fit the model.
        OSError: If a file cannot be opened.
    """
    return np.concatenate([_array(path, model) if _is_array(path) else _picture(path, model)[None] for path in paths])


def check_levels_fit_pictures(model: Any, name: str) -> None:
    """Require that pictures can hold the images of a model.

    Args:
        model: A distribution.
        name: The argument that asks for pictures.

    Raises:
        ValueError: If they cannot.
    """
    if model.image_shape[-1] not in MODES or model.low < 0 or model.high > 255:
        raise ValueError(
            f"{name} does not fit: expected {ARRAY} files, because the model's images have {model.image_shape[-1]} "
            f"channels and levels {model.low} … {model.high}, and a picture holds 1 or 3 channels of bytes."
        )


def write_levels(images: np.ndarray, model: Any, output: Path) -> None:
    """Write images (…, H, W, C) to a `.npy` file, or as PNG pictures to a new folder.

    Args:
        images: Levels, as `read_levels` returns them.
        model: A distribution.
        output: A file with the suffix `.npy`, or a folder that does not exist.

    Raises:
        FileExistsError: If the folder exists.
        OSError: If the files cannot be written.
    """
    if _is_array(output):
        with replacing(output) as temporary, temporary.open("wb") as file:  # NumPy would append `.npy` to the path
            np.save(file, images)
        return
    images = images.reshape((-1, *model.image_shape)).astype("uint8")
    digits = len(str(len(images) - 1))
    with replacing_folder(output, lambda folder: False) as temporary:
        temporary.mkdir()
        for index, image in enumerate(images):
            _as_picture(image, model).save(temporary / f"{index:0{digits}}.png", optimize=True)


def _as_picture(image, model):
    pixels = image * 255 if _is_binary(model) else image
    if image.shape[-1] > 1:
        return Image.fromarray(pixels)
    return Image.fromarray(pixels[..., 0]).convert("1" if _is_binary(model) else "L")


def _is_array(path):
    return Path(path).suffix.lower() == ARRAY


def _is_binary(model):
    return (model.low, model.high) == (0, 1)


def _array(path, model):
    with open_file(path) as file:
        try:
            images = np.load(file, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise ValueError(f"{path} cannot be read as a {ARRAY} file: {error}") from None
    if images.shape[-3:] != model.image_shape or images.ndim not in (3, 4):
        raise ValueError(
            f"{path} of shape {images.shape} does not fit: expected (n, H, W, C) or (H, W, C) with (H, W, C) = "
            f"{model.image_shape}."
        )
    return images.reshape((-1, *model.image_shape))


def _picture(path, model):
    check_levels_fit_pictures(model, str(path))
    image = read_image(path)
    with open_file(path) as file, Image.open(file) as picture:  # which `read_image` has checked
        is_plain = picture.mode in ("1", "L", "P", "RGB") and "transparency" not in picture.info
    height, width, channels = model.image_shape
    if image.shape[:2] != (height, width) or image.shape[2] > channels or not is_plain:
        colour = "grey" if channels == 1 else "grey or in colour"
        raise ValueError(
            f"{path} does not fit: expected a picture of {width}x{height} (width x height), {colour}, with at most 8 "
            "bits a channel and without transparency, because nothing may be lost."
        )
    return levels_of_bytes(np.broadcast_to(image, model.image_shape), model, path)


def levels_of_bytes(
    image: np.ndarray, model: Any, name: str | os.PathLike[str], round_them: bool = False
) -> np.ndarray:
    """Return the levels of a picture's bytes: the bytes themselves, but 0 and 1 for a model of these two levels.

    Args:
        image: Bytes (H, W, C).
        model: A distribution.
        name: The picture, for the error.
        round_them: For a model of two levels, whether to take the nearer one of black and white.

    Raises:
        ValueError: If the picture of a model of two levels has grays, unless `round_them` is true.
    """
    if not _is_binary(model):
        return image
    if not round_them and not np.isin(image, (0, 255)).all():
        raise ValueError(f"{name} does not fit: expected a black and white picture, because the model has two levels.")
    return image // 128
