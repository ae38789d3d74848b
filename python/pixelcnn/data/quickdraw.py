"""Quick, Draw! bitmaps from a folder or from the network."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
import platformdirs
from tqdm.auto import tqdm

from pixelcnn.data import _download, _npy
from pixelcnn.data._checks import check_choice, resolve_classes, whole
from pixelcnn.data.image_data import ImageData
from pixelcnn.data.labels import BLOG20, quickdraw_classes
from pixelcnn.files import write_bytes

BASE_URL = "https://storage.googleapis.com/quickdraw_dataset/full/numpy_bitmap"
SOURCES = ("auto", "local", "network")
SPLITS = (None, "train", "test")
# Where the files lie below a folder that somebody calls "the data": Google's layout, entered at any height.
LAYOUT = (
    ".",
    "numpy_bitmap",
    "full/numpy_bitmap",
    "quickdraw/full/numpy_bitmap",
    "quickdraw_dataset/full/numpy_bitmap",
    "data/quickdraw/full/numpy_bitmap",
)


def quickdraw(
    classes: Sequence = BLOG20,
    per_class: int | None = None,
    data_dir: str | Path | None = None,
    source: str = "auto",
    cache_dir: str | Path | None = None,
    base_url: str = BASE_URL,
    verbose: int = 1,
    split: str | None = None,
) -> ImageData:
    """Load Quick, Draw! bitmaps: 28x28 drawings, background 0, ink up to 255.

    Classes are names, or labels of TFDS `quickdraw_bitmap` (`quickdraw_classes()` lists them). The article *Easy
    PixelCNN with tfprobability* publishes its twenty classes as numbers, with 308 for The Eiffel Tower; label 308 is
    `tent` and The Eiffel Tower is 309. `BLOG20` is the twenty by name, as the article means them.

    The network costs what is asked for: the first rows of each class by HTTP Range, 784 bytes a drawing, so 20
    classes x 1,500 are 24 MB of the 36.8 GiB. They stay in the cache; a download that stops goes on where it stopped,
    and asking for more later fetches the difference.

    Args:
        classes: K class names or TFDS labels (ints or whole floats), in the order that labels shall have.
        per_class: at most so many drawings a class, the first ones of the split; `None` for all (0.1 GB a class from
            the network). A folder that has fewer gives what there is, with a warning.
        data_dir: a folder with `<class>.npy` files, or a parent of it in Google's layout (`full/numpy_bitmap`); the
            environment variable `PIXELCNN_DATA` where it is not given.
        source: "local" reads that folder, "network" the cache and the network, and "auto" the folder where one is
            named, else the cache and the network.
        cache_dir: where parts of the files are kept; by default `quickdraw` in the user's cache folder.
        base_url: where the `.npy` files are served.
        verbose: 0 for no progress bar.
        split: "test" for the last 10% of the rows of each class' file (at least 2), "train" for the rows before
            them, `None` for all.

    Returns:
        `ImageData`: images (n, 28, 28, 1) uint8, class after class; labels (n,) 0 … K-1 in the order of `classes`;
        K class names. Shuffle before Keras' `validation_split`, which takes the last rows.

    Raises:
        ValueError: an unknown class or option, or a file that is damaged or none of QuickDraw's.
        FileNotFoundError: a class that the folder or the server does not have.
        ConnectionError: a network that fails again and again; what came is kept.

    Example:
        >>> import tempfile, pathlib, numpy as np, pixelcnn
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> np.save(folder / "tent.npy", np.zeros((30, 784), "uint8"))
        >>> data = pixelcnn.data.quickdraw([308], per_class=5, data_dir=folder)
        >>> data.images.shape, data.labels.tolist(), data.class_names
        ((5, 28, 28, 1), [0, 0, 0, 0, 0], ('tent',))

    Source: https://github.com/googlecreativelab/quickdraw-dataset (CC BY 4.0, Google)
    """
    all_names = quickdraw_classes()
    names = tuple(all_names[k] for k in resolve_classes(classes, all_names))
    per_class = None if per_class is None else whole("per_class", per_class, 1)
    check_choice("source", source, SOURCES)
    check_choice("split", split, SPLITS)
    folder = None if source == "network" else _named_folder(data_dir, required=source == "local")
    if folder is None:
        parts = _from_network(names, per_class, split, _cache(cache_dir), base_url.rstrip("/"), verbose)
    else:
        parts = _from_folder(names, per_class, split, folder)
    labels = np.repeat(np.arange(len(names)), [len(part) for part in parts])
    return ImageData(np.concatenate(parts), labels.astype(np.int64), names)


def _rows(count: int, per_class: int | None, split: str | None) -> range:
    """Return which rows of a file with `count` rows are asked for."""
    held_out = max(2, count // 10)
    first = count - held_out if split == "test" else 0
    last = count - held_out if split == "train" else count
    rows = range(max(first, 0), max(last, 0))
    return rows if per_class is None else rows[:per_class]


# A folder ------------------------------------------------------------------------------------------------------------


def _named_folder(data_dir, required: bool) -> Path | None:
    named = data_dir if data_dir is not None else os.environ.get("PIXELCNN_DATA")
    if named:
        return Path(named).expanduser()
    if required:
        raise ValueError('`source="local"` needs a folder: give `data_dir`, or set PIXELCNN_DATA.')
    return None


def _from_folder(names, per_class, split, folder: Path) -> list[np.ndarray]:
    inside = _find_bitmaps(names, folder)
    parts = [_read_local(inside / f"{name}.npy", per_class, split) for name in names]
    for name, part in zip(names, parts, strict=True):
        if per_class is not None and len(part) < per_class:
            what = "" if split is None else f" in its {split} split"
            text = f"class {name!r} has {len(part)} drawings{what} in {inside}; `per_class` asks for {per_class}."
            warnings.warn(text, UserWarning, stacklevel=3)
    return parts


def _find_bitmaps(names, folder: Path) -> Path:
    """Return the folder of the layout that has the most of the files, and complain about the ones that it lacks."""
    if not folder.is_dir():
        raise FileNotFoundError(f"`data_dir` {str(folder)!r} is not a folder.")
    missing = {inside: [n for n in names if not (folder / inside / f"{n}.npy").is_file()] for inside in LAYOUT}
    best = min(LAYOUT, key=lambda inside: len(missing[inside]))
    if missing[best]:
        where = folder if len(missing[best]) == len(names) else folder / best
        lacks = ", ".join(repr(f"{name}.npy") for name in missing[best])
        raise FileNotFoundError(
            f"`data_dir` {str(where)!r} lacks {lacks}; it must hold Google's .npy files, or be a parent of theirs."
        )
    return folder / best


def _read_local(path: Path, per_class, split) -> np.ndarray:
    header = _npy.read_header(path)
    size = path.stat().st_size
    if size != header.size:
        what = "truncated" if size < header.size else "too long"
        raise ValueError(f"{path} is {what}: {size:,} bytes, where its header says {header.size:,}.")
    rows = _rows(header.rows, per_class, split)
    return _npy.read_rows(path, header.at(rows.start), len(rows))


# The network ---------------------------------------------------------------------------------------------------------


def _cache(cache_dir) -> Path:
    if cache_dir is not None:
        return Path(cache_dir).expanduser()
    return Path(platformdirs.user_cache_dir("pixelcnn", appauthor=False)) / "quickdraw"


def _from_network(names, per_class, split, cache: Path, base_url: str, verbose) -> list[np.ndarray]:
    """Complete what the cache lacks, under one bar, and read it."""
    parts = [_CachedRows(name, per_class, split, cache, base_url) for name in names]
    lacking = sum(part.lacking() for part in parts)
    bar = tqdm(total=lacking, unit="B", unit_scale=True, desc="QuickDraw", disable=not (verbose and lacking))
    with bar:
        for part in parts:
            part.complete(bar.update)
    return [part.read() for part in parts]


class _CachedRows:
    """The rows of one class that are asked for, as a part of the server's file on disk.

    The beginning of a file and its test split are kept apart, each as the bytes that the server has there.
    """

    def __init__(self, name: str, per_class, split, cache: Path, base_url: str):
        self.url = f"{base_url}/{quote(name)}.npy"
        path = cache / f"{name}.npy.part"
        self.header = _cached_header(path, self.url)
        rows = _rows(self.header.rows, per_class, split)
        self.count, self.position = len(rows), self.header.at(rows.start)
        self.path = path if rows.start == 0 else cache / f"{name}.npy.from-{rows.start}.part"
        self.begin = 0 if rows.start == 0 else self.position
        self.end = self.header.at(rows.stop)

    def lacking(self) -> int:
        """Return how many bytes are not on disk."""
        held = self.path.stat().st_size if self.path.exists() else 0
        return max(self.end - self.begin - held, 0)

    def complete(self, progress) -> None:
        """Fetch what is lacking."""
        if self.lacking():
            _download.extend(self.path, self.url, self.begin, self.end, self.header.size, progress)

    def read(self) -> np.ndarray:
        """Return the drawings, (n, 28, 28, 1)."""
        return _npy.read_rows(self.path, self.position - self.begin, self.count)


def _cached_header(path: Path, url: str) -> _npy.Header:
    """Return the header of a file on the server, from the cache where it is there and sound."""
    try:
        return _npy.read_header(path)
    except (FileNotFoundError, ValueError):  # never fetched, or no beginning of a bitmap file: begin anew
        start, total = _fetch_header(url)
    header = _npy.parse_header(start, url)
    if total not in (None, header.size):
        raise ValueError(f"{url} has {total:,} bytes, where its header says {header.size:,}; it is truncated.")
    write_bytes(path, start[: header.size])
    return header


def _fetch_header(url: str) -> tuple[bytes, int | None]:
    start, total = _download.read_start(url, _npy.FIRST_BYTES)
    longer = _npy.header_size(start, url)
    return (start, total) if longer <= len(start) else _download.read_start(url, longer)
