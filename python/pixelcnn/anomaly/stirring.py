"""Stirring: how much probability an image loses when it is flipped and rotated."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import require
from pixelcnn.anomaly.detector import Detector, Scores
from pixelcnn.distribution import PixelDistribution
from pixelcnn.inference.given import Given

ALWAYS = 1e10  # score of an image that is less probable than the limit, as in the authors' code
DEVIATIONS = 3  # the limit is so many deviations below the median


class Stirring(Detector):
    """Score images by the mean of log p(stirred image) - log p(image), in nats; no second model is needed.

    Stirred images are the image flipped and rotated by multiples of 90 degrees: seven of them, or three if the image is
    not square. They look alike close by, so what local statistics say cancels, and what the distribution knows
    of the whole image stays. A map that is a condition is stirred with the image.

    After `fit`, an image that is much less probable than ordinary ones gets the score 1e10, whatever its stirred images
    say; this is the paper's conditional correction.

    Args:
        dist: A trained distribution.
        limit: Images with a log-probability below this number, in nats, get the score 1e10. None: no limit; `fit`
            finds one.
        threshold, outlier_type, prior: As in `Detector`.

    Raises:
        ValueError: If an argument does not fit.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.load_pretrained("quickdraw13")
        >>> images, _, _ = pixelcnn.data.doodles(2, classes=["bee"])
        >>> Stirring(dist).score(images, "bee").feature_score.shape
        (2, 28, 28)

    References:
        1. Umapathi et al., Shaken, and Stirred: Long-Range Dependencies Enable Robust Outlier Detection with
           PixelCNN++, 2023, <https://arxiv.org/abs/2208.13579>.
    """

    __module__ = Detector.__module__

    def __init__(
        self,
        dist: PixelDistribution | Given,
        limit: float | None = None,
        threshold: float | None = None,
        outlier_type: str = "instance",
        prior: ArrayLike | None = None,
    ):
        super().__init__(dist, threshold, outlier_type, prior)
        self.limit = None if limit is None else require.finite_number("limit", limit)

    def fit(self, images: ArrayLike, conditional_input: Any = None, batch_size: int | None = None) -> Self:
        """Set the limit, 3 deviations below the median of log p over images that belong, and return the detector.

        A deviation is 1.4826 times the median of |log p - median|: the standard deviation, for a normal distribution.

        Args:
            images, conditional_input, batch_size: As in `score`.

        Raises:
            ValueError: If an argument does not fit, or there are no images.
        """
        nats = self._log_prob(self._check(images), self._condition(conditional_input), batch_size)
        if not nats.size:
            raise ValueError("images is empty, which does not fit: expected at least one image.")
        median = np.median(nats)
        self.limit = float(median - DEVIATIONS * 1.4826 * np.median(np.abs(nats - median)))
        return self

    def get_config(self) -> dict[str, Any]:
        """Return all constructor arguments except the distribution, in types that JSON can hold."""
        return {"limit": self.limit, **super().get_config()}

    def _scores(self, images, conditional_input, batch_size):
        nats = self._pixel_log_prob(images, conditional_input, batch_size)
        transforms = _transforms(images.shape[-3] == images.shape[-2])
        stirred = np.zeros_like(nats)
        for turns, flip in transforms:
            condition = self._stirred_condition(conditional_input, turns, flip)
            pixels = self._pixel_log_prob(_stir(images, turns, flip, axis=-3), condition, batch_size)
            stirred += _unstir(pixels, turns, flip)
        scores = stirred / len(transforms) - nats
        of_images = scores.sum(axis=(-2, -1))
        if self.limit is not None:
            of_images = np.where(nats.sum(axis=(-2, -1)) < self.limit, ALWAYS, of_images)
        return Scores(scores, of_images)

    def _stirred_condition(self, conditional_input, turns, flip):
        """The condition, with its map stirred as the image is."""
        if self.dist.condition.map_shape is None or conditional_input is None:
            return conditional_input
        *label, map_of_each = self.dist.condition.parts(conditional_input).values()
        stirred = _stir(np.asarray(map_of_each), turns, flip, axis=-3)
        return (*label, stirred) if label else stirred


def _transforms(is_square):
    """Quarter turns and whether the image is flipped before, for all transforms of the shape but the identity."""
    turns = range(4) if is_square else (0, 2)
    return [(turn, flip) for flip in (False, True) for turn in turns if turn or flip]


def _stir(images, turns, flip, axis):
    """Flip columns, then turn. `axis` is the axis of the rows, and the axis behind is that of the columns."""
    flipped = np.flip(images, axis + 1) if flip else images
    return np.rot90(flipped, turns, (axis, axis + 1))


def _unstir(pixels, turns, flip):
    """Put pixels (…, H, W) of a stirred image back to their places in the image."""
    turned = np.rot90(pixels, -turns, (-2, -1))
    return np.flip(turned, -1) if flip else turned
