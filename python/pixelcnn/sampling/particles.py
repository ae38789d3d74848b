"""Particles: several drafts of an image, weighed by the known pixels that they come upon, and thinned out as they go.

A known pixel that comes after unknown ones says something about them, but a draft is drawn in raster order and does not
hear it. So several drafts are drawn. Each is weighed by the probability that it gives to the known pixels behind it,
drafts of little weight give way to copies of others, and in the end one is chosen by its weight: sequential Monte Carlo
[1], with systematic resampling [2] where the weights have become uneven.

References:
    1. Doucet, de Freitas and Gordon, Sequential Monte Carlo Methods in Practice, 2001,
       <https://doi.org/10.1007/978-1-4757-3437-9>.
    2. Kitagawa, Monte Carlo Filter and Smoother for Non-Gaussian Nonlinear State Space Models, 1996,
       <https://doi.org/10.2307/1390750>.
"""

import numpy as np

from pixelcnn import noise

EVEN_ENOUGH = 0.5  # share of an image's drafts that must count, `1 / sum weight²`, for all of them to go on
CHOICES = 2**64 - 1  # which stream of an image's noise decides between its drafts; the drafts have the first n


def noise_and_particles(seed, first, count, image_shape, num_particles):
    """The uniforms (B n, H, W, C) of n drafts of images `first … first + B - 1` of a seed, image by image; and their
    `Particles`, or None of one draft, which needs no choice and is what it would be by itself.
    """
    drafts = [noise.uniforms(seed, first, count, image_shape, stream) for stream in range(num_particles)]
    uniforms = np.stack(drafts, axis=1).reshape((count * num_particles, *image_shape))
    if num_particles == 1:
        return uniforms, None
    choices = noise.uniforms(seed, first, count, (image_shape[0] + 1,), CHOICES)
    return uniforms, Particles(num_particles, choices.astype("float64"))


class Particles:
    """The weights of n drafts of each of B images; the drafts of an image lie one behind the other.

    Args:
        count: Number of drafts n of an image.
        choices: Uniforms (B, H + 1), one for each row at which drafts may give way, and one for the end.
    """

    def __init__(self, count, choices):
        self.count, self.choices = count, choices
        self.log_weights = np.zeros((len(choices), count))

    def go_on(self, row, nats):
        """Indices (B n,) of the drafts to go on with, in the places of those there are.

        Args:
            row: First of the rows that were drawn since the last time.
            nats: (B n,), log-probability of the known pixels in them.
        """
        self.log_weights += np.asarray(nats, "float64").reshape(self.log_weights.shape)
        weights = self._weights()
        uneven = (1 / np.sum(weights**2, axis=1) < EVEN_ENOUGH * self.count)[:, None]
        places = (self.choices[:, row, None] + np.arange(self.count)) / self.count
        index = np.where(uneven, _reached(weights, places), np.arange(self.count))
        self.log_weights = np.where(uneven, 0.0, self.log_weights)
        return self._in_one_row(index)

    def chosen(self):
        """Indices (B,) of one draft of each image, with the probabilities that their weights say."""
        return self._in_one_row(_reached(self._weights(), self.choices[:, -1:]))

    def _weights(self):
        weights = np.exp(self.log_weights - self.log_weights.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    def _in_one_row(self, index):
        return (index + self.count * np.arange(len(index))[:, None]).reshape(-1)


def _reached(weights, places):
    """Where places (B, k) in 0 … 1 lie among weights (B, n) laid end to end: indices (B, k)."""
    ends = np.cumsum(weights, axis=1)
    ends /= ends[:, -1:]
    return np.sum(ends[:, None, :] < places[:, :, None], axis=2)
