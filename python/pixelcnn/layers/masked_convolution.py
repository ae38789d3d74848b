"""The masked convolution of PixelCNN, as a public layer.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3.4 and figure 2.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from pixelcnn import require
from pixelcnn.layers.linear import parameters_in_place, stacks_of
from pixelcnn.layers.raster_convolution import RasterConv2D


@keras.saving.register_keras_serializable(package="pixelcnn")
class MaskedConv2D(keras.layers.Layer):
    """A convolution that sees only earlier pixels in raster order: `(B, H, W, C) -> (B, H, W, F)` [1].

    The layer sees the rows above and the pixels to the left. Of the current pixel, a feature sees the groups of
    channels before its own (mask A, for the first layer), or these and its own (mask B, for the other layers). Channel
    i belongs to group i mod `channel_groups`. With one group, mask A does not see the current pixel and mask B does.
    Weights that a mask would hide do not exist, so that no optimizer, constraint or assignment can set them.

    Args:
        filters: Number of filters F, a multiple of `channel_groups`.
        kernel_size: (rows, columns) of the whole kernel, the masked half included, both odd; or one number for both.
        mask_type: `A` or `B`.
        channel_groups: Number of groups that the channels of input and output form, such as 3 for R, G and B.
        **kwargs: As in `keras.layers.Layer`.

    Raises:
        ValueError: If an argument does not fit, or if the input's channels are not a multiple of `channel_groups`.

    Example:
        >>> import keras
        >>> from pixelcnn.layers import MaskedConv2D
        >>> network = keras.Sequential([
        ...     keras.Input((28, 28, 3)),
        ...     MaskedConv2D(24, 7, mask_type="A", channel_groups=3),
        ...     keras.layers.ReLU(),
        ...     MaskedConv2D(3 * 256, 1, mask_type="B", channel_groups=3),
        ... ])
        >>> network.output_shape
        (None, 28, 28, 768)

    References:
        1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
           <https://arxiv.org/abs/1601.06759>, section 3.4.
    """

    __module__ = "pixelcnn.layers"

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        mask_type: str = "A",
        channel_groups: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = require.positive_integer("filters", filters)
        self.kernel_size = _odd_sizes(kernel_size)
        self.mask_type = require.one_of("mask_type", mask_type, ("A", "B"))
        self.channel_groups = require.positive_integer("channel_groups", channel_groups)
        require.multiple("filters", self.filters, self.channel_groups, "channel_groups")

    def build(self, input_shape: Sequence[Any]) -> None:
        """Make the weights for an input of shape (B, H, W, C)."""
        channels = require.multiple("channels of the input", input_shape[-1], self.channel_groups, "channel_groups")
        self.convolution = RasterConv2D(
            self.filters, self.kernel_size, self.mask_type, self.channel_groups, channels, name="convolution"
        )
        self.stacks = stacks_of([self.convolution], use_weight_norm=False, dtype=self.dtype_policy)

    def call(self, x: Any) -> Any:
        """Compute the features: (B, H, W, C) -> (B, H, W, F)."""
        with parameters_in_place(self.stacks):
            return self.convolution(x)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """The shape (B, H, W, F) of the features of an input of shape (B, H, W, C)."""
        return (*input_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, in types that JSON can hold."""
        arguments = ("filters", "kernel_size", "mask_type", "channel_groups")
        return {**super().get_config(), **{name: getattr(self, name) for name in arguments}}

    def full_kernel(self) -> np.ndarray:
        """The kernel (rows, columns, C, F) of the `keras.layers.Conv2D` with the same output; masked weights are 0."""
        rows, columns = self.kernel_size
        with parameters_in_place(self.stacks):
            kernel = ops.convert_to_numpy(self.convolution.kernel)
        full = np.zeros((rows, columns, *kernel.shape[2:]), kernel.dtype)
        full[: kernel.shape[0], : kernel.shape[1]] = kernel
        return full


def _odd_sizes(kernel_size):
    both = kernel_size if hasattr(kernel_size, "__iter__") else (kernel_size, kernel_size)
    rows, columns = require.sizes("kernel_size", both, 2)
    if rows % 2 == 0 or columns % 2 == 0:
        raise ValueError(f"kernel_size={kernel_size!r} does not fit: expected odd numbers of rows and columns.")
    return rows, columns
