"""A dense layer applied at every pixel, to one input or to several as if they were concatenated."""

from keras import ops

from pixelcnn.backend import recomputed
from pixelcnn.layers.activation import NONE
from pixelcnn.layers.linear import Linear


class Pointwise(Linear):
    """A 1x1 convolution of one or more inputs: `[(B, H, W, C1), (B, H, W, C2), …] -> (B, H, W, F)`.

    The inputs are never concatenated: each has its share of the kernel, so that what one of them contributes can be
    computed before the others are known.

    Args:
        filters: Number of filters F.
        channels: Channels of each input.
        name: See `Linear`.
    """

    def __init__(self, filters, channels, name):
        self.channels = tuple(channels)
        super().__init__(name, (sum(self.channels), filters), fans=(sum(self.channels), filters))

    def arrange(self, kernel):
        """Each input's share of the kernel."""
        starts = [sum(self.channels[:index]) for index in range(len(self.channels))]
        return [kernel[start : start + size] for start, size in zip(starts, self.channels, strict=True)]

    def share(self, index, x, activation=NONE, training=None):
        """What input `index` contributes, without the bias, after an activation that training does not keep."""
        if training:
            return recomputed(activation, matrix_product, x, self.kernel[index])
        return matrix_product(activation(x), self.kernel[index])

    def __call__(self, *inputs):
        """The sum of all shares and the bias."""
        return self.finish(sum(self.share(index, x) for index, x in enumerate(inputs)))


def matrix_product(x, kernel):
    """(…, C) times (C, F), in the kernel's precision, as one plain matrix product (a product of higher rank would copy
    the kernel for every image).
    """
    shape = ops.shape(x)
    flat = ops.reshape(ops.cast(x, kernel.dtype), (-1, shape[-1])) @ kernel  # on torch `ops.matmul` would round float64
    return ops.reshape(flat, (*shape[:-1], kernel.shape[-1]))
