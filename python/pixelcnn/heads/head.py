"""What all heads share: the levels, their place in [-1, 1], and the precision that likelihoods have."""

import keras
import numpy as np
from keras import ops

from pixelcnn.heads.inverse_cdf import smallest_level


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

    def draw_guided(self, parameters, uniforms, known, is_known, temperature=None, guidance=0.0):
        """Draw pixels as `draw` does, with more made of a condition, or less, than the distribution does.

        Log-probabilities of all levels of a channel are `(1 + w) conditional - w unconditional`, normalised again [1].

        Args:
            parameters: (2 B, P): of B pixels given the condition, and then of the same ones without it.
            uniforms: (B, C) in (0, 1).
            known: Levels (B, C) to keep, as floats.
            is_known: Booleans (B, C), where to keep them.
            temperature: Divides the guided log-probabilities; None is 1.
            guidance: w.

        Returns:
            Levels (B, C), as floats.

        References:
            1. Ho and Salimans, Classifier-Free Diffusion Guidance, 2022, equation 6,
               <https://arxiv.org/abs/2207.12598>.
        """
        levels = ops.cast(known, at_least_float32(parameters).dtype)
        for channel in range(self.channels):
            log_probs = self.log_probs(parameters, ops.concatenate([levels, levels]), channel)
            given, without = ops.split(log_probs, 2)
            log_probs = given + ops.cast(guidance, given.dtype) * (given - without)
            if temperature is not None:
                log_probs = log_probs / ops.cast(temperature, log_probs.dtype)
            uniform = ops.cast(uniforms[..., channel], log_probs.dtype)
            drawn = self.low + smallest_level(ops.softmax(log_probs, axis=-1), uniform)
            drawn = ops.where(is_known[..., channel], levels[..., channel], drawn)
            levels = ops.where(np.arange(self.channels) == channel, drawn[..., None], levels)
        return levels


def at_least_float32(parameters):
    """Parameters in the precision of likelihoods: float32, or float64 if they are that."""
    if keras.backend.standardize_dtype(parameters.dtype) == "float64":
        return parameters
    return ops.cast(parameters, "float32")
