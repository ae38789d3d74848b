"""What all detectors share: scores, a threshold, and predictions in the form of alibi-detect's outlier detectors."""

from abc import ABC, abstractmethod
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

import pixelcnn
from pixelcnn import require, shapes
from pixelcnn.anomaly import marginal
from pixelcnn.distribution import PixelDistribution
from pixelcnn.images import check_images
from pixelcnn.inference.given import Given, unbound
from pixelcnn.training.unpack import require_images_alone


class Scores(NamedTuple):
    """Scores of images; a higher score means that an image or a pixel belongs less.

    Args:
        feature_score: (…, H, W), a score for each pixel; None if the detector scores whole images only.
        instance_score: (…), a score for each image.
    """

    feature_score: np.ndarray | None
    instance_score: np.ndarray


class Detector(ABC):
    """The base class of all detectors of images that do not belong.

    Where the class of an image is unknown (`conditional_input=None`, or None in a pair with a map), a detector takes
    the marginal over the classes. A distribution with `condition_dropout` is asked without a condition instead.

    Args:
        dist: A trained distribution, or one that is `given` a condition, which all images then have.
        threshold: Scores above this number are outliers. None: `infer_threshold` finds the number.
        outlier_type: What the threshold is for: `instance`, the scores of images, or `feature`, those of pixels.
        prior: Probabilities (K,) of the classes where the class is unknown; None for equal ones.

    Raises:
        ValueError: If an argument does not fit.
    """

    # reticulate makes S3 classes of a class' module.
    __module__ = "pixelcnn.anomaly"

    def __init__(
        self,
        dist: PixelDistribution | Given,
        threshold: float | None = None,
        outlier_type: str = "instance",
        prior: ArrayLike | None = None,
    ):
        self.given = dist if isinstance(dist, Given) else None
        self.dist, _ = unbound(dist)
        if not isinstance(self.dist, PixelDistribution):
            raise ValueError(f"dist={require.short(dist)} does not fit: expected a distribution.")
        self.prior = marginal.check_prior(self.dist, prior)
        self.threshold = None if threshold is None else require.finite_number("threshold", threshold)
        self.outlier_type = _check_type(outlier_type)

    def fit(self, images: ArrayLike, conditional_input: Any = None, batch_size: int | None = None) -> Self:
        """Do nothing, because this detector needs no more than the distribution; other detectors learn from images.

        Args:
            images: Images that belong, as in `score`.
            conditional_input, batch_size: As in `score`.

        Returns:
            The detector.
        """
        return self

    def infer_threshold(
        self,
        images: ArrayLike,
        threshold_perc: float = 95.0,
        conditional_input: Any = None,
        outlier_type: str = "instance",
        batch_size: int | None = None,
    ) -> Self:
        """Set the threshold such that a percentage of images that belong are below the threshold.

        Args:
            images: Images that belong, best images that the distribution was not trained on.
            threshold_perc: The percentage, 0 … 100.
            conditional_input, batch_size: As in `score`.
            outlier_type: `instance` for a threshold of images, `feature` for a threshold of pixels.

        Returns:
            The detector.

        Raises:
            ValueError: If an argument does not fit, or there are no images.
        """
        percentage = require.within("threshold_perc", threshold_perc, 0, 100)
        kind = _check_type(outlier_type)
        values = self._of_type(self._reference_scores(images, conditional_input, batch_size), kind)
        if not values.size:
            raise ValueError("images is empty, which does not fit: expected at least one image.")
        if not np.all(np.isfinite(values)):
            raise ValueError("images does not fit: expected possible images, but some have the probability 0.")
        self.threshold, self.outlier_type = float(np.percentile(values, percentage)), kind
        return self

    def score(self, images: ArrayLike, conditional_input: Any = None, batch_size: int | None = None) -> Scores:
        """Return `Scores(feature_score, instance_score)`, in nats; higher scores belong less.

        Args:
            images: (…, H, W, C) integers.
            conditional_input: The condition of each image, as in `dist.log_prob`; None if the classes are unknown.
            batch_size: Largest number of images that are computed at once; None for 64.

        Raises:
            ValueError: If images or condition do not fit, or weights are not finite.
        """
        scores = self._scores(self._check(images), self._condition(conditional_input), batch_size)
        if np.any(np.isnan(scores.instance_score)):
            raise ValueError("images does not fit: the probabilities that a score compares are both 0.")
        return scores

    def predict(
        self,
        images: ArrayLike,
        conditional_input: Any = None,
        outlier_type: str = "instance",
        batch_size: int | None = None,
        return_feature_score: bool = True,
        return_instance_score: bool = True,
    ) -> dict[str, dict[str, Any]]:
        """Tell which images, or which pixels, do not belong.

        Args:
            images, conditional_input, batch_size: As in `score`.
            outlier_type: `instance` for images, `feature` for pixels; the same as in `infer_threshold`.
            return_feature_score, return_instance_score: Whether the result holds these scores.

        Returns:
            `{"data": …, "meta": …}`. `data` has `is_outlier` (1 for an outlier, else 0), and `feature_score` and
            `instance_score`, which are None where they are not wanted or not known. `meta` describes the detector.

        Raises:
            ValueError: If an argument does not fit, or there is no threshold of this type.
        """
        kind = _check_type(outlier_type)
        if self.threshold is None:
            raise ValueError(
                "threshold=None does not fit: expected a number. Call infer_threshold(images) first, or set threshold."
            )
        if kind != self.outlier_type:
            raise ValueError(
                f"outlier_type={kind!r} does not fit: expected {self.outlier_type!r}, because the threshold is for it."
            )
        scores = self.score(images, conditional_input, batch_size)
        data = {
            "instance_score": scores.instance_score if return_instance_score else None,
            "feature_score": scores.feature_score if return_feature_score else None,
            "is_outlier": (self._of_type(scores, kind) > self.threshold).astype(int),
        }
        meta = {"name": type(self).__name__, "detector_type": "outlier", "data_type": "image", "online": False}
        return {"data": data, "meta": {**meta, "version": pixelcnn.__version__}}

    def get_config(self) -> dict[str, Any]:
        """Return all constructor arguments except distributions, in types that JSON can hold.

        Example:
            >>> import pixelcnn
            >>> from pixelcnn.anomaly import Likelihood
            >>> dist = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=2)
            >>> config = Likelihood(dist, threshold=12.5).get_config()
            >>> config
            {'threshold': 12.5, 'outlier_type': 'instance', 'prior': None}
            >>> Likelihood(dist, **config).threshold
            12.5
        """
        prior = None if self.prior is None else self.prior.tolist()
        return {"threshold": self.threshold, "outlier_type": self.outlier_type, "prior": prior}

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({self.dist.name}, {arguments})"

    @abstractmethod
    def _scores(self, images, conditional_input, batch_size):
        """The scores of checked images."""

    def _reference_scores(self, images, conditional_input, batch_size):
        """The scores whose percentile is the threshold."""
        return self.score(images, conditional_input, batch_size)

    def _condition(self, conditional_input):
        """The condition of images: the one that is bound, or that of a call."""
        dist = self.dist if self.given is None else self.given
        return unbound(dist, conditional_input, f"{type(self).__name__}'s methods")[1]

    def _check(self, images):
        """The images as an array of levels."""
        require_images_alone(images, self.dist.image_shape, "images", "score(images, conditional_input=labels)")
        return check_images(shapes.to_array(images), self.dist.image_shape, self.dist.low, self.dist.high)

    def _pixel_log_prob(self, images, conditional_input, batch_size):
        return marginal.pixel_log_prob(self.dist, images, conditional_input, self.prior, batch_size)

    def _log_prob(self, images, conditional_input, batch_size):
        return self._pixel_log_prob(images, conditional_input, batch_size).sum(axis=(-2, -1))

    def _of_type(self, scores, kind):
        if kind == "feature" and scores.feature_score is None:
            raise ValueError(
                f"outlier_type='feature' does not fit: expected 'instance', because {type(self).__name__} scores whole "
                "images."
            )
        return scores.feature_score if kind == "feature" else scores.instance_score


def _check_type(outlier_type):
    return require.one_of("outlier_type", outlier_type, ("instance", "feature"))
