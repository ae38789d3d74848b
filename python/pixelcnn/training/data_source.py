"""The record in `config.json` that says where a run's images come from."""

import dataclasses
import zlib
from typing import Any

import numpy as np

from pixelcnn import data, require
from pixelcnn.data.classes import resolve_classes
from pixelcnn.data.image_file import check_shape
from pixelcnn.data.in_files import Rows, parts_of, read_all
from pixelcnn.data.mnist import SPLITS as MNIST_SPLITS
from pixelcnn.data.quickdraw import SOURCES
from pixelcnn.data.split import held_out

MOST_IN_MEMORY = 1 << 30  # bytes of images that `open` reads into memory
SAMPLE = 1024  # images that `sample_checksum` reads
SAMPLED = "sample:"  # begins the checksums of samples
DOODLES = 400  # drawings of each class, because a demo of a few minutes sees most of them once


@dataclasses.dataclass(frozen=True)
class DataSource:
    """A data set and the arguments that load it; `load` returns its images.

    Args:
        kind: "doodles" (drawn by this package, without internet), "quickdraw", "mnist" (the fixed binarisation, which
            has no labels), or "folder:PATH" with one sub-folder of pictures per class.
        classes: Class names or labels. None selects all classes of a folder, else the 20 classes of the article. A text
            is a label only if no class has that name.
        per_class: Largest number of images of a class in the training split. The test split has a tenth as many, at
            least 2. None loads all images, or draws 400 doodles of each class.
        data_dir: Folder with the QuickDraw `.npy` files, or with `mnist/binarized_mnist.npz`. None reads the folder
            PIXELCNN_DATA, else the cache, else the internet.
        source: As in `pixelcnn.data.quickdraw`.
        seed: Seed of the doodles.
        size: (H, W) or (H, W, C) to which the folder's pictures are scaled and cropped, as in `pixelcnn.data.folder`.
            None keeps their size, which must be the same for all pictures.

    Raises:
        ValueError: If an argument does not fit, `size` is given for a `kind` other than a folder, or `classes` or
            `per_class` for MNIST.

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
        if kind not in ("doodles", "quickdraw", "mnist") and not kind.startswith("folder:") or kind == "folder:":
            raise ValueError(
                f"data={require.short(kind)} does not fit: expected 'doodles', 'quickdraw', 'mnist' or 'folder:PATH'."
            )
        for name in ("classes", "per_class"):
            if kind == "mnist" and getattr(self, name) is not None:
                raise ValueError(
                    f"{name}={require.short(getattr(self, name))} does not fit data='mnist': expected None, because "
                    "the binarised digits have no labels."
                )
        if self.per_class is not None:
            self._set("per_class", require.whole("per_class", self.per_class, 1))
        if self.data_dir is not None:
            require.text("data_dir", self.data_dir)
        require.one_of("source", self.source, SOURCES)
        self._set("seed", require.whole("seed", self.seed, 0))
        if self.classes is not None:
            listed = isinstance(self.classes, (list, tuple)) and len(self.classes) > 0
            if not listed or not all(isinstance(name, (str, int)) for name in self.classes):
                raise ValueError(f"classes={require.short(self.classes)} does not fit: expected class names or labels.")
            self._set("classes", tuple(self.classes))
        if self.size is not None:
            if not kind.startswith("folder:"):
                raise ValueError(f"size={self.size!r} does not fit data={kind!r}: expected data='folder:PATH'.")
            self._set("size", check_shape("size", self.size))

    def _set(self, name, value):
        """Set a field of this frozen record to its plain type, because JSON has no tuples and R passes 3 as 3.0."""
        object.__setattr__(self, name, value)

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits."""
        return MNIST_SPLITS if self.kind == "mnist" else ("train", "test")

    @property
    def head(self) -> dict[str, Any]:
        """The constructor's arguments of a model of these images: `high`, the largest level, and the head."""
        return {"high": 1, "head": "bernoulli"} if self.kind == "mnist" else {}

    @property
    def background(self) -> int | None:
        """The level of empty pixels of drawings and digits; None for pictures of a folder, which have none."""
        return None if self.kind.startswith("folder:") else 0

    def load(self, split: str) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
        """Return `(images, labels, class_names)` of one split.

        Shapes: Images (n, H, W, C) uint8, labels (n,) integers 0 … K-1, K class names. MNIST has no labels and no
        names.

        Args:
            split: "train" or "test"; of MNIST also "valid".

        Raises:
            ValueError: If `split` is another value, or a class has too few images to split.
            OSError: If the data cannot be read.
        """
        most = self._most(require.one_of("split", split, self.splits))
        if self.kind == "mnist":
            return data.mnist("fixed", split, data_dir=self.data_dir).images, None, ()
        return self._folder(split, most) if self.kind.startswith("folder:") else self._drawings(split, most, True)

    def open(self, split: str) -> tuple[Any, Any, Any]:
        """Return what `load` returns, but leave QuickDraw drawings of more than 1 GiB in their files.

        Args:
            split: As in `load`.

        Returns:
            Images and labels as arrays, or as objects that `ShuffledBatches` reads batch by batch; class names.

        Raises:
            ValueError, OSError: As in `load`.
        """
        if self.kind != "quickdraw":
            return self.load(split)
        drawings = self._drawings(require.one_of("split", split, ("train", "test")), self._most(split), False)
        return read_all(drawings) if drawings.images.nbytes <= MOST_IN_MEMORY else drawings

    def _most(self, split):
        """Return the largest number of images of a class in a split, or None."""
        most = self.per_class or (DOODLES if self.kind == "doodles" else None)
        return held_out(most) if most and split == "test" else most

    def _drawings(self, split, most, in_memory):
        classes = self.classes or data.BLOG20
        if self.kind == "doodles":
            # The two seeds are far apart, so that no run with another seed trains on the test split of this run.
            seed = self.seed if split == "train" else self.seed + 1_000_003
            return data.doodles(most * len(classes), classes=classes, seed=seed)
        return data.quickdraw(
            classes, per_class=most, data_dir=self.data_dir, source=self.source, split=split, in_memory=in_memory
        )

    def _folder(self, split, most):
        images, labels, names = data.folder(self.kind.removeprefix("folder:"), size=self.size)
        # Labels become texts, because a sub-folder may be called "1": a text is a name first, and then a label.
        chosen = resolve_classes([str(name) for name in self.classes or names], names)
        parts = [_of_split(np.flatnonzero(labels == label), split, names[label])[:most] for label in chosen]
        new_labels = np.repeat(np.arange(len(chosen)), [len(part) for part in parts])
        return images[np.concatenate(parts)], new_labels.astype(labels.dtype), tuple(names[label] for label in chosen)


