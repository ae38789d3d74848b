"""Batches for `fit` of images that are shifted and mirrored anew in each epoch, with balanced classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.data.balanced_rows import balanced_rows
from pixelcnn.data.batches import ShuffledBatches
from pixelcnn.data.classes import resolve_classes
from pixelcnn.data.image_data import ImageData

ALL = "all"  # of classes to mirror


class AugmentedBatches(ShuffledBatches):
    """Shuffled batches `(images, labels)`, in which images are shifted and mirrored at random.

    Each image is shifted by whole numbers of pixels, uniform in -shift … shift, down and to the right. An image of a
    class in `flip` is mirrored, left to right, with probability 1/2. With `balance` images of scarce classes occur more
    often than once in an epoch, and some images of other classes not at all; an epoch has as many images as the data.
    The order, the shifts and the flips are functions of (seed, epoch, index of the batch). The last, smaller batch of
    an epoch is left out.

    Args:
        data: `ImageData`, in memory or in files.
        batch_size: Images in a batch, B; if it is above n, B = n.
        seed: A whole number 0 … 2^32 - 1.
        shift: Largest shift in pixels, below the height and the width; 0 for none.
        flip: Names or labels of the classes whose images are mirrored, such as symmetric ones; "all" for all images.
        background: Level of the pixels that a shift brings in from outside of the image; None repeats the pixels of the
            edge.
        balance: A class of m images has a share of an epoch in proportion to m^(1 - balance): 0 for the shares of the
            data, 1 for equal shares. A number above 0 takes 16 bytes an image.

    Raises:
        ValueError: If an argument does not fit.

    Example:
        >>> from pixelcnn.data import arrays
        >>> batches = AugmentedBatches(arrays(np.ones((4, 8, 8)), [0, 0, 1, 1]), batch_size=4, shift=2, flip="all")
        >>> images, labels = batches[0]
        >>> images.shape, bool((images == batches[0][0]).all())
        ((4, 8, 8, 1), True)
    """

    def __init__(
        self,
        data: ImageData,
        batch_size: int,
        seed: int = 0,
        shift: int = 0,
        flip: str | Sequence[str | int] = (),
        background: int | None = 0,
        balance: float = 0.0,
    ) -> None:
        self.balance = require.share("balance", balance)
        if balance and data.labels is None:
            raise ValueError(f"balance={balance} does not fit images without labels: expected 0.")
        super().__init__(data.images, data.labels, batch_size, seed)
        self.class_names = data.class_names
        self.shift = require.whole("shift", shift, 0, min(data.images.shape[1:3]) - 1)
        self.mirrored = mirrored_classes(flip, data.class_names)
        levels = np.iinfo(data.images.dtype) if data.images.dtype.kind in "iu" else np.iinfo("int32")
        fits = (int(levels.min), int(levels.max))
        self.background = None if background is None else require.whole("background", background, *fits)

    def _rows_of_epoch(self) -> Any:
        if not self.balance:
            return super()._rows_of_epoch()
        return balanced_rows(np.asarray(self.labels), self.balance, (self.seed, self.epoch, 3))

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        images, *labels = super().__getitem__(index)
        random = np.random.default_rng((self.seed, self.epoch, index, 2))
        if self.shift:
            images = shifted(images, random, self.shift, self.background)
        if self.mirrored != ():
            chosen = np.isin(labels[0], self.mirrored) if self.mirrored is not None else True
            flips = (random.random(len(images)) < 0.5) & chosen
            images = np.where(flips[:, None, None, None], images[:, :, ::-1], images)
        return images, *labels


def mirrored_classes(flip: str | Sequence[str | int], class_names: Sequence[str] | None) -> tuple[int, ...] | None:
    """Return the labels of the classes to mirror, or None for all images.

    Args:
        flip: Names or labels, or "all", alone or in a sequence.
        class_names: The names of the labels; None or none of images without labels.

    Raises:
        ValueError: If a class is unknown, or classes are named of images without labels.

    Example:
        >>> mirrored_classes(["sun"], ["bee", "sun"]), mirrored_classes("all", None), mirrored_classes((), None)
        ((1,), None, ())
    """
    classes = [flip] if isinstance(flip, str) else list(flip)
    if classes == [ALL]:
        return None
    if classes and not class_names:
        raise ValueError(f"flip={require.short(flip)} does not fit images without labels: expected 'all' or no class.")
    return tuple(resolve_classes(classes, class_names)) if classes else ()


def shifted(images: np.ndarray, random: np.random.Generator, most: int, background: int | None = 0) -> np.ndarray:
    """Return images that are moved by random whole numbers of pixels, uniform in -most … most, in both directions.

    Shapes: (B, H, W, C) to (B, H, W, C).

    Args:
        images: Integers.
        random: `numpy.random.Generator`.
        most: Largest shift in pixels.
        background: Level of the pixels from outside of the image; None repeats the pixels of the edge.

    Example:
        >>> shifted(np.ones((1, 8, 8, 1)), np.random.default_rng(0), 2).shape
        (1, 8, 8, 1)
    """
    count, *sizes = images.shape[:3]
    down, right = random.integers(-most, most + 1, (2, count))
    rows, columns = (np.arange(size) - by[:, None] for size, by in zip(sizes, (down, right), strict=True))
    inside = [(at >= 0) & (at < size) for at, size in zip((rows, columns), sizes, strict=True)]
    rows, columns = (np.clip(at, 0, size - 1) for at, size in zip((rows, columns), sizes, strict=True))
    moved = images[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    if background is not None:
        moved[~(inside[0][:, :, None] & inside[1][:, None, :])] = background
    return moved
