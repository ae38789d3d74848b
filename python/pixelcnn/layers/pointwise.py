"""A dense layer that is applied at every pixel, to the concatenation of one or more inputs."""

from keras import ops

from pixelcnn.backend import recomputed
from pixelcnn.layers.activation import NONE
from pixelcnn.layers.linear import Linear


class Pointwise(Linear):
    """A 1x1 convolution of one or more inputs: `[(B, H, W, C1), (B, H, W, C2), …] -> (B, H, W, F)`.

    Each input is multiplied by its own rows of the kernel. The inputs are not concatenated, so that the contribution of
    one input can be computed before the other inputs are.

    Args:
        filters: Number of filters F.
        channels: Channels of each input.
        name: See `Linear`.
    """

    def __init__(self, filters, channels, name):
        self.channels = tuple(channels)
        super().__init__(name, (sum(self.channels), filters), fans=(sum(self.channels), filters))

    def arrange(self, kernel):
        """Split the kernel into the rows of each input."""
        starts = [sum(self.channels[:index]) for index in range(len(self.channels))]
        return [kernel[start : start + size] for start, size in zip(starts, self.channels, strict=True)]

    def share(self, index, x, activation=NONE, training=None):
        """What input `index` contributes, without the bias. Training recomputes the activation and does not keep it."""
        if training:
            return recomputed(activation, matrix_product, x, self.kernel[index])
        return matrix_product(activation(x), self.kernel[index])

    def __call__(self, *inputs):
        """Add up the shares of all inputs and the bias."""
        return self.finish(sum(self.share(index, x) for index, x in enumerate(inputs)))


def matrix_product(x, kernel):
    """Multiply x (…, C) by a kernel (C, F), in the kernel's dtype.

    The product is one of two matrices, because a product of higher rank would copy the kernel for every image.
    """
    shape = ops.shape(x)
    # `@` and not `ops.matmul`, which rounds float64 on torch.
    flat = ops.reshape(ops.cast(x, kernel.dtype), (-1, shape[-1])) @ kernel
    return ops.reshape(flat, (*shape[:-1], kernel.shape[-1]))
