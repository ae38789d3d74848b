"""Bits per dimension of a data set, with a standard error."""

import dataclasses
import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.share import mean_interval


@dataclasses.dataclass(frozen=True)
class Bits:
    """Mean bits/dim of a data set.

    Args:
        mean: Mean over the images, in bits per sub-pixel.
        standard_error: Standard error of the mean, from the spread between images; NaN for one image.
        images: Number of images.

    Example:
        >>> str(Bits(1.7321, 0.0123, 100))
        '1.732 +- 0.012 bits/dim over 100 images'
    """

    mean: float
    standard_error: float
    images: int

    @classmethod
    def of(cls, values: ArrayLike) -> Self:
        """Return the `Bits` of a data set, from the bits/dim of each image.

        Args:
            values: (B,) bits/dim, B >= 1.

        Raises:
            ValueError: If there is no value.

        Example:
            >>> Bits.of([1.0, 3.0])
            Bits(mean=2.0, standard_error=1.0, images=2)
        """
        bits = np.asarray(values, "float64")
        if len(bits) == 0:
            raise ValueError("values is empty: expected the bits/dim of at least one image.")
        error = bits.std(ddof=1) / math.sqrt(len(bits)) if len(bits) > 1 else math.nan
        return cls(float(bits.mean()), round(float(error), 12), len(bits))

    @property
    def interval(self) -> tuple[float, float]:
        """The bounds of the 95% confidence interval of the mean, by Student's t distribution; NaN for one image.

        Example:
            >>> Bits.of([1.0, 2.0, 3.0, 4.0]).interval[0] < 1.0
            True
        """
        return mean_interval(self.mean, self.standard_error, self.images)

    def __str__(self) -> str:
        return f"{self.mean:.3f} +- {self.standard_error:.3f} bits/dim over {self.images:,} images"


def bits_per_dim(model: PixelDistribution, images: Any, labels: Any = None, batch_size: int = 64) -> Bits:
    """Return the `Bits` of a distribution for a data set.

    Shapes: images (B, H, W, C), labels (B,).

    Args:
        model: A distribution.
        images: Images of levels, integers.
        labels: The condition, if the model has one.
        batch_size: Images that are computed at once.

    Raises:
        ValueError: If there is no image, or the model does not fit the images.
    """
    return Bits.of(model.bits_per_dim(images, conditional_input=labels, batch_size=batch_size))


def bits_per_class(values: ArrayLike, labels: ArrayLike) -> dict[int, Bits]:
    """Return a dictionary from each class that occurs in `labels` to its `Bits`.

    Args:
        values: (B,) bits/dim of images, as `model.bits_per_dim` returns them.
        labels: (B,) integers.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> bits_per_class([1.0, 2.0, 3.0], [0, 0, 5])[5].mean
        3.0
    """
    bits, classes = np.asarray(values), np.asarray(labels)
    if bits.ndim != 1 or classes.shape != bits.shape:
        raise ValueError(
            f"labels of shape {classes.shape} and values of shape {bits.shape} do not fit: expected (B,) for both."
        )
    return {int(label): Bits.of(bits[classes == label]) for label in np.unique(classes)}
