"""The base class of all networks."""

from functools import partial

import keras

from pixelcnn.layers.levels import EmbeddedLevels
from pixelcnn.layers.linear import parameters_in_place
from pixelcnn.layers.shift import shift_down, shift_right
from pixelcnn.layers.summary import SummaryRow


class Network(keras.layers.Layer):
    """A causal map from an image to the parameters of its pixels: (B, H, W, C) -> (B, H, W, P).

    A network has these methods:

    * `vertical` maps the rows above to what a row takes from them before its first pixel.
    * `horizontal` maps this and the pixels to the left to the parameters.
    * `conditions` computes what a condition contributes to both.
    * `make_weights` makes the weights, with `kernel_stacks`.
    * `layers_by_grid` lists the layers that have a kernel, and `projections_by_grid` those that read a condition.
    * `vertical_layers` and `horizontal_layers` list the layers of each stack that remember earlier cells.

    Heights and widths must be multiples of `granularity`; `PixelDistribution` pads and crops.

    Args:
        head: The head that reads the parameters. Its `channel_groups` is C where the network chains the channels, and 1
            where the head does.
        reading: How the network reads an image's levels, see `pixelcnn.layers.levels`.
        dtype: As in Keras.
    """

    granularity = 1
    margin = 0  # number of columns of zeros that `PixelDistribution` puts at the image's right

    def __init__(self, head, reading, dtype):
        super().__init__(name="network", dtype=dtype)
        self.channel_groups, self.reading, self.map_reading = head.channel_groups, reading, None

    def add_weights(self, condition, map_reading=None):
        """Make the weights of all layers, and those of a condition.

        Args:
            condition: Arguments of `ConditionProjection`; empty without a condition.
            map_reading: How the network reads the codes of a map, see `pixelcnn.layers.levels`; None for numbers.
        """
        self.reading.add_weights()
        if map_reading is not None:
            self.map_reading, condition = map_reading, {**condition, "map_channels": map_reading.num_features}
            map_reading.add_weights()
        self.make_weights(condition)
        self.built = True

    @property
    def map_padding(self):
        """Value of a map's cells outside of the image: 0, or a code that does not exist."""
        return 0 if self.map_reading is None else -1

    def embeddings(self):
        """The layers that read names."""
        return [reading for reading in (self.reading, self.map_reading) if isinstance(reading, EmbeddedLevels)]

    def summary_rows(self, height, width):
        """All layers that have weights, as Keras' summary lists them, for a padded image of this size."""
        stacks = {layer: stack for stack in self.kernel_stacks for layer in stack.layers}
        rows = [SummaryRow.of(layer, (None, height, width, layer.width), layer) for layer in self.embeddings()]
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

    def read(self, levels):
        """Features (…, N) that the network reads of levels (…, C), floats."""
        return self.reading(levels)

    def read_map(self, condition):
        """The condition with features in place of the codes of a map."""
        if self.map_reading is None:
            return condition
        return {**condition, "spatial": self.map_reading(condition["spatial"])}

    def current(self, features):
        """The argument `current` of a network with channel groups, from features (B, H, W, N) of the current pixels."""
        return {"current": features[..., : self.reading.num_features]} if self.channel_groups > 1 else {}

    def parameters_by_group(self, left, from_above, conditions, traversal):
        """Return a function that computes the parameters of a pixel from the channels that are drawn already (an
        argument `current`, if the network has channel groups). The sampler calls the function once for each group.
        """
        return partial(self.horizontal, left, from_above, conditions, traversal)

    def call(self, images, condition=None, training=None):
        """Compute the parameters of all pixels at once.

        Args:
            images: (B, H, W, N), from `read`.
            condition: A dictionary with `label`, `vector` or `spatial`, and perhaps `keep`.
            training: Whether dropout is active.
        """
        for_vertical, for_horizontal = self.conditions(condition or {})
        with self.kernels_in_place():
            from_above = self.vertical(shift_down(images), for_vertical, training=training)
            return self.horizontal(
                shift_right(images), from_above, for_horizontal, training=training, **self.current(images)
            )
