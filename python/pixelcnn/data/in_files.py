"""Images that stay in their files, and their labels. Rows are read when they are indexed."""

import functools
import itertools
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pixelcnn.data.image_data import ImageData
from pixelcnn.files import open_file

MOST_OPEN = 128  # files; some systems allow a process 256
CHUNK = 1 << 12  # rows that are read at once where all rows are read


class Part(NamedTuple):
    """Consecutive images of a file: `rows` images from byte `position` on."""

    path: Path
    position: int
    rows: int


class Rows(ABC):
    """The part of an array that a training needs: shape, type, and rows by number, slice or array of numbers.

    `numpy.asarray` reads all rows.

    Args:
        counts: The number of rows of each part.
        shape: The shape of a row.
        dtype: The type of the numbers.
    """

    def __init__(self, counts: Sequence[int], shape: tuple[int, ...], dtype: Any):
        self.ends = np.cumsum(counts, dtype=np.int64)
        self.shape, self.dtype = (int(self.ends[-1]), *shape), np.dtype(dtype)
        self.ndim, self.size = len(self.shape), int(np.prod(self.shape, dtype=np.int64))
        self.nbytes = self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        if isinstance(rows, slice):
            return self._rows(np.arange(*rows.indices(len(self))))
        rows = np.asarray(rows) if np.size(rows) else np.empty(np.shape(rows), int)
        if rows.dtype.kind not in "iu":
            raise IndexError(f"rows of type {rows.dtype} does not fit: expected whole numbers or a slice.")
        if rows.size and not -len(self) <= rows.min() <= rows.max() < len(self):
            raise IndexError(
                f"rows holds {rows.min()} … {rows.max()}, which does not fit: expected 0 … {len(self) - 1}."
            )
        return self._rows(rows.reshape(-1) % len(self)).reshape(rows.shape + self.shape[1:])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("copy=False does not fit: expected True, because the rows are in files.")
        whole, first = np.empty(self.shape, self.dtype), 0
        for part in parts_of(self):
            whole[first : first + len(part)] = part
            first += len(part)
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of shape {self.shape}, {self.dtype}>"

    def _parts(self, rows: np.ndarray) -> np.ndarray:
        """Return the number of the part in which each row lies."""
        return np.searchsorted(self.ends, rows, side="right")

    @abstractmethod
    def _rows(self, rows: np.ndarray) -> np.ndarray:
        """Return rows, (n,) whole numbers of at least 0."""


class ImagesInFiles(Rows):
    """Images (n, H, W, C) uint8 that lie in files, one after the other.

    Rows are read by position and not through memory maps: a thread that waits for the disk then lets other threads
    work, read rows do not count as memory of the process, and a file that was cut off gives an error.

    Args:
        parts: Where the images lie, at least one `Part`.
        shape: (H, W, C).

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "images")
        >>> path.write_bytes(bytes(range(12)))
        12
        >>> images = ImagesInFiles([Part(path, 0, 1), Part(path, 8, 1)], (2, 2, 1))
        >>> images.shape, images[1].ravel().tolist()
        ((2, 2, 2, 1), [8, 9, 10, 11])
    """

    def __init__(self, parts: Sequence[Part], shape: tuple[int, ...]):
        super().__init__([part.rows for part in parts], shape, np.uint8)
        self.parts = parts
        self.opened = functools.lru_cache(MOST_OPEN)(_File)

    def __reduce__(self) -> tuple[Any, ...]:
        # Open files cannot be copied to another process, which opens its own.
        return type(self), (self.parts, self.shape[1:])

    def _rows(self, rows: np.ndarray) -> np.ndarray:
        images = np.empty((len(rows), *self.shape[1:]), np.uint8)
        parts = self._parts(rows)
        begins = np.flatnonzero((np.diff(rows, prepend=-2) != 1) | (np.diff(parts, prepend=-1) != 0))
        for first, last in itertools.pairwise([*begins, len(rows)]):  # runs of consecutive rows of a file
            part = self.parts[parts[first]]
            offset = int(rows[first] - self.ends[parts[first]]) + part.rows
            self.opened(part.path).read(part.position + offset * images[0].size, images[first:last])
        return images


class LabelsOfParts(Rows):
    """Labels (n,) int64 of images in files: images of part k have label k.

    Args:
        counts: The number of images of each part.

    Example:
        >>> LabelsOfParts([2, 3])[:]
        array([0, 0, 1, 1, 1])
    """

    def __init__(self, counts: Sequence[int]):
        super().__init__(counts, (), np.int64)

    def _rows(self, rows: np.ndarray) -> np.ndarray:
        return self._parts(rows)


class _File:
    """A file that threads read at any position."""

    def __init__(self, path: Path):
        # Without a buffer, because a read of one image would fill the buffer.
        self.path, self.file, self.lock = path, open_file(path).detach(), threading.Lock()

    def __del__(self) -> None:
        if hasattr(self, "file"):
            self.file.close()

    def read(self, position: int, images: np.ndarray) -> None:
        """Fill images with the bytes from a position on."""
        view = images.reshape(-1).data
        while view and (held := self._read_some(position, view)):  # a system may read fewer bytes at once
            view, position = view[held:], position + held
        if view:
            raise ValueError(f"{self.path} is truncated: it ends {len(view):,} bytes early.")

    def _read_some(self, position: int, view: memoryview) -> int:
        if hasattr(os, "preadv"):  # forked workers share one position in the file, so none is set where that can be
            return os.preadv(self.file.fileno(), [view], position)
        with self.lock:
            self.file.seek(position)
            return self.file.readinto(view) or 0


def parts_of(rows: Rows) -> Iterator[np.ndarray]:
    """Yield all rows in their order, in arrays of some thousand rows.

    Args:
        rows: `ImagesInFiles` or `LabelsOfParts`.
    """
    for first in range(0, len(rows), CHUNK):
        yield rows[first : first + CHUNK]


def read_all(data: ImageData) -> ImageData:
    """Return images and labels in memory.

    Args:
        data: `ImageData` of `ImagesInFiles` and `LabelsOfParts`.
    """
    return ImageData(np.asarray(data.images), np.asarray(data.labels), data.class_names)
