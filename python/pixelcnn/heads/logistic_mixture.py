"""The discretised mixture of logistics: the head of PixelCNN++.

References:
    1. Salimans et al., PixelCNN++, 2017, <https://arxiv.org/abs/1701.05517>, sections 2.1 and 2.2.
"""

import math

import numpy as np
from keras import ops

from pixelcnn.heads.head import Head, at_least_float32

# Scales do not fall below exp(-7) of half the range, as in [1]'s code and in TFP.
SMALLEST_SCALE = math.exp(-7.0)


def logistic_bin_log_prob(distance, scale, is_lowest, is_highest):
    """Log-probability, in nats, of a level under a logistic whose mass beyond the ends belongs to the end levels.

    For a level between the ends, with a and b the standardised lower and upper edges of its bin,
    `sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b))`,
    whose logarithm is two softplus terms and one of the bin's width alone: exact far out in the tails, for any scale,
    without thresholds. At the lowest level a is minus infinity, at the highest b is infinity, and their terms vanish.

    Args:
        distance: Level minus location, in levels.
        scale: Positive scale, in levels.
        is_lowest, is_highest: Whether the level is an end of the range.
    """
    below = -ops.softplus((distance - 0.5) / scale)
    above = -ops.softplus(-(distance + 0.5) / scale)
    width = ops.log(-ops.expm1(-1.0 / scale))
    return (
        ops.where(is_lowest, 0.0, below)
        + ops.where(is_highest, 0.0, above)
        + ops.where(ops.logical_or(is_lowest, is_highest), 0.0, width)
    )


class LogisticMixture(Head):
    """Mixture of M discretised logistics over the levels `low … high`, colour channels chained linearly.

    The parameters of a pixel are, for each component, a logit, C locations and C scales (in half the range), and C (C -
    1) / 2 coefficients: channel c has its location shifted by the channels before it, and the weights of the components
    are those given the channels before it.

    Args:
        channels: Number of channels C.
        num_components: Number of components M.
        low, high: Smallest and largest level.
    """

    chains_channels = True

    def __init__(self, channels, num_components, low=0, high=255):
        super().__init__(channels, low, high)
        self.num_components = num_components
        self.num_coefficients = channels * (channels - 1) // 2
        self.num_parameters = num_components * (1 + 2 * channels + self.num_coefficients)

    def unpack(self, parameters):
        """Log-weights (…, M), locations (…, M, C), scales (…, M, C) in levels, coefficients (…, M, C (C - 1) / 2)."""
        parameters = at_least_float32(parameters)
        shape = ops.shape(parameters)[:-1]
        per_component = self.num_parameters // self.num_components
        parameters = ops.reshape(parameters, (*shape, self.num_components, per_component))
        log_weights = ops.log_softmax(parameters[..., 0], axis=-1)
        locations = parameters[..., 1 : 1 + self.channels] * self.half
        scales = parameters[..., 1 + self.channels : 1 + 2 * self.channels]
        scales = (ops.softplus(scales) + SMALLEST_SCALE) * self.half
        return log_weights, locations, scales, parameters[..., 1 + 2 * self.channels :]

    def _location(self, locations, coefficients, levels, channel):
        """Location (…, M) of a channel, in levels from the centre of the range, given the channels before it."""
        location = locations[..., channel]
        first = channel * (channel - 1) // 2
        for earlier in range(channel):
            shift = coefficients[..., first + earlier] * self.scaled(levels[earlier])[..., None]
            location = location + self.half * shift
        return location

    def _component_log_prob(self, level, location, scale):
        """Log-probability (…, M) of a level (…) under every component."""
        level = level[..., None]
        # Level minus centre is exact, so the location is rounded once.
        distance = (level - self.centre) - location
        return logistic_bin_log_prob(distance, scale, level <= self.low, level >= self.high)

    def log_prob(self, parameters, levels):
        """Log-probability in nats of whole pixels: parameters (…, P) and levels (…, C) -> (…)."""
        joint, locations, scales, coefficients = self.unpack(parameters)
        levels = ops.cast(levels, joint.dtype)
        channels = [levels[..., channel] for channel in range(self.channels)]
        for channel, level in enumerate(channels):
            location = self._location(locations, coefficients, channels, channel)
            joint = joint + self._component_log_prob(level, location, scales[..., channel])
        return ops.logsumexp(joint, axis=-1)

    def log_probs(self, parameters, levels, channel=0):
        """Log-probabilities (…, L) of all L levels of one channel, given those of the channels before it in levels (…,
        C).
        """
        given, locations, scales, coefficients = self.unpack(parameters)
        channels = [ops.cast(levels[..., index], given.dtype) for index in range(channel)]
        for index, level in enumerate(channels):
            location = self._location(locations, coefficients, channels, index)
            given = given + self._component_log_prob(level, location, scales[..., index])
        location = self._location(locations, coefficients, channels, channel)
        every = ops.arange(self.low, self.high + 1, dtype=given.dtype)
        components = self._component_log_prob(every, location[..., None, :], scales[..., channel][..., None, :])
        return ops.logsumexp(ops.log_softmax(given, axis=-1)[..., None, :] + components, axis=-1)

    def draw(self, parameters, uniforms, known, is_known):
        """Draw pixels by inverting their distribution functions: the smallest level whose CDF reaches the uniform.

        Args:
            parameters: (…, P).
            uniforms: (…, C) in (0, 1).
            known: Levels (…, C) to keep, as floats.
            is_known: Booleans (…, C), where to keep them.

        Returns:
            Levels (…, C), as floats.
        """
        given, locations, scales, coefficients = self.unpack(parameters)
        levels = []
        for channel in range(self.channels):
            location = self._location(locations, coefficients, levels, channel)
            scale, uniform = scales[..., channel], ops.cast(uniforms[..., channel], given.dtype)
            level = self._invert(ops.exp(given), location, scale, uniform)
            level = ops.where(is_known[..., channel], ops.cast(known[..., channel], given.dtype), level)
            levels.append(level)
            if channel < self.channels - 1:
                given = ops.log_softmax(given + self._component_log_prob(level, location, scale), axis=-1)
        return ops.stack(levels, axis=-1)

    def _invert(self, weights, location, scale, uniform):
        """The smallest level whose CDF is at least the uniform, found four bits at a time (a bisection with fewer,
        wider steps).
        """
        lowest = ops.full_like(uniform, self.low)
        bits = (self.high - self.low).bit_length()
        weights, location, scale = weights[..., None, :], location[..., None, :], scale[..., None, :]
        # Invariant: the answer lies in lowest … lowest + 2^bits - 1, cut at the highest level.
        while bits:
            step = min(bits, (bits - 1) % 4 + 1)
            bits -= step
            ends = np.arange(1, 2**step, dtype="float64") * 2**bits - 1
            ends = lowest[..., None] + ops.cast(ends, uniform.dtype)
            distance = (ends[..., None] - self.centre + 0.5) - location
            below = ops.sum(weights * ops.sigmoid(distance / scale), axis=-1) < uniform[..., None]
            below = ops.logical_and(below, ends < self.high)
            lowest = lowest + 2.0**bits * ops.sum(ops.cast(below, uniform.dtype), axis=-1)
        return lowest
