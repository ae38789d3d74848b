"""The log-probability of pixels where the class of an image is unknown: the marginal over the classes."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn.distribution import PixelDistribution
from pixelcnn.shared_model import check_finite


def check_prior(dist: PixelDistribution, prior: ArrayLike | None) -> np.ndarray | None:
    """Return the probabilities (K,) of the classes, by default equal ones; None if the distribution has no classes.

    Raises:
        ValueError: If `prior` is not K probabilities that sum to 1.
    """
    if dist.num_classes is None:
        if prior is not None:
            raise ValueError("prior does not fit: expected None, because the distribution has no classes.")
        return None
    if prior is None:
        return np.full(dist.num_classes, 1 / dist.num_classes)
    expected = f"expected {dist.num_classes} probabilities that sum to 1, one for each class"
    try:
        probabilities = np.asarray(prior, "float64")
    except (TypeError, ValueError):
        raise ValueError(f"prior does not fit: {expected}.") from None
    if probabilities.shape != (dist.num_classes,):
        raise ValueError(f"prior of shape {probabilities.shape} does not fit: {expected}.")
    if not np.all(probabilities >= 0) or abs(probabilities.sum() - 1) > 1e-6:
        raise ValueError(f"prior={probabilities.tolist()} does not fit: {expected}.")
    return probabilities


def pixel_log_prob(
    dist: PixelDistribution,
    images: np.ndarray,
    conditional_input: Any = None,
    prior: np.ndarray | None = None,
    batch_size: int | None = None,
) -> np.ndarray:
    """Log-probability (…, H, W) of each pixel given the earlier pixels, in nats and float64.

    Where the class is unknown, a pixel's probability is the marginal over the classes, weighted by their probabilities
    given the earlier pixels. So the sum over the pixels is log sum_k prior_k p(image | class k), exactly.

    Raises:
        ValueError: If a log-probability is no number, because weights are not finite.
    """
    if prior is None or not _is_class_unknown(dist, conditional_input):
        return _numbers(dist, dist.pixel_log_prob(images, conditional_input, batch_size))
    marginal = np.float64(-np.inf)  # of the pixels up to each one, in raster order
    for label in np.flatnonzero(prior):
        condition = label if conditional_input is None else (label, conditional_input[1])
        nats = _numbers(dist, dist.pixel_log_prob(images, condition, batch_size))
        in_raster_order = nats.reshape((*nats.shape[:-2], math.prod(nats.shape[-2:])))
        joint = np.log(prior[label]) + np.cumsum(in_raster_order, axis=-1)
        marginal = np.logaddexp(marginal, joint)
    with np.errstate(invalid="ignore"):
        pixels = np.diff(marginal, axis=-1, prepend=0.0)
    # Behind an impossible pixel no conditional probability exists. 0 leaves the sum, which is minus infinity.
    return np.where(marginal == -np.inf, np.where(np.isnan(pixels), 0.0, pixels), pixels).reshape(nats.shape)


def _numbers(dist, nats):
    if np.any(np.isnan(nats)):  # which is no score: an outlier would be below every threshold
        check_finite(dist.weights, "this distribution")
        raise ValueError(
            "this distribution gives log-probabilities that are no numbers, although its weights are finite."
        )
    return np.asarray(nats, "float64")


def _is_class_unknown(dist, conditional_input):
    """Whether the user gives no class: None alone (without `condition_dropout`), or None in a pair with a map."""
    if conditional_input is None:
        return dist.condition.map_shape is None and not dist.condition.dropout
    return isinstance(conditional_input, (tuple, list)) and len(conditional_input) == 2 and conditional_input[0] is None
