"""The discretised mixture of logistics: the head of PixelCNN++.

References:
    1. Salimans et al., PixelCNN++, 2017, <https://arxiv.org/abs/1701.05517>, sections 2.1 and 2.2.
"""

import math

import numpy as np
from keras import ops

from pixelcnn.backend import expm1, tanh
from pixelcnn.heads.head import Head, at_least_float32

# The smallest scale is exp(-7) of half the range, as in the code of [1] and in TFP.
LOG_SMALLEST_SCALE = -7.0
SMALLEST_SCALE = math.exp(LOG_SMALLEST_SCALE)
LOG_LARGEST_SCALE = 60.0  # so that a scale in float32 is finite; then each inner level has a probability below 1e-26

# What a parameter x means. `tfp`, as in TFP: a scale is softplus(x) + exp(-7), and a coefficient is x. `openai`, as in
# the code of [1]: a scale is exp(max(x, -7)), and a coefficient is tanh(x).
VARIANTS = ("tfp", "openai")


def logistic_bin_log_prob(distance, scale, is_lowest, is_highest):
    """Log-probability, in nats, of a level under a logistic. The two end levels get the mass beyond them.

    For a level between the ends, with a and b the standardised lower and upper edges of its bin,
    `sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b))`,
    whose logarithm is two softplus terms and a term of the bin's width alone. It is exact in the tails and for any
    scale, without thresholds. At the lowest level a is -infinity, at the highest level b is infinity; the term of an
    infinite edge is 0.

    Args:
        distance: Level minus location, in levels.
        scale: Positive scale, in levels.
        is_lowest, is_highest: Whether the level is an end of the range.
    """
    below = -ops.softplus((distance - 0.5) / scale)
    above = -ops.softplus(-(distance + 0.5) / scale)
    width = ops.log(-expm1(-1.0 / scale))
    return (
        ops.where(is_lowest, 0.0, below)
        + ops.where(is_highest, 0.0, above)
        + ops.where(ops.logical_or(is_lowest, is_highest), 0.0, width)
    )


class LogisticMixture(Head):
    """Mixture of M discretised logistics over the levels `low … high`, with linearly chained channels.

    Each component has these parameters: a logit, C locations and C scales (in units of half the range), and C (C - 1) /
    2 coefficients. The location of channel c is shifted by the earlier channels, times their coefficients. The weights
    of the components are conditioned on the earlier channels.

    Args:
        channels: Number of channels C.
        num_components: Number of components M.
        low, high: Smallest and largest level.
        variant: See `VARIANTS`.
    """

    chains_channels = True

    def __init__(self, channels, num_components, low=0, high=255, variant="tfp"):
        super().__init__(channels, low, high)
        self.num_components, self.variant = num_components, variant
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
        coefficients = parameters[..., 1 + 2 * self.channels :]
        if self.variant == "openai":
            scales = ops.exp(ops.clip(scales, LOG_SMALLEST_SCALE, LOG_LARGEST_SCALE))
            coefficients = tanh(coefficients)
        else:
            scales = ops.softplus(scales) + SMALLEST_SCALE
        return log_weights, locations, scales * self.half, coefficients

    def _location(self, locations, coefficients, levels, channel):
        """Location (…, M) of a channel given the earlier channels, in levels from the centre of the range."""
        location = locations[..., channel]
        first = channel * (channel - 1) // 2
        for earlier in range(channel):
            shift = coefficients[..., first + earlier] * self.scaled(levels[earlier])[..., None]
            location = location + self.half * shift
        return location

    def _component_log_prob(self, level, location, scale):
        """Log-probability (…, M) of a level (…) under every component."""
        level = level[..., None]
        # The difference of level and centre is exact, so only one subtraction rounds.
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
        """Log-probabilities (…, L) of all L levels of one channel, given the levels (…, C) of the earlier channels."""
        return ops.logsumexp(self.component_log_probs(parameters, levels, channel), axis=-1)

    def component_log_probs(self, parameters, levels, channel=0):
        """What each component contributes to `log_probs`: log-weight plus log-probability, (…, L, M)."""
        log_weights, locations, scales, coefficients = self.unpack(parameters)
        channels = [ops.cast(levels[..., index], log_weights.dtype) for index in range(channel)]
        for index, level in enumerate(channels):
            location = self._location(locations, coefficients, channels, index)
            log_weights = log_weights + self._component_log_prob(level, location, scales[..., index])
        location = self._location(locations, coefficients, channels, channel)
        every = ops.arange(self.low, self.high + 1, dtype=log_weights.dtype)
        components = self._component_log_prob(every, location[..., None, :], scales[..., channel][..., None, :])
        return ops.log_softmax(log_weights, axis=-1)[..., None, :] + components

    def draw(self, parameters, uniforms, known, is_known):
        """Draw pixels by inverting their distribution functions: the smallest level whose CDF reaches the uniform.

        Args:
            parameters: (…, P).
            uniforms: (…, C) in (0, 1).
            known: Levels (…, C) of known pixels, as floats.
            is_known: Booleans (…, C). Known pixels keep their levels.

        Returns:
            Levels (…, C), as floats.
        """
        log_weights, locations, scales, coefficients = self.unpack(parameters)
        dtype, levels = log_weights.dtype, []
        for channel in range(self.channels):
            location = self._location(locations, coefficients, levels, channel)
            scale, uniform = scales[..., channel], ops.cast(uniforms[..., channel], dtype)
            level = self._invert(ops.exp(log_weights), location, scale, uniform)
            level = ops.where(is_known[..., channel], ops.cast(known[..., channel], dtype), level)
            levels.append(level)
            if channel < self.channels - 1:
                component = self._component_log_prob(level, location, scale)
                log_weights = ops.log_softmax(log_weights + component, axis=-1)
        return ops.stack(levels, axis=-1)

    def _invert(self, weights, location, scale, uniform):
        """Find the smallest level whose CDF is at least the uniform. Each step compares 15 levels and fixes 4 bits; a
        bisection would need 4 steps for them.
        """
        lowest = ops.full_like(uniform, self.low)
        bits = (self.high - self.low).bit_length()
        weights, location, scale = weights[..., None, :], location[..., None, :], scale[..., None, :]
        # Invariant: the level lies in lowest … lowest + 2^bits - 1, and is at most the highest level.
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
