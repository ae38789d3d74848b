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

    @property
    def channel_groups(self):
        """How many groups the features of a network form: one, or one for each channel where the network chains the
        channels.
        """
        return 1 if self.chains_channels else self.channels

    def scaled(self, level):
        """A level in [-1, 1], as the network sees it."""
        return (level - self.centre) / self.half

    def probs(self, parameters, levels=None, channel=0):
        """Probabilities (…, L) of all levels of one channel, given the channels before it; they sum to 1."""
        return ops.exp(self.log_probs(parameters, levels, channel))

    def draw_from_all_levels(self, parameters, uniforms, known, is_known, temperature=None, guidance=None):
        """Draw pixels as `draw` does, from the log-probabilities of all levels, channel by channel: the one place where
        temperature and guidance act.

        With guidance w these are `(1 + w) conditional - w unconditional`, normalised again [1]: more is made of a
        condition, or less, than the distribution does.

        Args:
            parameters: (B, P); with guidance (2 B, P), of B pixels given the condition and then of the same without it.
            uniforms: (B, C) in (0, 1).
            known: Levels (B, C) to keep, as floats.
            is_known: Booleans (B, C), where to keep them.
            temperature: Divides the log-probabilities, guided ones too, before they are normalised again; None is 1.
            guidance: w; None is 0, and then there are B predictions only.

        Returns:
            Levels (B, C), as floats, and the log-probabilities (B, C) that they have been given here.

        References:
            1. Ho and Salimans, Classifier-Free Diffusion Guidance, 2022, equation 6,
               <https://arxiv.org/abs/2207.12598>.
        """
        levels, nats = ops.cast(known, at_least_float32(parameters).dtype), []
        for channel in range(self.channels):
            before = levels if guidance is None else ops.concatenate([levels, levels])
            log_probs = self.log_probs(parameters, before, channel)
            if guidance is not None:
                given, without = ops.split(log_probs, 2)
                log_probs = given + ops.cast(guidance, given.dtype) * (given - without)
            if temperature is not None:
                log_probs = log_probs / ops.cast(temperature, log_probs.dtype)
            log_probs = ops.log_softmax(log_probs, axis=-1)
            uniform = ops.cast(uniforms[..., channel], log_probs.dtype)
            drawn = self.low + smallest_level(ops.exp(log_probs), uniform)
            drawn = ops.where(is_known[..., channel], levels[..., channel], drawn)
            levels = ops.where(np.arange(self.channels) == channel, drawn[..., None], levels)
            index = ops.cast(drawn, "int32")[..., None] - self.low
            nats.append(ops.take_along_axis(log_probs, index, axis=-1))
        return levels, ops.concatenate(nats, axis=-1)


def likelihood_dtype(dtype):
    """The precision of likelihoods where a network computes in `dtype`: float64 under float64, else float32.

    Example:
        >>> likelihood_dtype("bfloat16")
        'float32'
    """
    # Not keras.backend.result_type, which knows no float64 on JAX and torch.
    return "float64" if keras.backend.standardize_dtype(dtype) == "float64" else "float32"


def at_least_float32(parameters):
    """Parameters in the precision of likelihoods."""
    dtype = likelihood_dtype(parameters.dtype)
    return parameters if dtype == "float64" else ops.cast(parameters, dtype)  # torch would round a float64 array
