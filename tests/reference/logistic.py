"""Slow truth about the discretised logistic, in 100 digits."""

import mpmath

mpmath.mp.dps = 100


def bin_log_prob(level, location, scale, low, high):
    """Log-probability in nats of a level; the ends hold all mass beyond them."""
    return float(exact_bin_log_prob(float(level), mpmath.mpf(float(location)), mpmath.mpf(float(scale)), low, high))


def exact_bin_log_prob(level, location, scale, low, high):
    """As `bin_log_prob`, from and to numbers of 100 digits."""
    half = mpmath.mpf(1) / 2

    def log_sigmoid(x):
        return -mpmath.log1p(mpmath.exp(-x)) if x > -1000 else x

    lower, upper = (level - half - location) / scale, (level + half - location) / scale
    if level <= low:
        return log_sigmoid(upper)
    if level >= high:
        return log_sigmoid(-lower)
    return log_sigmoid(upper) + log_sigmoid(-lower) + mpmath.log(-mpmath.expm1(lower - upper))
