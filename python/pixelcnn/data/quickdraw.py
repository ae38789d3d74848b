"""Bitmaps of Quick, Draw! from a folder or from the network."""

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import platformdirs

from pixelcnn import require
from pixelcnn.data import _checked_part, _download, _npy
from pixelcnn.data.classes import resolve_classes
from pixelcnn.data.image_data import ImageData
from pixelcnn.data.in_files import ImagesInFiles, LabelsOfParts, Part, read_all
from pixelcnn.data.labels import BLOG20, TENT_HINT, quickdraw_classes, warn_of_tent
from pixelcnn.data.split import held_out
from pixelcnn.files import open_file, read_text, write_text
from pixelcnn.progress import check_verbose, progress

BASE_URL = "https://storage.googleapis.com/quickdraw_dataset/full/numpy_bitmap"
SOURCES = ("auto", "local", "network")
SPLITS = (None, "train", "test")
# Sub-folders of `data_dir` that may hold the files: `data_dir` may be any parent of them in Google's layout.
LAYOUT = (
    ".",
    "numpy_bitmap",
    "full/numpy_bitmap",
    "quickdraw/full/numpy_bitmap",
    "quickdraw_dataset/full/numpy_bitmap",
    "data/quickdraw/full/numpy_bitmap",
)
# Beginnings of file names: browsers and tools put the folders of Google's layout before the class name.
PREFIXES = ("", "full_numpy_bitmap_", "full-numpy_bitmap-", "full%2Fnumpy_bitmap%2F")


def quickdraw(
    classes: Sequence[str | int] = BLOG20,
    per_class: int | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    source: str = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    base_url: str = BASE_URL,
    verbose: int | Callable[[int, int], object] = 1,
    split: str | None = None,
    in_memory: bool = True,
) -> ImageData:
    """Load bitmaps of Quick, Draw!: 28x28 drawings with background 0 and ink of up to 255.

    Classes are names, or labels of TFDS `quickdraw_bitmap` (`quickdraw_classes()` lists them). The article *Easy
    PixelCNN with tfprobability* publishes its twenty classes as labels, with 308 for The Eiffel Tower. Label 308 is
    `tent`, and The Eiffel Tower is 309. `BLOG20` has the twenty names that the article means. The article's list of
    labels gives a warning.

    From the network, only the requested drawings are downloaded, by HTTP Range, with 784 bytes each: 1,500 drawings of
    each of 20 classes are 24 MB of the 36.8 GiB. The cache keeps the drawings with checksums, and damaged drawings are
    downloaded again. An interrupted download goes on where it stopped. A later call for more drawings downloads only
    the missing drawings.

    Args:
        classes: K class names or TFDS labels (ints, whole floats, or digits as text); their order gives the labels
            0 … K-1.
        per_class: The number of drawings of each class, the first ones of the split; `None` for all (0.1 GB for each
            class from the network). If a folder has fewer drawings, all are loaded, with a warning.
        data_dir: A folder with files `<class>.npy` (or `full_numpy_bitmap_<class>.npy`, as browsers name the files), or
            a parent of this folder in Google's layout (`full/numpy_bitmap`); by default the environment variable
            `PIXELCNN_DATA`.
        source: "local" reads the folder; "network" reads the cache and the network; "auto" reads the folder if
            `data_dir` is given or if PIXELCNN_DATA holds one of the classes, else the cache and the network.
        cache_dir: The folder that keeps downloaded parts of files; by default `quickdraw` in the user's cache folder.
        base_url: The address of the folder of `.npy` files on a server.
        verbose: 1 or 2 shows a progress bar of a download, 0 shows none. A function is called with the number of bytes
            that are downloaded and of all bytes to download.
        split: "test" for the last 10% of the rows of each class' file (at least 2), "train" for all rows before the
            test rows, `None` for all rows.
        in_memory: Whether to read the drawings into memory. With False, images and labels stay in the files: `fit`,
            `evaluate` and `pixelcnn.training.ShuffledBatches` read the rows of each batch when they need it, and
            `data.images[rows]` reads rows. So the 50 million drawings of all classes take no memory.

    Returns:
        `ImageData`: images (n, 28, 28, 1) uint8, class after class; labels (n,) 0 … K-1 in the order of `classes`;
        K class names. Shuffle the images before you use Keras' `validation_split`, which takes the last rows.

    Raises:
        ValueError: If a class or an option is unknown, or a file is damaged or is not one of QuickDraw's.
        FileNotFoundError: If the folder or the server does not have the file of a class.
        ConnectionError: If the connection fails several times in a row; the bytes that arrived are kept.

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
    chosen = resolve_classes(classes, all_names)
    warn_of_tent(chosen)
    names = tuple(all_names[k] for k in chosen)
    per_class = None if per_class is None else require.positive_integer("per_class", per_class)
    require.one_of("source", source, SOURCES)
    require.one_of("split", split, SPLITS)
    folder = _choose_folder(names, data_dir, source)
    if folder is None:
        parts = _from_network(names, per_class, split, _cache(cache_dir), base_url.rstrip("/"), verbose)
    else:
        parts = _from_folder(names, per_class, split, folder)
    data = _in_files(parts, names)
    return read_all(data) if require.boolean("in_memory", in_memory) else data


def _in_files(parts: list[Part], names: tuple[str, ...]) -> ImageData:
    images: Any = ImagesInFiles(parts, (28, 28, 1))  # in place of an array
    labels: Any = LabelsOfParts([part.rows for part in parts])
    return ImageData(images, labels, names)


def in_files(files: dict[str, Path], per_class: int | None = None, split: str | None = None) -> ImageData:
    """Return drawings in files of Google's, class name -> path; otherwise as `quickdraw(in_memory=False)`."""
    return _in_files([_local_part(path, per_class, split) for path in files.values()], tuple(files))


