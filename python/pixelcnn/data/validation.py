"""Validation images: the end of each class of a training split, which a training leaves out."""

from typing import Any

import numpy as np

from pixelcnn.data.in_files import ImagesInFiles, LabelsOfParts


def set_aside(images: Any, labels: Any, most: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return `(images, labels)` to train on, and those of the validation: the last tenth of each class.

    If the tenths are more than `most` images together, each is smaller in proportion. A class of fewer than 10 images
    has no validation image. The images to train on keep their order.

    Args:
        images: (n, H, W, C), an array or images in files.
        labels: (n,), an array or labels of images in files; None for one class.
        most: Largest number of validation images.

    Example:
        >>> (_, train), (images, validation) = set_aside(np.zeros((50, 2, 2, 1)), np.repeat([0, 1], [20, 30]), 1024)
        >>> np.bincount(train).tolist(), np.bincount(validation).tolist()
        ([18, 27], [2, 3])
    """
    if isinstance(images, ImagesInFiles):
        return _cut(images, most)
    classes = np.zeros(len(images), int) if labels is None else np.asarray(labels)
    counts = np.bincount(classes)
    order, ends = np.argsort(classes, kind="stable"), np.cumsum(counts)
    last = np.zeros(len(images), bool)
    for end, size in zip(ends, _sizes(counts, most), strict=True):
        last[order[end - size : end]] = True
    return _at(images, labels, ~last), _at(images, labels, last)


def _sizes(counts: np.ndarray, most: int) -> np.ndarray:
    """Return the number of validation images of each class."""
    tenths = counts // 10
    return tenths * min(most, tenths.sum()) // max(tenths.sum(), 1)


def _at(images: Any, labels: Any, chosen: np.ndarray) -> tuple[Any, Any]:
    return images[chosen], None if labels is None else labels[chosen]


def _cut(images: ImagesInFiles, most: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """As `set_aside`, for images in files, where each class is a part. No image is read."""
    counts = np.array([part.rows for part in images.parts])
    sizes, shape = _sizes(counts, most), images.shape[1:]
    bytes_each = int(np.prod(shape))
    first = [part._replace(rows=part.rows - size) for part, size in zip(images.parts, sizes.tolist(), strict=True)]
    last = [
        part._replace(position=part.position + before.rows * bytes_each, rows=part.rows - before.rows)
        for part, before in zip(images.parts, first, strict=True)
    ]
    cut = [(ImagesInFiles(parts, shape), LabelsOfParts([part.rows for part in parts])) for parts in (first, last)]
    return cut[0], cut[1]
