"""Particles: several drafts of an image, with weights that later known pixels determine.

A known pixel that comes after unknown pixels changes their distribution, but drawing in raster order cannot use it. So
several drafts of an image are drawn. The weight of a draft is the probability that it gives to the later known pixels.
Copies of drafts of large weight replace drafts of little weight, and at the end one draft is chosen by its weight. This
is sequential Monte Carlo [1], with systematic resampling [2] when the weights are uneven.

References:
    1. Doucet, de Freitas and Gordon, Sequential Monte Carlo Methods in Practice, 2001,
       <https://doi.org/10.1007/978-1-4757-3437-9>.
    2. Kitagawa, Monte Carlo Filter and Smoother for Non-Gaussian Nonlinear State Space Models, 1996,
       <https://doi.org/10.2307/1390750>.
"""

import numpy as np

from pixelcnn import noise

EVEN_ENOUGH = (
    0.5  # all drafts are kept while their effective number, `1 / sum(weight²)`, is at least this share of them
)
CHOICES = 2**64 - 1  # the stream of an image's noise that chooses among its drafts, which use the streams 0 … n - 1


def noise_and_particles(seed, first, count, image_shape, num_particles):
    """Uniforms (B n, H, W, C) of n drafts of the images `first … first + B - 1` of a seed, image by image, and their
    `Particles`. With one draft, `Particles` is None, because there is no choice.
    """
    drafts = [noise.uniforms(seed, first, count, image_shape, stream) for stream in range(num_particles)]
    uniforms = np.stack(drafts, axis=1).reshape((count * num_particles, *image_shape))
    if num_particles == 1:
        return uniforms, None
    choices = noise.uniforms(seed, first, count, (image_shape[0] + 1,), CHOICES)
    return uniforms, Particles(num_particles, choices.astype("float64"))


class Particles:
    """The weights of n drafts of each of B images. The drafts of an image are neighbours in the batch.

    Args:
        count: Number of drafts n of an image.
        choices: Uniforms (B, H + 1): one for each row after which drafts may be replaced, and one for the end.
    """

    def __init__(self, count, choices):
        self.count, self.choices = count, choices
        self.log_weights = np.zeros((len(choices), count))
        self.log_probs = np.zeros(len(choices))  # what the mean weights before each replacement of drafts contribute

    def go_on(self, row, nats):
        """Indices (B n,) of the drafts that take the places of all drafts.

        Args:
            row: First row that was drawn after the last call.
            nats: (B n,), log-probabilities of the known pixels in the rows from there on.
        """
        self.log_weights += np.asarray(nats, "float64").reshape(self.log_weights.shape)
        weights = self._weights()
        uneven = (1 / np.sum(weights**2, axis=1) < EVEN_ENOUGH * self.count)[:, None]
        places = (self.choices[:, row, None] + np.arange(self.count)) / self.count
        index = np.where(uneven, _reached(weights, places), np.arange(self.count))
        self.log_probs += np.where(uneven[:, 0], log_mean_exp(self.log_weights), 0.0)
        self.log_weights = np.where(uneven, 0.0, self.log_weights)
        return self._in_one_row(index)

    def heaviest(self):
        """Indices (B,) of the draft of each image that has the largest weight."""
        return self._in_one_row(np.argmax(self.log_weights, axis=1)[:, None])

    def log_prob_of_known(self):
        """Logarithms (B,) of unbiased estimates of the probability of the known pixels of each image [1]."""
        return self.log_probs + log_mean_exp(self.log_weights)

    def chosen(self):
        """Indices (B,) of one draft of each image, each draft chosen with a probability proportional to its weight."""
        return self._in_one_row(_reached(self._weights(), self.choices[:, -1:]))

    def _weights(self):
        weights = np.exp(self.log_weights - self.log_weights.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    def _in_one_row(self, index):
        return (index + self.count * np.arange(len(index))[:, None]).reshape(-1)


def log_mean_exp(log_weights):
    """`log(mean(exp(log_weights)))` over the last axis, without overflow; -infinity if all weights are 0."""
    return np.logaddexp.reduce(log_weights, axis=-1) - np.log(log_weights.shape[-1])


def _reached(weights, places):
    """Indices (B, k) of the weights (B, n) whose cumulative sums first reach the places (B, k), each in 0 … 1."""
    ends = np.cumsum(weights, axis=1)
    ends /= ends[:, -1:]
    return np.sum(ends[:, None, :] < places[:, :, None], axis=2)
