"""Confidence intervals of shares and means."""

import dataclasses
import math
from typing import Self

NORMAL = 1.96  # standard errors on each side of a 95% confidence interval
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)  # of 2, 3, … 11 numbers


def mean_interval(mean: float, standard_error: float, count: int) -> tuple[float, float]:
    """Return the 95% confidence interval of a mean, by Student's t distribution; NaN for a single number.

    Args:
        mean: The mean.
        standard_error: Its standard error, from the spread of the numbers.
        count: Number of numbers.

    Example:
        >>> mean_interval(2.0, 1.0, 3)
        (-2.303, 6.303)
    """
    freedom = count - 1
    if freedom < 1:
        return math.nan, math.nan
    # The series of the quantile in 1 / freedom (Fisher and Cornish, 1960), which is wrong for few numbers.
    series = NORMAL + (NORMAL**3 + NORMAL) / (4 * freedom) + (5 * NORMAL**5 + 16 * NORMAL**3) / (96 * freedom**2)
    reach = standard_error * (STUDENT[freedom - 1] if freedom <= len(STUDENT) else series)
    return mean - reach, mean + reach


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
