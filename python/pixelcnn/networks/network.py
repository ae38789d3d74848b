"""The base class of all networks."""

from functools import partial

import keras
from keras import ops

from pixelcnn.layers.linear import parameters_in_place
from pixelcnn.layers.shift import shift_down, shift_right
from pixelcnn.layers.summary import SummaryRow


class Network(keras.layers.Layer):
    """A causal map from an image to the parameters of its pixels: (B, H, W, C) -> (B, H, W, P).

    A network has these methods:

    * `vertical` maps the rows above to what a row takes from them before its first pixel.
    * `horizontal` maps this and the pixels to the left to the parameters.
    * `conditions` computes what a condition contributes to both.
    * `add_weights` makes the weights, with `kernel_stacks`.
    * `layers_by_grid` lists the layers that have a kernel, and `projections_by_grid` those that read a condition.
    * `vertical_layers` and `horizontal_layers` list the layers of each stack that remember earlier cells.

    Heights and widths must be multiples of `granularity`; `PixelDistribution` pads and crops.

    Args:
        dtype: As in Keras.
    """

    granularity = 1
    margin = 0  # number of columns of zeros that `PixelDistribution` puts at the image's right
    channel_groups = 1  # 1 where the head chains the channels
    channels_of_ones = 0  # number of channels of ones that the network reads beside the image's channels

    def __init__(self, dtype):
        super().__init__(name="network", dtype=dtype)

    def summary_rows(self, height, width):
        """All layers that have weights, as Keras' summary lists them, for a padded image of this size."""
        stacks = {layer: stack for stack in self.kernel_stacks for layer in stack.layers}
        rows = []
        for layer, grid in self.layers_by_grid():
            size = layer.scale * (height >> grid), layer.scale * (width >> grid)
            rows.append(SummaryRow.of(layer, (None, *size, layer.filters), stacks[layer], len(stacks[layer].layers)))
        for projection, grid in self.projections_by_grid():
            size = (1, 1) if projection.map_kernel is None else (height >> grid, width >> grid)
            rows.append(SummaryRow.of(projection, (None, *size, projection.weights[0].shape[-1]), projection))
        return rows

    def kernels_in_place(self, parameters=None):
        """A context in which `vertical` and `horizontal` may be called."""
        return parameters_in_place(self.kernel_stacks, parameters)

    def with_ones(self, scaled):
        """Add the channels of ones to scaled levels (B, H, W, C)."""
        if not self.channels_of_ones:
            return scaled
        return ops.pad(scaled, ((0, 0), (0, 0), (0, 0), (0, self.channels_of_ones)), constant_values=1)

    def parameters_by_group(self, left, from_above, conditions, traversal):
        """Return a function that computes the parameters of a pixel from the channels that are drawn already (an
        argument `current`, if the network has channel groups). The sampler calls the function once for each group.
        """
        return partial(self.horizontal, left, from_above, conditions, traversal)

    def call(self, images, condition=None, training=None):
        """Compute the parameters of all pixels at once.

        Args:
            images: (B, H, W, C), scaled to [-1, 1], with the channels of ones.
            condition: A dictionary with `label`, `vector` or `spatial`, and perhaps `keep`.
            training: Whether dropout is active.
        """
        for_vertical, for_horizontal = self.conditions(condition or {})
        current = {"current": images} if self.channel_groups > 1 else {}
        with self.kernels_in_place():
            from_above = self.vertical(shift_down(images), for_vertical, training=training)
            return self.horizontal(shift_right(images), from_above, for_horizontal, training=training, **current)
