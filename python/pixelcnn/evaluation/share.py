"""A share of images, with a confidence interval."""

import dataclasses
import math
from typing import Self

NORMAL = 1.96  # standard errors on each side of a 95% confidence interval


@dataclasses.dataclass(frozen=True)
class Share:
    """The share of images that have a property.

    Args:
        share: The share, 0 … 1.
        interval: The bounds of the 95% confidence interval, lower and upper.
        images: Number of images.

    Example:
        >>> str(Share.of(40, 50))
        '0.80 (0.67 … 0.89) of 50'
    """

    share: float
    interval: tuple[float, float]
    images: int

    @classmethod
    def of(cls, count: int, images: int) -> Self:
        """Return the share `count / images` with the interval of Wilson (1927), which is right near 0 and 1 too.

        Args:
            count: Number of images with the property.
            images: Number of all images, at least 1.

        Raises:
            ValueError: If `images` is below 1, or `count` is not 0 … `images`.

        Example:
            >>> Share.of(0, 10).interval[0], Share.of(10, 10).interval[1]
            (0.0, 1.0)
        """
        if not 0 <= count <= images or images < 1:
            raise ValueError(f"count={count} of images={images} does not fit: expected 0 … images, and images >= 1.")
        share, weight = count / images, NORMAL**2 / images
        middle = (share + weight / 2) / (1 + weight)
        reach = NORMAL * math.sqrt(share * (1 - share) / images + weight / (4 * images)) / (1 + weight)
        lower = 0.0 if count == 0 else float(middle - reach)  # exactly, because rounding can miss both bounds
        upper = 1.0 if count == images else float(middle + reach)
        return cls(float(share), (lower, upper), int(images))

    def __str__(self) -> str:
        return f"{self.share:.2f} ({self.interval[0]:.2f} … {self.interval[1]:.2f}) of {self.images:,}"
