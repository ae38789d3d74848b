"""Slow truth about the mixture of discretised logistics, in 100 digits, from the float32 parameters of a pixel."""

import math

import mpmath

from reference.logistic import exact_bin_log_prob


def pixel_log_prob(parameters, level, num_components, low, high):
    """Log-probability in nats of a pixel's levels, one a channel.

    Args:
        parameters: (P,), for each component: a logit, locations, raw scales, coefficients.
        level: (C,) whole numbers.
        num_components: M.
        low, high: Smallest and largest level.
    """
    half, centre = mpmath.mpf(high - low) / 2, mpmath.mpf(high + low) / 2
    channels = len(level)
    rows = parameters.reshape(num_components, -1)
    scaled = [(mpmath.mpf(int(value)) - centre) / half for value in level]
    joint = []
    for row in rows:
        numbers = [mpmath.mpf(float(number)) for number in row]
        logit, locations, raw = numbers[0], numbers[1 : 1 + channels], numbers[1 + channels : 1 + 2 * channels]
        coefficients = iter(numbers[1 + 2 * channels :])
        total = logit
        for channel in range(channels):
            location = locations[channel] + sum(next(coefficients) * scaled[earlier] for earlier in range(channel))
            scale = (mpmath.log1p(mpmath.exp(raw[channel])) + mpmath.mpf(math.exp(-7.0))) * half
            total += exact_bin_log_prob(int(level[channel]), centre + half * location, scale, low, high)
        joint.append(total)
    logits = [mpmath.mpf(float(row[0])) for row in rows]
    return float(_logsumexp(joint) - _logsumexp(logits))


def _logsumexp(values):
    largest = max(values)
    return largest + mpmath.log(sum(mpmath.exp(value - largest) for value in values))
