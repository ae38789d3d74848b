"""Slow truth about independent categorical and Bernoulli channels, by sums without rounding."""

import math


def categorical_log_prob(parameters, level, low, high):
    """Log-probability in nats of a pixel's levels, from logits (P,); parameter `l C + c` is of level `low + l`."""
    logits = parameters.astype("float64").reshape(high - low + 1, len(level))
    return sum(_log_softmax(list(logits[:, channel]), value - low) for channel, value in enumerate(level))


def bernoulli_log_prob(parameters, level, low, high):
    """Log-probability in nats of a pixel's levels, from the log-odds (C,) of the higher level."""
    return sum(_log_softmax([0.0, float(odds)], value - low) for odds, value in zip(parameters, level, strict=True))


def _log_softmax(logits, index):
    largest = max(logits)
    return logits[index] - largest - math.log(math.fsum(math.exp(logit - largest) for logit in logits))
