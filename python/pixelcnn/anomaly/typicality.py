"""The test of typicality: how far the log-probability of an image is from that of ordinary images."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import require
from pixelcnn.anomaly.detector import Detector, Scores
from pixelcnn.distribution import PixelDistribution
from pixelcnn.inference.given import Given

BOOTSTRAP_GROUPS = 1000  # groups that `infer_threshold` draws, with replacement


class Typicality(Detector):
    """Score images by |-log p(image) - H|, in nats; H is the mean of -log p over ordinary images.

    So images that are more probable than ordinary ones do not belong either. A group of M images that come from one
    source is told apart with more certainty: its score is |mean of -log p over the group - H|.

    Args:
        dist: A trained distribution.
        entropy: H in nats. None: `fit` estimates H.
        group_size: M. With M > 1, each M images in turn are a group, with one score.
        threshold, outlier_type, prior: As in `Detector`; `outlier_type` is `instance`.

    Raises:
        ValueError: If an argument does not fit.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.load_pretrained("quickdraw13")
        >>> images, _, _ = pixelcnn.data.doodles(8, classes=["bee"])
        >>> detector = Typicality(dist, group_size=4).fit(images, "bee")
        >>> detector.score(images, "bee").instance_score.shape
        (2,)

    References:
        1. Nalisnick et al., Detecting Out-of-Distribution Inputs to Deep Generative Models Using Typicality, 2019,
           <https://arxiv.org/abs/1906.02994>.
    """

    __module__ = Detector.__module__

    def __init__(
        self,
        dist: PixelDistribution | Given,
        entropy: float | None = None,
        group_size: int = 1,
        threshold: float | None = None,
        outlier_type: str = "instance",
        prior: ArrayLike | None = None,
    ):
        super().__init__(dist, threshold, outlier_type, prior)
        self.entropy = None if entropy is None else require.finite_number("entropy", entropy)
        self.group_size = require.positive_integer("group_size", group_size)

    def fit(self, images: ArrayLike, conditional_input: Any = None, batch_size: int | None = None) -> Self:
        """Estimate H as the mean of -log p over images that belong, and return the detector.

        Args:
            images, conditional_input, batch_size: As in `score`.

        Raises:
            ValueError: If an argument does not fit, or there are no images.
        """
        nats = self._nats(images, conditional_input, batch_size)
        if not nats.size:
            raise ValueError("images is empty, which does not fit: expected at least one image.")
        self.entropy = float(nats.mean())
        return self

    def get_config(self) -> dict[str, Any]:
        """Return all constructor arguments except the distribution, in types that JSON can hold."""
        return {"entropy": self.entropy, "group_size": self.group_size, **super().get_config()}

    def _scores(self, images, conditional_input, batch_size):
        return self._of_nats(-self._log_prob(images, conditional_input, batch_size))

    def _reference_scores(self, images, conditional_input, batch_size):
        """With groups, the scores of groups drawn with replacement, as in the paper."""
        nats = self._nats(images, conditional_input, batch_size).reshape(-1)
        if self.group_size > 1 and nats.size:
            rows = np.random.default_rng(0).integers(0, nats.size, BOOTSTRAP_GROUPS * self.group_size)
            nats = nats[rows]
        return self._of_nats(nats)

    def _nats(self, images, conditional_input, batch_size):
        return -self._log_prob(self._check(images), self._condition(conditional_input), batch_size)

    def _of_nats(self, nats):
        if self.entropy is None:
            raise ValueError("entropy=None does not fit: expected a number. Call fit(images) first, or give one.")
        if self.group_size > 1:
            if nats.ndim != 1 or nats.size % self.group_size:
                raise ValueError(
                    f"images of batch shape {nats.shape} does not fit: expected one batch axis, whose length is a "
                    f"multiple of group_size, {self.group_size}."
                )
            nats = nats.reshape((-1, self.group_size)).mean(axis=-1)
        return Scores(None, np.abs(nats - self.entropy))