def _rows(count: int, per_class: int | None, split: str | None) -> range:
    """Return the range of requested rows of a file with `count` rows."""
    border = max(count - held_out(count), 0)
    rows = range(border if split == "test" else 0, border if split == "train" else count)
    return rows if per_class is None else rows[:per_class]


# A folder ------------------------------------------------------------------------------------------------------------


def environment_folder(classes: Sequence[str | int] | None) -> str | None:
    """Return PIXELCNN_DATA if it holds one of the classes, else None, because users may set it for other data sets."""
    named = os.environ.get("PIXELCNN_DATA")
    if not named:
        return None
    if not Path(named).expanduser().is_dir():
        raise FileNotFoundError(f"PIXELCNN_DATA={named!r} does not fit: expected a folder, or no value.")
    all_names = quickdraw_classes()
    wanted = [all_names[k] for k in resolve_classes(classes or BLOG20, all_names)]
    return named if _find_bitmaps(wanted, Path(named).expanduser()) else None


def _choose_folder(names: Sequence[str], data_dir: str | os.PathLike[str] | None, source: str) -> Path | None:
    """Return the folder to read, or `None` to use the network."""
    if source == "network":
        if data_dir is not None:
            raise ValueError(f"data_dir={str(data_dir)!r} does not fit: expected None, because source='network'.")
        return None
    named = data_dir if data_dir is not None else environment_folder(names)
    if named is None and source == "local":
        named = os.environ.get("PIXELCNN_DATA")
        if not named:
            raise ValueError(
                "data_dir=None does not fit: expected a folder, because source='local' and PIXELCNN_DATA is not set."
            )
    return None if named is None else Path(named).expanduser()


def _from_folder(names: Sequence[str], per_class: int | None, split: str | None, folder: Path) -> list[Part]:
    files = _find_bitmaps(names, folder)
    missing = [name for name in names if name not in files]
    if missing:
        searched = next((path.parent for path in files.values()), folder)
        lacks = ", ".join(repr(f"{name}.npy") for name in missing)
        raise FileNotFoundError(
            f"data_dir={str(searched)!r} lacks {lacks}: expected a folder with Google's .npy files, or a parent folder."
            + (f" {TENT_HINT}" if "tent" in missing else "")
        )
    parts = [_local_part(path, per_class, split) for path in files.values()]
    for (name, path), part in zip(files.items(), parts, strict=True):
        if per_class is not None and part.rows < per_class:
            of_split = "" if split is None else f" in its {split} split"
            count = f"{part.rows} drawings{of_split} in {path.parent}"
            warnings.warn(f"class {name!r} has {count}, fewer than per_class={per_class}.", UserWarning, stacklevel=3)
    return parts


def _find_bitmaps(names: Sequence[str], folder: Path) -> dict[str, Path]:
    """Return class name -> file, from the folder of the layout that holds most of the classes."""
    if not folder.is_dir():
        raise FileNotFoundError(f"data_dir={str(folder)!r} does not fit: expected a folder.")
    return max((_bitmaps_in(folder / inside, names) for inside in LAYOUT), key=len)


