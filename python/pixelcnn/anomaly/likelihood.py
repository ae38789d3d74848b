"""The plain likelihood as a score, and the surprisal of each pixel."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn.anomaly.detector import Detector, Scores
from pixelcnn.distribution import PixelDistribution
from pixelcnn.inference.given import Given


class Likelihood(Detector):
    """Score images by minus their log-probability, in nats.

    A baseline that fails where odd images are simpler than ordinary ones: a model of photographs gives plain images
    more probability than the photographs that it was trained on (reference 1). Compare with the other detectors.

    Args:
        dist, threshold, outlier_type, prior: As in `Detector`.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.load_pretrained("quickdraw13")
        >>> bees, _, _ = pixelcnn.data.doodles(8, classes=["bee"], seed=1)
        >>> detector = Likelihood(dist).infer_threshold(bees[:4], threshold_perc=75, conditional_input="bee")
        >>> detector.predict(bees[4:], conditional_input="bee")["data"]["is_outlier"].shape
        (4,)

    References:
        1. Nalisnick et al., Do Deep Generative Models Know What They Don't Know?, 2019,
           <https://arxiv.org/abs/1810.09136>.
    """

    __module__ = Detector.__module__

    def _scores(self, images, conditional_input, batch_size):
        nats = self._pixel_log_prob(images, conditional_input, batch_size)
        return Scores(-nats, -nats.sum(axis=(-2, -1)))


def surprise(
    dist: PixelDistribution | Given,
    images: ArrayLike,
    conditional_input: Any = None,
    prior: ArrayLike | None = None,
    batch_size: int | None = None,
) -> np.ndarray:
    """Return the surprisal (…, H, W) of each pixel given the earlier pixels, in bits.

    Args:
        dist: A trained distribution, or one that is `given` a condition.
        images: (…, H, W, C) integers.
        conditional_input: The condition of each image; None if the classes are unknown, for the marginal over them.
        prior: Probabilities (K,) of the classes where the class is unknown; None for equal ones.
        batch_size: Largest number of images that are computed at once; None for 64.

    Raises:
        ValueError: If an argument does not fit.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.load_pretrained("quickdraw13")
        >>> bees, _, _ = pixelcnn.data.doodles(2, classes=["bee"])
        >>> surprise(dist, bees).shape
        (2, 28, 28)
    """
    nats = Likelihood(dist, prior=prior).score(images, conditional_input, batch_size).feature_score
    return np.asarray(nats) / math.log(2)
