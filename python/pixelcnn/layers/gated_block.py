"""The gated residual block of PixelCNN++."""

import dataclasses

import keras
from keras import ops

from pixelcnn.backend import call_traced_once, traces_repeat
from pixelcnn.layers.activation import ACTIVATIONS
from pixelcnn.layers.causal_convolution import CausalConv2D
from pixelcnn.layers.dropout import Dropout
from pixelcnn.layers.linear import parameters_of
from pixelcnn.layers.pointwise import Pointwise
from pixelcnn.layers.remat import run_block
from pixelcnn.traversal import WHOLE_IMAGE


class GatedResidualBlock(keras.layers.Layer):
    """Two causal convolutions, a gate, and a residual connection: figure 2 of [1] in the form of [2].

    The block adds features of other blocks behind the first convolution, and the condition behind the second.

    Args:
        filters: Number of filters F.
        kernel_size, left: The window of both convolutions, see `CausalConv2D`.
        vertical: Whether the block reads features of the vertical stack.
        symmetric: Whether the block reads features of the mirrored block on the way down.
        activation: `concat_elu`, `elu` or `relu`.
        dtype, name: As in `keras.layers.Layer`.
        dropout_p: Dropout probability between the convolutions.
        grid: The grid that the block computes on, see `Memory`.

    References:
        1. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
           <https://arxiv.org/abs/1606.05328>.
        2. Salimans et al., PixelCNN++, 2017, <https://arxiv.org/abs/1701.05517>.
    """

    def __init__(self, filters, kernel_size, left, vertical, symmetric, activation, dtype, dropout_p, name, grid=0):
        super().__init__(name=name, dtype=dtype)
        # Blocks of the same shape differ in their kernels only, so `call_traced_once` traces one of them for all.
        self.shape = filters, tuple(kernel_size), left, vertical, symmetric, activation, self.dtype_policy.name
        self.activation = ACTIVATIONS[activation]
        width = self.activation.width(filters)
        window = {"kernel_size": kernel_size, "left": left, "channels": width, "grid": grid}
        self.convolution_1 = CausalConv2D(filters, **window, name=f"{name}_convolution_1")
        self.convolution_2 = CausalConv2D(2 * filters, **window, name=f"{name}_convolution_2")
        self.vertical, self.symmetric = vertical, symmetric
        self.skip = None
        if vertical or symmetric:
            self.skip = Pointwise(filters, [width] * (vertical + symmetric), name=f"{name}_skip")
        self.dropout = Dropout(dropout_p, name=f"{name}_dropout", dtype=dtype)
        self.built = True

    def linear_layers(self):
        """All layers that have a kernel."""
        return [layer for layer in (self.convolution_1, self.convolution_2, self.skip) if layer is not None]

    def from_vertical(self, features, training=None):
        """What features (B, H, W, F) of the vertical stack contribute. They are computed before the current row."""
        return run_block(lambda x: self.skip.share(0, x, self.activation, training), [self.skip], features)

    def call(self, x, vertical=None, symmetric=None, condition=None, traversal=WHOLE_IMAGE, training=None):
        """Compute the block's features: (B, H, W, F) -> (B, H, W, F).

        Args:
            x: The block's input.
            vertical: The result of `from_vertical`, for all columns.
            symmetric: Features of the mirrored block.
            condition: (B, 1, 1, 2 F) or (B, H, W, 2 F), added before the gate.
            traversal: The traversal of the image.
            training: Whether dropout is active.
        """
        activation = self.activation.with_dropout(self.dropout, ops.shape(x), training)

        def features(x, vertical, symmetric, condition):
            if training and traces_repeat():
                parameters = [(layer.kernel, layer.bias) for layer in self.linear_layers()]
                tensors = parameters, x, vertical, symmetric, condition, activation.keep
                return call_traced_once(_train, (self.shape, activation.scale), *tensors)
            return self._features(x, vertical, symmetric, condition, activation, traversal, training)

        return run_block(features, self.linear_layers(), x, vertical, symmetric, condition)

    def _features(self, x, vertical, symmetric, condition, activation, traversal, training):
        """As `call`; `activation` is applied between the convolutions and includes dropout."""
        y = self.convolution_1(x, traversal=traversal, activation=self.activation)
        if self.skip is not None:
            skips = [traversal.select(vertical)] if self.vertical else []
            if self.symmetric:
                skips.append(self.skip.share(int(self.vertical), symmetric, self.activation, training))
            y = y + self.skip.finish(sum(skips))
        y = self.convolution_2(y, traversal=traversal, activation=activation)
        if condition is not None:
            y = y + traversal.local(condition)
        value, gate = ops.split(y, 2, axis=-1)
        return x + value * ops.sigmoid(gate)


def _train(shape_and_scale, parameters, x, vertical, symmetric, condition, keep):
    """Compute a block's features in training from tensors alone: one function for all blocks of one shape."""
    shape, scale = shape_and_scale
    block = GatedResidualBlock(*shape, dropout_p=0.0, name="block")
    activation = dataclasses.replace(block.activation, keep=keep, scale=scale)
    with parameters_of(block.linear_layers(), parameters):
        return block._features(x, vertical, symmetric, condition, activation, WHOLE_IMAGE, training=True)
