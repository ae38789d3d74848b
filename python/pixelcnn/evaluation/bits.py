"""Bits per dimension of a data set, with its uncertainty."""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True)
class Bits:
    """Mean bits/dim of a data set.

    Args:
        mean: Over the images, in bits per pixel and channel.
        standard_error: Of that mean, from the spread between images.
        images: How many.

    Example:
        >>> str(Bits(1.7321, 0.0123, 100))
        '1.732 +- 0.012 bits/dim over 100 images'
    """

    mean: float
    standard_error: float
    images: int

    @classmethod
    def of(cls, values):
        """Return the `Bits` of the images' own bits/dim.

        Args:
            values: (B,) numbers, B >= 1.

        Raises:
            ValueError: If there is no value.

        Example:
            >>> Bits.of([1.0, 3.0])
            Bits(mean=2.0, standard_error=1.0, images=2)
        """
        values = np.asarray(values, "float64")
        if len(values) == 0:
            raise ValueError("images is empty; expected at least one image.")
        error = values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else math.nan
        return cls(float(values.mean()), round(float(error), 12), len(values))

    def __str__(self):
        return f"{self.mean:.3f} +- {self.standard_error:.3f} bits/dim over {self.images:,} images"


def bits_per_dim(model, images, labels=None, batch_size=64):
    """Return the `Bits` that a distribution needs for a data set.

    Shapes: images (B, H, W, C), labels (B,).

    Args:
        model: A distribution.
        images: Integers.
        labels: The condition, where the model has one.
        batch_size: Images a chunk.

    Raises:
        ValueError: If there is no image, or the model does not fit the images.
    """
    return Bits.of(model.bits_per_dim(images, conditional_input=labels, batch_size=batch_size))


def bits_per_class(values, labels):
    """Return a dictionary from each class that occurs to its `Bits`.

    Args:
        values: (B,) bits/dim of images, as `model.bits_per_dim` returns them.
        labels: (B,) integers.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> bits_per_class([1.0, 2.0, 3.0], [0, 0, 5])[5].mean
        3.0
    """
    values, labels = np.asarray(values), np.asarray(labels)
    if values.ndim != 1 or labels.shape != values.shape:
        raise ValueError(f"labels has shape {labels.shape} and values {values.shape}; expected (B,) for both.")
    return {int(label): Bits.of(values[labels == label]) for label in np.unique(labels)}
