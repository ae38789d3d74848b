"""Slow truth about the mixture of discretised logistics, in 100 digits, from the float32 parameters of a pixel."""

import math

import mpmath

from reference.logistic import exact_bin_log_prob


def pixel_log_prob(parameters, level, num_components, low, high, variant="tfp"):
    """Log-probability in nats of a pixel's levels, one a channel.

    Args:
        parameters: (P,), for each component: a logit, locations, raw scales, coefficients.
        level: (C,) whole numbers.
        num_components: M.
        low, high: Smallest and largest level.
        variant: `tfp` or `openai`: what a raw scale and a coefficient mean.
    """
    half, centre = mpmath.mpf(high - low) / 2, mpmath.mpf(high + low) / 2
    channels = len(level)
    rows = parameters.reshape(num_components, -1)
    scaled = [(mpmath.mpf(int(value)) - centre) / half for value in level]
    joint = []
    for row in rows:
        numbers = [mpmath.mpf(float(number)) for number in row]
        logit, locations, raw = numbers[0], numbers[1 : 1 + channels], numbers[1 + channels : 1 + 2 * channels]
        coefficients = numbers[1 + 2 * channels :]
        coefficients = iter(map(mpmath.tanh, coefficients) if variant == "openai" else coefficients)
        total = logit
        for channel in range(channels):
            location = locations[channel] + sum(next(coefficients) * scaled[earlier] for earlier in range(channel))
            scale = half * _scale(raw[channel], variant)
            total += exact_bin_log_prob(int(level[channel]), centre + half * location, scale, low, high)
        joint.append(total)
    logits = [mpmath.mpf(float(row[0])) for row in rows]
    return float(_logsumexp(joint) - _logsumexp(logits))


def _scale(raw, variant):
    if variant == "openai":
        return mpmath.exp(max(raw, -7))
    return mpmath.log1p(mpmath.exp(raw)) + mpmath.mpf(math.exp(-7.0))


def _logsumexp(values):
    largest = max(values)
    return largest + mpmath.log(sum(mpmath.exp(value - largest) for value in values))
