"""What all heads share: the levels, their place in [-1, 1], and the precision that likelihoods have."""

import keras
from keras import ops


class Head:
    """The distribution of one pixel over the levels `low … high`, from P parameters.

    Args:
        channels: Number of channels C.
        low, high: Smallest and largest level.
    """

    # Whether a channel is given the ones before it here; otherwise the network does it, in groups of features.
    chains_channels = False

    def __init__(self, channels, low=0, high=255):
        self.channels, self.low, self.high = channels, low, high
        self.half = (high - low) / 2 or 0.5  # a single level lies at 0, whatever the range is divided by
        self.centre = (high + low) / 2

    def scaled(self, level):
        """A level in [-1, 1], as the network sees it."""
        return (level - self.centre) / self.half

    def probs(self, parameters, levels=None, channel=0):
        """Probabilities (…, L) of all levels of one channel, given the channels before it; they sum to 1."""
        return ops.exp(self.log_probs(parameters, levels, channel))


def at_least_float32(parameters):
    """Parameters in the precision of likelihoods: float32, or float64 if they are that."""
    if keras.backend.standardize_dtype(parameters.dtype) == "float64":
        return parameters
    return ops.cast(parameters, "float32")
