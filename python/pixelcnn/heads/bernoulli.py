"""The Bernoulli distribution of a pixel of two levels: the head of the binary models.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 5.1.
"""

from keras import ops

from pixelcnn.heads.head import Head, at_least_float32


class Bernoulli(Head):
    """Two levels, `low` and `high`. The parameter of a channel is the log-odds of `high`, so P = C.

    Args:
        channels: Number of channels C.
        low, high: The two levels; `high` is `low + 1`.
    """

    def __init__(self, channels, low=0, high=1):
        super().__init__(channels, low, high)
        self.num_parameters = channels

    def log_prob(self, parameters, levels):
        """Log-probability in nats of whole pixels: parameters (…, C) and levels (…, C) -> (…)."""
        logits = at_least_float32(parameters)
        against = ops.where(levels >= self.high, -logits, logits)
        return -ops.sum(ops.softplus(against), axis=-1)

    def log_probs(self, parameters, levels=None, channel=0):
        """Log-probabilities (…, 2) of both levels of one channel. The other channels have no influence."""
        logit = at_least_float32(parameters)[..., channel]
        return -ops.softplus(ops.stack([logit, -logit], axis=-1))

    def draw(self, parameters, uniforms, known, is_known):
        """Draw pixels: `low` if its probability is at least the uniform, else `high`.

        Arguments and result as in `LogisticMixture.draw`.
        """
        logits = at_least_float32(parameters)
        higher = ops.sigmoid(-logits) < ops.cast(uniforms, logits.dtype)
        drawn = self.low + ops.cast(higher, logits.dtype)
        return ops.where(is_known, ops.cast(known, logits.dtype), drawn)
