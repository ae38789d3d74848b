"""The base class of all heads: levels, their scaling to [-1, 1], and the precision of likelihoods."""

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

    # Whether the head chains the channels of a pixel. Otherwise the network does, with groups of features.
    chains_channels = False
    variant = "tfp"  # see `pixelcnn.heads.logistic_mixture.VARIANTS`

    def __init__(self, channels, low=0, high=255):
        self.channels, self.low, self.high = channels, low, high
        self.half = (high - low) / 2 or 0.5  # not 0, because levels are divided by it
        self.centre = (high + low) / 2

    @property
    def channel_groups(self):
        """Number of groups of a network's features: C if the network chains the channels, else 1."""
        return 1 if self.chains_channels else self.channels

    def scaled(self, level):
        """Scale levels to [-1, 1], the range of a network's input."""
        return (level - self.centre) / self.half

    def probs(self, parameters, levels=None, channel=0):
        """Probabilities (…, L) of all L levels of one channel, given the earlier channels. Their sum is 1."""
        return ops.exp(self.log_probs(parameters, levels, channel))

    def draw_from_all_levels(
        self, parameters, uniforms, known, is_known, temperature=None, guidance=None, threshold=None
    ):
        """Draw pixels as `draw` does, but from the log-probabilities of all levels, channel by channel, because
        temperature and guidance change these, and a threshold compares with them.

        With guidance w the log-probabilities are `(1 + w) conditional - w unconditional`, normalised again [1].

        Args:
            parameters: (B, P). With guidance (2 B, P): B pixels with the condition, then the same pixels without it.
            uniforms: (B, C) in (0, 1).
            known: Levels (B, C) of known pixels, as floats.
            is_known: Booleans (B, C). Known pixels keep their levels.
            temperature: Divides the log-probabilities, after guidance and before the normalisation; None is 1.
            guidance: w; None is 0.
            threshold: A known level whose log-probability is below `-threshold` is drawn too; None keeps all.

        Returns:
            Levels (B, C), as floats, and their log-probabilities (B, C) under temperature and guidance.

        References:
            1. Ho and Salimans, Classifier-Free Diffusion Guidance, 2022, equation 6,
               <https://arxiv.org/abs/2207.12598>.
        """
        levels, nats = ops.cast(known, at_least_float32(parameters).dtype), []
        for channel in range(self.channels):
            before = levels if guidance is None else ops.concatenate([levels, levels])
            log_probs = self.log_probs(parameters, before, channel)
            if guidance is not None:
                conditional, unconditional = ops.split(log_probs, 2)
                log_probs = conditional + ops.cast(guidance, log_probs.dtype) * (conditional - unconditional)
            if temperature is not None:
                log_probs = log_probs / ops.cast(temperature, log_probs.dtype)
            log_probs = ops.log_softmax(log_probs, axis=-1)
            uniform = ops.cast(uniforms[..., channel], log_probs.dtype)
            drawn, kept = self.low + smallest_level(ops.exp(log_probs), uniform), is_known[..., channel]
            if threshold is not None:
                likely = self._at_level(log_probs, levels[..., channel]) >= -ops.cast(threshold, log_probs.dtype)
                kept = ops.logical_and(kept, likely)
            drawn = ops.where(kept, levels[..., channel], drawn)
            levels = ops.where(np.arange(self.channels) == channel, drawn[..., None], levels)
            nats.append(self._at_level(log_probs, drawn))
        return levels, ops.stack(nats, axis=-1)

    def _at_level(self, log_probs, levels):
        """The log-probabilities (…) of levels (…), from those of all levels (…, L)."""
        index = ops.cast(levels, "int32")[..., None] - self.low
        return ops.take_along_axis(log_probs, index, axis=-1)[..., 0]


def likelihood_dtype(dtype):
    """Precision of likelihoods of a network that computes in `dtype`: float64 for float64, else float32.

    Example:
        >>> likelihood_dtype("bfloat16")
        'float32'
    """
    # Not keras.backend.result_type, which knows no float64 on JAX and torch.
    return "float64" if keras.backend.standardize_dtype(dtype) == "float64" else "float32"


def at_least_float32(parameters):
    """Cast parameters to the precision of likelihoods."""
    dtype = likelihood_dtype(parameters.dtype)
    return parameters if dtype == "float64" else ops.cast(parameters, dtype)  # torch would round a float64 array
