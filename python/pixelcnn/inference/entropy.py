"""The entropy of a distribution, estimated from images that it draws."""

import math
from typing import Any, NamedTuple

from pixelcnn import require


class Entropy(NamedTuple):
    """An estimate of an entropy.

    For a batch of conditions, all entries are arrays of the batch shape.

    Args:
        nats: The estimate, in nats.
        standard_error: The standard error of `nats`.
        interval: The bounds of the 95% confidence interval of `nats`, lower and upper.
        bits_per_dim: The estimate in bits per sub-pixel, `nats / (H W C ln 2)`.
    """

    nats: Any
    standard_error: Any
    interval: tuple[Any, Any]
    bits_per_dim: Any


class Entropies:
    """The method of a distribution that estimates its entropy."""

    def entropy(
        self, n: int, seed: int | None = None, conditional_input: Any = None, batch_size: int | None = None,
        verbose: Any = 0,
    ) -> Entropy:  # fmt: skip
        """Estimate the entropy of p(image | condition) as the mean of `-log_prob` over n images that are drawn.

        The estimate is unbiased. The interval is the estimate and 1.96 standard errors on each side, which a
        normal distribution of the mean implies; take n of some 30 or more.

        Args:
            n: Number of images to draw for each condition, at least 2.
            seed: As in `sample`.
            conditional_input: The condition. The result has its batch shape.
            batch_size: Largest number of images that are computed at once; None for the numbers of `sample` and
                `log_prob`.
            verbose: As in `sample`.

        Returns:
            An `Entropy`.

        Raises:
            ValueError: If an argument does not fit.

        Example:
            >>> import pixelcnn
            >>> dist = pixelcnn.PixelCNN((2, 2, 1), high=1, num_blocks=1, num_filters=2)
            >>> estimate = dist.entropy(100, seed=0)
            >>> estimate.interval[0] <= estimate.nats <= estimate.interval[1]
            True
        """
        return _entropy(self, n, seed, conditional_input, batch_size, verbose)


def _entropy(dist, n, seed, conditional_input, batch_size, verbose):
    n = require.integer("n", n, 2)
    _, batch_shape = dist.condition.check(conditional_input)
    images = dist.sample((n, *batch_shape), seed, conditional_input, batch_size=batch_size, verbose=verbose)
    surprisal = -dist.log_prob(images, conditional_input, batch_size).astype("float64")
    nats, error = surprisal.mean(axis=0), surprisal.std(axis=0, ddof=1) / math.sqrt(n)
    if not batch_shape:
        nats, error = float(nats), float(error)
    return Entropy(nats, error, (nats - 1.96 * error, nats + 1.96 * error), nats / (dist.num_dims * math.log(2)))