def checksum(*arrays):
    """Return the CRC-32 of arrays as 8 hexadecimal digits; another checksum shows that the data have changed.

    Args:
        arrays: Arrays such as images (n, H, W, C) uint8 and labels (n,), or None for no labels. Integers other than
            uint8 count as 64 bits.

    Example:
        >>> checksum(np.zeros((2, 4, 4, 1), "uint8"), np.array([0, 1]))
        '3e22b30b'
    """
    total = 0
    for array in (part for part in arrays if part is not None):
        wide = "<i8" if array.dtype.kind in "iu" and array.dtype != np.uint8 else array.dtype
        for part in parts_of(array) if isinstance(array, Rows) else (array,):
            # The bytes are viewed as uint8, because zlib reads no bfloat16.
            total = zlib.crc32(np.ascontiguousarray(part, wide).reshape(-1).view(np.uint8), total)
    return f"{total:08x}"


def checksum_as(before, images, labels):
    """Return the checksum of a training split, of the same kind as an earlier one.

    Args:
        before: The earlier checksum, or None: images in files then get a checksum of a sample, because reading 36.8 GiB
            takes minutes.
        images: (n, H, W, C), an array or images in files.
        labels: (n,), an array or labels of images in files; None for no labels.

    Returns:
        That of `checksum`, or SAMPLED and the checksum of n and of 1024 images that are spread evenly over all images.
    """
    sampled = isinstance(images, Rows) if before is None else before.startswith(SAMPLED)
    if not sampled:
        return checksum(images, labels)
    rows = np.linspace(0, len(images) - 1, SAMPLE).astype(int)
    return SAMPLED + checksum(images[rows], labels[rows], np.array([len(images)]))


def _of_split(indices, split, name):
    """Return the indices of one class that belong to a split: the last tenth, at least 2, is the test split."""
    tested = held_out(len(indices))
    if len(indices) <= tested:
        raise ValueError(f"class {name!r} has {len(indices)} images: expected at least 3, because 2 are held out.")
    return indices[:-tested] if split == "train" else indices[-tested:]
