"""Where a run's images come from, as a record that `config.json` can hold."""

import dataclasses
import zlib

import numpy as np

from pixelcnn import data, require
from pixelcnn.data.classes import resolve_classes
from pixelcnn.data.image_file import check_shape
from pixelcnn.data.split import held_out

SOURCES = ("auto", "local", "network")
DOODLES = 400  # of each class: a demo of minutes sees most of them once


@dataclasses.dataclass(frozen=True)
class DataSource:
    """A named data set with its arguments; `load` returns its images.

    Args:
        kind: "doodles" (drawn here, no network), "quickdraw", or "folder:PATH" (one sub-folder a class).
        classes: Class names or numbers; None for all classes of the source, of quickdraw the twenty of the article. A
            text is a class name first, and a number only if no class has that name.
        per_class: The most drawings of a class in the training split, the test split has a tenth as many (at least 2);
            None for all, which doodles take for 400.
        data_dir: Folder with the QuickDraw `.npy` files; None for the cache and the network.
        source: As in `pixelcnn.data.quickdraw`.
        seed: Seed of the doodles.
        size: (H, W) or (H, W, C) to scale and crop a folder's pictures to, as in `pixelcnn.data.folder`; None if all of
            them have one size.

    Raises:
        ValueError: If `kind` is another text, a value is out of range or of another type, or `size` is given for a
            `kind` that is no folder.

    Example:
        >>> DataSource("doodles", classes=("bee", "sun"), per_class=10).kind
        'doodles'
    """

    kind: str
    classes: tuple[str, ...] | None = None
    per_class: int | None = None
    data_dir: str | None = None
    source: str = "auto"
    seed: int = 0
    size: tuple[int, ...] | None = None

    def __post_init__(self):
        kind = require.text("data", self.kind)
        if kind not in ("doodles", "quickdraw") and not kind.startswith("folder:") or kind == "folder:":
            raise ValueError(f"data is {kind!r}; expected 'doodles', 'quickdraw' or 'folder:PATH'.")
        if self.per_class is not None:
            require.whole("per_class", self.per_class, 1)
        if self.data_dir is not None:
            require.text("data_dir", self.data_dir)
        require.one_of("source", self.source, SOURCES)
        require.whole("seed", self.seed, 0)
        if self.classes is not None:  # JSON has lists only
            object.__setattr__(self, "classes", _checked_classes(self.classes))
        if self.size is not None:
            self._check_size()

    def _check_size(self):
        if not self.kind.startswith("folder:"):
            raise ValueError(f"size is {self.size!r} and data is {self.kind!r}; size fits data 'folder:PATH' only.")
        object.__setattr__(self, "size", check_shape("size", self.size))

    def load(self, split: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """Return `(images, labels, class_names)` of one split.

        Shapes: Images (n, H, W, C) uint8, labels (n,) integers 0 ... K-1, class_names K names.

        Args:
            split: "train" or "test".

        Raises:
            ValueError: If `split` is neither, or a class has too few images to split.
            OSError: If the data cannot be read.
        """
        if split not in ("train", "test"):
            raise ValueError(f"split is {split!r}; expected 'train' or 'test'.")
        if self.kind == "doodles":
            return self._doodles(split)
        if self.kind == "quickdraw":
            return self._quickdraw(split)
        return self._folder(split)

    def _most(self, split, per_class):
        """The most drawings of a class in a split."""
        return per_class if per_class is None or split == "train" else held_out(per_class)

    def _doodles(self, split):
        classes = self.classes or data.BLOG20
        per_class = self._most(split, self.per_class or DOODLES)
        # The splits are two seeds far apart: a run with another seed must not draw this one's test split.
        seed = self.seed if split == "train" else self.seed + 1_000_003
        return data.doodles(per_class * len(classes), classes=classes, seed=seed)

    def _quickdraw(self, split):
        return data.quickdraw(
            self.classes or data.BLOG20,
            per_class=self._most(split, self.per_class),
            data_dir=self.data_dir,
            source=self.source,
            split=split,
        )

    def _folder(self, split):
        images, labels, names = data.folder(self.kind.removeprefix("folder:"), size=self.size)
        chosen = _class_indices(names, self.classes)
        most = self._most(split, self.per_class)
        rows = [_split_rows(np.flatnonzero(labels == i), split, names[i])[:most] for i in chosen]
        new_labels = np.repeat(np.arange(len(chosen)), [len(part) for part in rows])
        return images[np.concatenate(rows)], new_labels.astype(labels.dtype), tuple(names[i] for i in chosen)


def checksum(*arrays):
    """Return the CRC-32 of arrays as text, by which changed data are noticed.

    Args:
        arrays: Images (n, H, W, C) uint8 and labels (n,) integers, say; integers but uint8 count as 64 bits wide.

    Example:
        >>> checksum(np.zeros((2, 4, 4, 1), "uint8"), np.array([0, 1]))
        '3e22b30b'
    """
    total = 0
    for array in arrays:
        wide = "<i8" if array.dtype.kind in "iu" and array.dtype != np.uint8 else array.dtype
        total = zlib.crc32(np.ascontiguousarray(array, wide).reshape(-1).view(np.uint8), total)  # bfloat16 too
    return f"{total:08x}"


def _class_indices(names, wanted):
    """Indices of the wanted classes, all of them for None.

    A number is looked up as text, because sub-folders may be called "1" and "10": it is a name first, else an index.
    """
    if not wanted:
        return list(range(len(names)))
    return resolve_classes([str(name) for name in wanted], names)


def _checked_classes(classes):
    fits = isinstance(classes, (list, tuple)) and all(isinstance(name, (str, int)) for name in classes)
    if not fits or not classes:
        raise ValueError(f"classes is {classes!r}; expected class names or numbers, at least one.")
    return tuple(classes)


def _split_rows(rows, split, name):
    """The rows of one class that belong to a split: the last tenth, at least 2, is the test split."""
    tested = held_out(len(rows))
    if len(rows) <= tested:
        raise ValueError(f"class {name!r} has {len(rows)} images; expected at least 3, of which 2 are the test split.")
    return rows[:-tested] if split == "train" else rows[-tested:]