def _bitmaps_in(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    # The file with the plain name comes last, so that it replaces other files of its class.
    paths = ((name, folder / f"{prefix}{name}.npy") for name in names for prefix in reversed(PREFIXES))
    return {name: path for name, path in paths if path.is_file()}


def _local_part(path: Path, per_class: int | None, split: str | None) -> Part:
    with open_file(path) as file:
        header = _npy.parse_header(_npy.read_start(file, str(path)), str(path))
    size = path.stat().st_size
    if size != header.size:
        fault = "truncated" if size < header.size else "too long"
        raise ValueError(f"{path} is {fault}: it has {size:,} bytes, but its header says {header.size:,}.")
    rows = _rows(header.rows, per_class, split)
    if not rows:
        part = f"for split={split!r}" if split else "at all"
        raise ValueError(f"{path} has {header.rows} drawings, so none {part}: expected at least 3.")
    return Part(path, header.at(rows.start), len(rows))


# The network ---------------------------------------------------------------------------------------------------------


def _cache(cache_dir: str | os.PathLike[str] | None) -> Path:
    if cache_dir is not None:
        return require.path("cache_dir", cache_dir).expanduser()
    return Path(platformdirs.user_cache_dir("pixelcnn", appauthor=False)) / "quickdraw"


def _from_network(
    names: Sequence[str], per_class: int | None, split: str | None, cache: Path, base_url: str, verbose: Any
) -> list[Part]:
    """Download the drawings that the cache lacks, with one progress bar."""
    cached = [_CachedRows(name, per_class, split, cache, base_url) for name in names]
    lacking = sum(rows.lacking() for rows in cached)
    with progress(check_verbose(verbose), lacking, "QuickDraw", unit="B") as advance:
        for rows in cached:
            rows.complete(advance)
    return [rows.part for rows in cached]


class _CachedRows:
    """The requested rows of one class, in the cache.

    For each file of the server the cache keeps up to three files: the beginning and the test split, each with a file of
    checksums, and the version.
    """

    def __init__(self, name: str, per_class: int | None, split: str | None, cache: Path, base_url: str) -> None:
        path = cache / f"{name}.npy.part"
        self.remote, header = _cached_header(path, f"{base_url}/{quote(name)}.npy")
        rows = _rows(header.rows, per_class, split)
        position = header.at(rows.start)
        self.path = path if rows.start == 0 else cache / f"{name}.npy.from-{rows.start}.part"
        self.begin = 0 if rows.start == 0 else position
        self.end = header.at(rows.stop)
        self.part = Part(self.path, position - self.begin, len(rows))
        held = _checked_part.sound_bytes(self.path, self.end - self.begin)
        self.held = held if self.begin + held <= self.remote.size else 0  # a file that is too long is not used

    def lacking(self) -> int:
        """Return the number of bytes that the disk lacks, or holds damaged."""
        return max(self.end - self.begin - self.held, 0)

    def complete(self, progress: Callable[[int], object]) -> None:
        """Download the bytes that the disk lacks, or holds damaged."""
        if self.lacking():
            _download.extend(self.path, self.remote, self.begin, self.end, progress, self.held)


def _cached_header(path: Path, url: str) -> tuple[_download.Remote, _npy.Header]:
    """Return the version and the header of a server's file, from the cache if it holds both undamaged."""
    version = path.with_suffix(".version")
    try:
        with open_file(path) as file:
            start = _npy.read_start(file, str(path))
        header = _npy.parse_header(start, str(path))
        if path.stat().st_size <= header.size and _checked_part.sound_bytes(path, header.offset):
            return _download.Remote(url, start, header.size, _read_version(version)), header
    except (OSError, ValueError):  # the file is missing or damaged: download the header
        pass
    return _fetch_header(path, version, url)


def _fetch_header(path: Path, version: Path, url: str) -> tuple[_download.Remote, _npy.Header]:
    """Download the header of a server's file, begin the cached file with it, and store its version."""
    start, size, current = _download.read_start(url, _npy.FIRST_BYTES)
    if _npy.header_size(start, url) > len(start):
        start, size, current = _download.read_start(url, _npy.header_size(start, url))
    header = _npy.parse_header(start, url)
    if size not in (None, header.size):
        raise ValueError(f"{url} has {size:,} bytes, but its header says {header.size:,}; the file is damaged.")
    cached = _read_version(version)
    if cached and cached != current:
        for other in path.parent.glob(f"{path.stem}.from-*"):
            other.unlink(missing_ok=True)  # rows of another version
    write_text(version, current)
    _checked_part.begin(path, start[: header.size])
    return _download.Remote(url, start[: header.offset], header.size, current), header


def _read_version(path: Path) -> str:
    """Return the version of the file in the cache, or "" if it is not known."""
    try:
        return _download.checked_version(read_text(path))
    except (OSError, ValueError):
        return ""
