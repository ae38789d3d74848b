"""The probability of a part of an image, by particles (`pixelcnn.sampling.particles`)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from pixelcnn import noise, require
from pixelcnn.inference.completion import check_known
from pixelcnn.progress import check_verbose
from pixelcnn.sampling import Draw, draw_in_batches
from pixelcnn.sampling.particles import log_mean_exp
from pixelcnn.shared_model import check_finite
from pixelcnn.training.arguments import without_training

BATCH_SIZE = 16  # images at once whose known pixels come first
DRAFTS = 256  # drafts at once


class Estimate(NamedTuple):
    """Estimates of log-probabilities in nats, and their standard errors in nats; both of the batch shape (…)."""

    estimate: np.ndarray
    standard_error: np.ndarray


class Marginals:
    """The part of `PixelDistribution` that computes probabilities of parts of images."""

    __module__ = "pixelcnn"  # reticulate makes S3 classes of this name, so the name must not depend on the file

    @without_training
    def log_prob_of(
        self, images: Any, mask: ArrayLike, conditional_input: Any = None, num_particles: int = 32,
        repetitions: int = 16, seed: int | None = None, batch_size: int | None = None,
        verbose: int | Callable[[int, int], object] = 1, order: int | None = 0,
    ) -> Estimate:  # fmt: skip
        """Log-probability of the known pixels alone, in nats: the sum over all values of the unknown pixels.

        If all known pixels of an image come before all unknown pixels in the order, the result is exact and its
        standard error is 0. For other images it is estimated by sequential Monte Carlo: n drafts of the unknown pixels
        are drawn, and the mean weights of the drafts give an unbiased estimate of the probability. The logarithm of
        the mean of r independent estimates is returned. The standard error is the relative standard error of this mean,
        from the spread of the r estimates. It can be trusted below about 0.5; above, the estimate tends to be too low,
        and more particles are needed. Time is proportional to n r.

        Args:
            images: (…, H, W, C). The values of unknown pixels are not read.
            mask: True for known pixels (…, H, W), or for known sub-pixels (…, H, W, C). Leading axes broadcast with the
                images.
            conditional_input: As in `log_prob`.
            num_particles: Number of drafts n, at least 2.
            repetitions: Number of estimates r, at least 2.
            seed: A whole number, 0 … 2^64 - 1. The same seed gives the same estimates. None takes a new seed.
            batch_size: Largest number of drafts that are drawn at once; None for 256.
            verbose: As in `sample`.
            order: The order 0 … `orders` - 1 whose distribution is asked; 0 is raster order. None takes for each image
                the order in which the fewest known pixels follow an unknown one, as `complete` does.

        Returns:
            `estimate` and `standard_error`, of the broadcast batch shape. Where all estimates are 0, they are -infinity
            and infinity.

        Raises:
            ValueError: If an argument does not fit.

        Example:
            >>> import numpy as np, pixelcnn
            >>> dist = pixelcnn.PixelCNN((4, 4, 1), high=1, num_blocks=1, num_filters=8)
            >>> image = dist.sample(1, seed=0, verbose=0)
            >>> right_half = np.arange(4) >= 2
            >>> estimate, error = dist.log_prob_of(image, np.tile(right_half, (4, 1)), seed=0, verbose=0)
            >>> estimate.shape, bool(error[0] > 0)
            ((1,), True)
            >>> dist.log_prob_of(image, np.ones((4, 4), bool)).standard_error
            array([0.])

        References:
            Del Moral, Doucet and Jasra, Sequential Monte Carlo Samplers, 2006,
            <https://doi.org/10.1111/j.1467-9868.2006.00553.x>.
        """
        return _log_prob_of(
            self, images, mask, conditional_input, num_particles, repetitions, seed, batch_size, verbose, order
        )


def _log_prob_of(
    dist: Any, images, mask, conditional_input, num_particles, repetitions, seed, batch_size, verbose, order
):  # fmt: skip
    known, is_known, arrays = check_known(dist, "log_prob_of", images, mask, conditional_input, order)
    batch_shape = known.shape[:-3]
    draw = Draw(noise.check_seed(seed), num_particles=_at_least_two("num_particles", num_particles), by_block=True)
    repetitions = _at_least_two("repetitions", repetitions)
    batch_size = DRAFTS if batch_size is None else require.positive_integer("batch_size", batch_size)
    check_verbose(verbose)

    arrays = dist.condition.flatten(arrays, batch_shape)
    known, is_known = (array.reshape((-1, *dist.image_shape)) for array in (known, is_known))
    estimate, error = np.zeros(len(known)), np.zeros(len(known))
    turned, _ = dist.condition.to_order(is_known, arrays)
    exact = _known_come_first(turned)
    if exact.any():
        condition = {key: array[exact] for key, array in arrays.items()}
        estimate[exact] = _of_first_pixels(dist, known[exact], is_known[exact], condition)
    if not exact.all():
        drafts = np.repeat(np.flatnonzero(~exact), repetitions)
        log_probs = np.zeros(len(drafts))
        later, condition = dist.condition.to_order(known[drafts], {key: array[drafts] for key, array in arrays.items()})
        draw_in_batches(
            # The cached sampler draws windows without particles.
            dist._sampler("naive" if dist.context else "cached"),
            dist._placed_values(dist.network.variables),
            later,
            turned[drafts],
            condition,
            draw,
            batch_size,
            verbose,
            log_probs,
        )
        if np.isnan(log_probs).any():
            check_finite(dist.weights, "this distribution")
            raise ValueError("the network's output for a pixel is not finite, so the known pixels have no probability.")
        estimate[~exact], error[~exact] = mean_and_error(log_probs.reshape((-1, repetitions)))
    return Estimate(estimate.reshape(batch_shape), error.reshape(batch_shape))


def mean_and_error(log_probs):
    """The logarithm of the mean of r estimates of a probability, and the relative standard error of that mean.

    Args:
        log_probs: (B, r), logarithms of independent estimates.
    """
    mean, count = log_mean_exp(log_probs), log_probs.shape[-1]
    with np.errstate(invalid="ignore"):
        relative = np.exp(log_probs - mean[:, None])
    error = relative.std(axis=-1, ddof=1) / np.sqrt(count)
    return mean, np.where(np.isneginf(mean), np.inf, error)


def _at_least_two(name, value):
    if require.positive_integer(name, value) < 2:
        raise ValueError(f"{name}={value!r} does not fit: expected at least 2, because one estimate has no spread.")
    return int(value)


def _known_come_first(is_known):
    """Whether the known pixels (B, H, W, C) of an image come before all unknown pixels; none is known in part."""
    count, height, width, channels = is_known.shape
    pixels = is_known.reshape((count, height * width, channels))
    whole = np.all(pixels == pixels[:, :, :1], axis=(1, 2))
    return whole & np.all(pixels[:, :-1, 0] >= pixels[:, 1:, 0], axis=1)


def _of_first_pixels(dist, known, is_known, arrays):
    """The exact log-probabilities (B,) of known pixels that come first."""
    images, weights = np.where(is_known, known, dist.low), dist.values_of(dist.network.variables)
    result = []
    for first in range(0, len(images), BATCH_SIZE):
        part = slice(first, first + BATCH_SIZE)
        condition = {key: ops.convert_to_tensor(array[part]) for key, array in arrays.items()}
        nats = dist._compiled("pixel_log_prob")(weights, ops.convert_to_tensor(images[part]), condition)
        result.append(np.sum(ops.convert_to_numpy(nats), axis=(1, 2), where=is_known[part][..., 0], dtype="float64"))
    return np.concatenate(result)
