"""Images with the labels that a model takes, checked, and names of classes in records."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn.data.in_files import Rows
from pixelcnn.distribution import PixelDistribution
from pixelcnn.images import check_images


class LabelledImages(NamedTuple):
    """Images and their labels, checked.

    Args:
        images: (B, H, W, C) integers, an array or images in files.
        labels: (B,) integers 0 … K-1; None for a model without classes.
    """

    images: Any
    labels: np.ndarray | None

    @property
    def classes(self) -> np.ndarray:
        """The labels; without classes all images are of class 0."""
        return np.zeros(len(self.images), int) if self.labels is None else self.labels

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """The images, and the labels if there are any."""
        return (self.images,) if self.labels is None else (self.images, self.labels)

    def at(self, indices: ArrayLike) -> "LabelledImages":
        """Return some images.

        Args:
            indices: Indices of the images.
        """
        rows = np.asarray(indices, int)
        return LabelledImages(self.images[rows], None if self.labels is None else self.labels[rows])


def check_data(name: str, data: Any, model: PixelDistribution) -> LabelledImages:
    """Check that data fit a model, and return the images and labels.

    Args:
        name: Name of the argument, for the error.
        data: Images (B, H, W, C), or a pair of images and labels or class names, or the result of a loader.
        model: A distribution without a condition, or with classes.

    Raises:
        ValueError: If the data or the model do not fit.
    """
    images, labels = (*data, None)[:2] if isinstance(data, tuple) else (data, None)
    pixels = images if isinstance(images, Rows) else np.asarray(images)
    if pixels.ndim != 4 or pixels.shape[1:] != tuple(model.image_shape) or not len(pixels):
        raise ValueError(
            f"{name} has images of shape {pixels.shape}, which does not fit: expected (B, H, W, C) with (H, W, C) = "
            f"{tuple(model.image_shape)} and B >= 1."
        )
    check_condition(model)
    if not isinstance(pixels, Rows):
        pixels = check_images(pixels, model.image_shape, model.low, model.high, name)
    if not model.num_classes:
        return LabelledImages(pixels, None)
    if labels is None or np.shape(labels) != (len(pixels),):
        raise ValueError(
            f"{name} has labels of shape {np.shape(labels)}, which does not fit: expected {len(pixels)} labels or "
            "class names, because the model has classes."
        )
    return LabelledImages(pixels, np.asarray(model.condition.check(labels)[0]["label"], int))


def check_condition(model: PixelDistribution) -> None:
    """Refuse a model with a condition other than classes.

    Args:
        model: A distribution.

    Raises:
        ValueError: If the model has a condition of numbers or a map.
    """
    if model.condition.shape or model.condition.map_shape:
        raise ValueError("model has a condition of numbers or a map: expected one without a condition or with classes.")


def first_of_each(classes: ArrayLike, labels: Sequence[int], count: int) -> np.ndarray:
    """Return the indices of the first images of some classes, class by class.

    Args:
        classes: (B,) The class of each image, integers.
        labels: The classes.
        count: Largest number of images of each class.

    Example:
        >>> first_of_each([1, 0, 1, 1], [0, 1], 2).tolist()
        [1, 0, 2]
    """
    return np.concatenate([np.flatnonzero(np.asarray(classes) == label)[:count] for label in labels])


def equally_many(sets: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return for each set the indices of its first images, of each class as many as the set that has the fewest.

    Args:
        sets: For each set the class (B,) of each image, integers.

    Example:
        >>> [indices.tolist() for indices in equally_many([np.array([0, 0, 1, 1]), np.array([1, 0, 1, 2])])]
        [[0, 2, 3], [1, 0, 2]]
    """
    largest = max(int(classes.max()) for classes in sets)
    fewest = np.min([np.bincount(classes, minlength=largest + 1) for classes in sets], axis=0)
    return [
        np.concatenate([first_of_each(classes, [label], count) for label, count in enumerate(fewest)])
        for classes in sets
    ]


def class_names(model: PixelDistribution) -> list[str]:
    """Return the model's class names, or "class 0", "class 1", … for classes without names.

    Args:
        model: A distribution; without classes there is no name.
    """
    return [str(name) for name in model.class_names or [f"class {k}" for k in range(model.num_classes or 0)]]


def by_name(model: PixelDistribution, parts: dict[int, Any]) -> dict[str, Any]:
    """Return a dictionary from class names to parts.

    Args:
        model: A class-conditional distribution.
        parts: A dictionary from labels to parts.
    """
    titles = class_names(model)
    return {titles[label]: part for label, part in parts.items()}


def confusion_by_name(model: PixelDistribution, matrix: np.ndarray) -> dict[str, dict[str, int]]:
    """Return a confusion matrix by names: confusion[true class][chosen class].

    Args:
        model: A class-conditional distribution.
        matrix: (K, K) integers, a result of `confusion_matrix`.
    """
    titles = class_names(model)
    return {titles[label]: dict(zip(titles, row.tolist(), strict=True)) for label, row in enumerate(matrix)}


def rounded(values: Sequence[float]) -> list[float | None]:
    """Return numbers with 4 decimals, and None for those that are not finite, which JSON cannot hold.

    Args:
        values: Numbers.
    """
    return [round(float(value), 4) if math.isfinite(value) else None for value in values]
