"""A softmax over all levels of a channel: the head of PixelCNN and Gated PixelCNN.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 2.2.
"""

from keras import ops

from pixelcnn.backend import exported_format
from pixelcnn.heads.head import Head, at_least_float32
from pixelcnn.heads.inverse_cdf import smallest_level


class Categorical(Head):
    """One logit for each of the L levels of each channel; parameter `l C + c` is that of level `low + l` of channel c.

    The order of parameters is that of grouped features: channel = index mod C. The head does not chain the channels;
    the network must compute the parameters of a channel from the earlier channels.

    Args:
        channels: Number of channels C.
        low, high: Smallest and largest level.
    """

    def __init__(self, channels, low=0, high=255):
        super().__init__(channels, low, high)
        self.num_levels = high - low + 1
        self.num_parameters = channels * self.num_levels

    def logits(self, parameters):
        """Parameters (…, L C) as logits (…, C, L)."""
        parameters = at_least_float32(parameters)
        shape = ops.shape(parameters)[:-1]
        return ops.swapaxes(ops.reshape(parameters, (*shape, self.num_levels, self.channels)), -1, -2)

    def log_prob(self, parameters, levels):
        """Log-probability in nats of whole pixels: parameters (…, P) and levels (…, C) -> (…)."""
        index = ops.cast(levels, "int32") - self.low
        logits = self.logits(parameters)
        if exported_format() == "onnx":  # because tf2onnx takes the logarithm of a softmax, which underflows
            return ops.sum(ops.one_hot(index, self.num_levels) * ops.log_softmax(logits), axis=(-2, -1))
        nats = ops.sparse_categorical_crossentropy(index, logits, from_logits=True)
        return -ops.sum(nats, axis=-1)

    def log_probs(self, parameters, levels=None, channel=0):
        """Log-probabilities (…, L) of all levels of one channel. The other channels have no influence."""
        logits = self.logits(parameters)[..., channel, :]
        logits = logits - ops.stop_gradient(ops.max(logits, axis=-1, keepdims=True))
        # Not log_softmax of the backend: with 65,536 levels torch's probabilities sum to 1 only within 1e-6, because
        # torch adds them one after the other.
        return logits - ops.log(ops.sum(ops.exp(logits), axis=-1, keepdims=True))

    def draw(self, parameters, uniforms, known, is_known):
        """Draw pixels by inverting their distribution functions: the smallest level whose CDF reaches the uniform.

        Arguments and result as in `LogisticMixture.draw`.
        """
        logits = self.logits(parameters)
        drawn = self.low + smallest_level(ops.softmax(logits, axis=-1), ops.cast(uniforms, logits.dtype))
        return ops.where(is_known, ops.cast(known, logits.dtype), drawn)
