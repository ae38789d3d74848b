"""MNIST and CIFAR-10, read from an `.npz` file in a folder or downloaded by Keras."""

import math
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from pixelcnn import require
from pixelcnn.data import _npy
from pixelcnn.data.arrays import arrays
from pixelcnn.data.image_data import ImageData
from pixelcnn.files import open_file

MOST_BYTES = 1 << 29  # of an array; MNIST in float64 takes 0.4 GB


def find(files: Sequence[str], data_dir: str | os.PathLike[str] | None) -> Path | None:
    """Return the path of the first of `files` that exists in `data_dir`, or in PIXELCNN_DATA if that is None.

    `files` are paths such as `mnist/mnist.npz`; a file may also lie directly in the folder. `data_dir` must hold one of
    `files`. PIXELCNN_DATA need not, because users may set it for other data sets.
    """
    named = data_dir if data_dir is not None else os.environ.get("PIXELCNN_DATA")
    if not named:
        return None
    folder = require.path("data_dir", named).expanduser()
    for file in files:
        for path in (folder / file, folder / Path(file).name):
            if path.is_file():
                return path
    if data_dir is not None:
        raise FileNotFoundError(f"data_dir={str(folder)!r} does not fit: expected a folder with {' or '.join(files)}.")
    return None


def read(path: Path, names: Sequence[str]) -> list[np.ndarray]:
    """Return the named arrays of an `.npz` file, each of at most 2^29 bytes."""
    with open_file(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                held = {name: _array(archive, f"{name}.npy") for name in names if f"{name}.npy" in archive.namelist()}
        except Exception as error:  # zipfile and NumPy raise many kinds for a damaged file
            raise ValueError(f"{path} cannot be read as an .npz file: {error}") from error
    lacks = [name for name in names if name not in held]
    if lacks:
        raise ValueError(f"{path} lacks the array {lacks[0]!r}; expected an .npz file with {', '.join(names)}.")
    return [held[name] for name in names]


def _array(archive: zipfile.ZipFile, member: str) -> np.ndarray:
    """Read an array if its header declares at most `MOST_BYTES`, because a file of a few kB can unpack to any size."""
    with archive.open(member) as file:
        layout = _npy.parse_layout(_npy.read_start(file, member), member)
    if not 0 <= math.prod(layout.shape) * layout.dtype.itemsize <= MOST_BYTES:
        raise ValueError(f"{member} is {layout.dtype} of shape {layout.shape}; at most {MOST_BYTES:,} bytes are read.")
    with archive.open(member) as file:
        return npy.read_array(file, allow_pickle=False)


def image_data(
    images: np.ndarray,
    labels: np.ndarray | None,
    class_names: Sequence[str] | None,
    shape: tuple[int, ...],
    source: Path | None,
    **levels: int,
) -> ImageData:
    """Check the arrays of a file, or of a download if `source` is None; each image must have shape `shape`."""
    name = source or "The download"
    if images.shape[1:] != shape:
        raise ValueError(f"{name} holds images of shape {images.shape[1:]}; expected {shape}.")
    try:
        return arrays(images, None if labels is None else np.reshape(labels, -1), class_names, **levels)
    except ValueError as error:
        raise ValueError(f"{name} holds arrays that do not fit: {error}") from None


def download(data_set: str, file: str, load: Callable[[], Any]) -> Any:
    """Call `load`, which may download; if `load` fails, raise an error that says how to work without network."""
    try:
        return load()
    except ValueError:  # the bytes have another SHA-256
        raise
    except Exception as error:  # Keras raises a bare Exception if a server cannot be reached
        named = os.environ.get("PIXELCNN_DATA")
        lacks = f" (it is {named!r}, which has no such file)" if named else ""
        raise ConnectionError(
            f"{data_set} could not be downloaded ({error}). Without network, set PIXELCNN_DATA to a folder that holds "
            f"{file}{lacks}, or give such a folder as `data_dir`."
        ) from error
