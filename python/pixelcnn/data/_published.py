"""Data sets that many know: from an `.npz` file in a folder of data, else by Keras' downloads."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np


def find(files: Sequence[str], data_dir: str | Path | None) -> Path | None:
    """Return the first of `files` that is in `data_dir`, or else in PIXELCNN_DATA; each is named with its folder.

    A folder that is named as `data_dir` must hold one of them; PIXELCNN_DATA, which other data sets use too, need not.
    """
    named = data_dir if data_dir is not None else os.environ.get("PIXELCNN_DATA")
    if not named:
        return None
    folder = Path(named).expanduser()
    for file in files:
        for path in (folder / file, folder / Path(file).name):
            if path.is_file():
                return path
    if data_dir is not None:
        raise FileNotFoundError(f"`data_dir` {str(folder)!r} holds no {' or '.join(files)}.")
    return None


def read(path: Path, names: Sequence[str]) -> list[np.ndarray]:
    """Return arrays of an `.npz` file by name."""
    try:
        with np.load(path, allow_pickle=False) as file:
            held = {name: file[name] for name in file.files if name in names}
    except Exception as error:  # NumPy raises many kinds for a damaged file
        raise ValueError(f"{path} cannot be read as an .npz file: {error}") from error
    lacks = [name for name in names if name not in held]
    if lacks:
        raise ValueError(f"{path} lacks the array {lacks[0]!r}; expected an .npz file with {', '.join(names)}.")
    return [held[name] for name in names]


def check_shape(images: np.ndarray, shape: tuple[int, ...], source) -> None:
    """Check the shape of each image."""
    if images.shape[1:] != shape:
        raise ValueError(f"{source} holds images of shape {images.shape[1:]}; expected {shape}.")


def download(what: str, file: str, load: Callable):
    """Call `load`, which may download; where that fails, say how to do without network."""
    try:
        return load()
    except ValueError:  # not the bytes that were expected
        raise
    except Exception as error:  # Keras raises a bare Exception where a server cannot be reached
        named = os.environ.get("PIXELCNN_DATA")
        lacks = f" (it is {named!r}, which has no such file)" if named else ""
        raise ConnectionError(
            f"{what} could not be downloaded: {error} Without network, set PIXELCNN_DATA to a folder that holds "
            f"{file}{lacks}, or give such a folder as `data_dir`."
        ) from error
