r"""PixelCNN++: two causal U-shaped stacks of gated residual blocks, and a mixture of logistics.

One stack with `num_hierarchies=3` and `num_resnet=1`; D and U are gated blocks on the way down and up:

    grid         down                                                      up
    H   x W      first --> D ------------------- skips -----------------------> U --> U
                            \ stride 2                                         / upsample
    H/2 x W/2                --> D ------------- skips ------------> U --> U --
                                  \ stride 2                        / upsample
    H/4 x W/4                      --> D ------- skip -------> U ----

The vertical stack sees the rows above a pixel. The horizontal stack has the same shape and also sees the pixels to the
left in the current row; each of its blocks receives the features of the vertical block at the same place. A 1x1 layer
turns the features of its last block into the parameters of the pixel. The skips of a grid are the input and the output
of its D blocks; each U block takes the latest that is left. (On the coarsest grid the last output is no skip: it is the
input of the first U block.)

NOTE: unlike [1], as in [3], the image has no channel of ones beside it, a scale is softplus(x) + exp(-7) where [1] has
exp(max(x, -7)), and the coefficients between colours pass through no tanh.
NOTE: unlike [1] and [3], images of any size are padded inside, a condition may be a map too, and a dropout probability
is rounded to 1/256.
NOTE: the initialisation differs from the authors' code [4]. Both normalise weights, and choose a gain and a bias for
each filter in a first pass over data. After this pass all convolutions and 1x1 layers here have features of variance 1,
but in [4] the second convolution of a gated block has features of standard deviation 0.1 (`init_scale=0.1`), so that a
block starts close to the identity. Directions are drawn from Glorot's uniform distribution here, and from a normal one
of standard deviation 0.05 in [4]. Their length does not change the features, because kernels are normalised; it changes
training, because a step of Adam turns a longer direction by a smaller angle. Before the pass over data a gain is the
length of its direction here, and 1 in [4]. A filter whose features do not vary has gain 1 after the pass here, and 1e5
in [4].

References:
    1. Salimans, Karpathy, Chen and Kingma, PixelCNN++, 2017, <https://arxiv.org/abs/1701.05517>.
    2. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
       <https://arxiv.org/abs/1606.05328>.
    3. TensorFlow Probability's `tfp.distributions.PixelCNN`, whose architecture this is, layer for layer.
    4. The code of the authors of [1], <https://github.com/openai/pixel-cnn>, `nn.py` and `model.py`.
"""

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.layers.activation import ACTIVATIONS
from pixelcnn.layers.causal_convolution import CausalConv2D, UpsampleConv2D
from pixelcnn.layers.condition import ConditionProjection
from pixelcnn.layers.gated_block import GatedResidualBlock
from pixelcnn.layers.linear import in_full_precision, kernels_in_place, stacks_of
from pixelcnn.layers.pointwise import Pointwise
from pixelcnn.layers.shift import shift_down, shift_right
from pixelcnn.traversal import WHOLE_IMAGE, Memory

# The place of the first layer; a tuple as all places are, because Keras sorts them when torch runs a layer.
FIRST = ("first", 0, 0)


class Hierarchy(keras.layers.Layer):
    """One grid of one stack, and within it the coarser ones: down, through them, and up again (figure 2 of [1], one of
    its two rows).

    Args:
        stack: `vertical` or `horizontal`.
        grid: 0 for the image's own grid, 1 for the next coarser one, …
        num_resnet, num_hierarchies, num_filters, receptive_field_dims: As in `PixelCNNPlusPlus`.
        block: Further arguments of `GatedResidualBlock`.
    """

    def __init__(self, stack, grid, num_resnet, num_hierarchies, num_filters, receptive_field_dims, block, dtype):
        super().__init__(name=f"{stack}_{grid}", dtype=dtype)
        rows, columns = receptive_field_dims
        horizontal, innermost = stack == "horizontal", grid == num_hierarchies - 1
        # The windows of [3]: the vertical stack sees both sides of the rows above, the horizontal one this row and the
        # last, to the left.
        window = {"kernel_size": (2, columns // 2 + 1) if horizontal else (rows - 1, columns)}
        window["left"] = columns // 2

        def blocks(direction, count):
            name = f"{stack}_{direction}_{grid}"
            flow = {"vertical": horizontal, "symmetric": direction == "up"}
            return {
                (direction, grid, index): GatedResidualBlock(
                    num_filters, name=f"{name}_{index}", dtype=dtype, grid=grid, **window, **flow, **block
                )
                for index in range(count)
            }

        self.down = blocks("down", num_resnet)
        self.up = blocks("up", num_resnet if innermost else num_resnet + 1)
        # Under which the features of these blocks are remembered while a finer grid goes on.
        self.own_features = {place: Memory(num_filters, rows=1, grid=grid) for place in (*self.down, *self.up)}
        self.downsample = self.inner = self.upsample = None
        if not innermost:
            self.downsample = CausalConv2D(
                num_filters, **window, stride=2, channels=num_filters, grid=grid, name=f"{stack}_downsample_{grid}"
            )
            self.inner = Hierarchy(
                stack, grid + 1, num_resnet, num_hierarchies, num_filters, receptive_field_dims, block, dtype
            )
            self.upsample = UpsampleConv2D(
                num_filters,
                window["kernel_size"],
                before=0 if horizontal else window["left"],
                channels=num_filters,
                grid=grid + 1,
                name=f"{stack}_upsample_{grid}",
            )
        self.built = True

    def blocks(self):
        """All blocks by their place, (direction, grid, index) such as ("down", 0, 1): the same in both stacks."""
        inner = {} if self.inner is None else self.inner.blocks()
        return {**self.down, **self.up, **inner}

    def layers_by_grid(self):
        """All layers that have a kernel, each with the grid that it computes on."""
        for (_, grid, _), block in self.blocks().items():
            yield from ((layer, grid) for layer in block.linear_layers())
        hierarchy, grid = self, 1
        while hierarchy.inner is not None:
            yield from ((hierarchy.downsample, grid), (hierarchy.upsample, grid))
            hierarchy, grid = hierarchy.inner, grid + 1

    def convolutions(self):
        """All convolutions, which remember earlier cells."""
        for block in (*self.down.values(), *self.up.values()):
            yield from (block.convolution_1, block.convolution_2)
        if self.inner is not None:
            yield from (self.downsample, self.upsample)
            yield from self.inner.convolutions()

    def coarse_features(self):
        """By place, the keys of the features of all blocks on coarser grids."""
        return {} if self.inner is None else {**self.inner.own_features, **self.inner.coarse_features()}

    def memories(self):
        """The keys of what is remembered besides what convolutions remember."""
        return self.coarse_features().values()

    def call(self, x, vertical=None, conditions=None, traversal=WHOLE_IMAGE, training=None):
        """Features of the last block, and those of every block by its place.

        Args:
            x: (B, H, W, F) on this grid.
            vertical: By place, what the vertical stack contributes to each block.
            conditions: By place, what the condition contributes.
            traversal: How far the traversal has come.
            training: Whether dropout is active.
        """
        vertical, conditions, features = vertical or {}, conditions or {}, {}

        def run(place, block, x, symmetric=None):
            features[place] = block(
                x,
                vertical=vertical.get(place),
                symmetric=symmetric,
                condition=conditions.get(place),
                traversal=traversal,
                training=training,
            )
            return features[place]

        def run_inner(coarse, traversal):
            return self.inner(coarse, vertical=vertical, conditions=conditions, traversal=traversal, training=training)

        skips = [x]
        for place, block in self.down.items():
            skips.append(run(place, block, skips[-1]))
        if self.inner is None:
            x = skips.pop()
        else:
            x, inner_features = traversal.coarser(
                skips[-1], self.downsample, run_inner, self.upsample, self.coarse_features()
            )
            features.update(inner_features)
        for place, block in self.up.items():
            x = run(place, block, x, symmetric=skips.pop())
        return x, features


class PixelCNNPlusPlusNetwork(keras.layers.Layer):
    """From an image to the parameters of its pixels: (B, H, W, C) -> (B, H, W, P), causal by construction.

    Heights and widths must be multiples of `granularity`; `PixelDistribution` pads and crops.
    """

    channel_groups = 1  # the head chains the channels
    margin = 0

    def __init__(
        self, head, num_resnet, num_hierarchies, num_filters, receptive_field_dims, block, use_weight_norm, dtype
    ):
        super().__init__(name="network", dtype=dtype)
        rows, columns = receptive_field_dims
        self.num_filters, self.num_hierarchies = num_filters, num_hierarchies
        self.use_weight_norm = use_weight_norm
        self.granularity = 2 ** (num_hierarchies - 1)
        # The first layers see the image shifted by a row or a column, so that from there on a window may end in the
        # current cell.
        channels, half = head.channels, columns // 2
        self.first_above = CausalConv2D(num_filters, (rows - 1, columns), half, channels, name="vertical_first")
        self.first_up = CausalConv2D(num_filters, (1, columns), half, channels, name="horizontal_first_up")
        self.first_left = None
        if half:
            self.first_left = CausalConv2D(num_filters, (2, half), half - 1, channels, name="horizontal_first_left")
        arguments = (num_resnet, num_hierarchies, num_filters, receptive_field_dims, block, dtype)
        self.vertical_stack = Hierarchy("vertical", 0, *arguments)
        self.horizontal_stack = Hierarchy("horizontal", 0, *arguments)
        self.last = in_full_precision(Pointwise(head.num_parameters, [num_filters], name="last"))
        self.projections = []

    def add_weights(self, condition):
        """Make the kernels of all layers, and the tables or kernels of a condition.

        Args:
            condition: Arguments of `ConditionProjection`; empty without a condition.
        """
        layers = [layer for layer, _ in self.layers_by_grid()]
        self.kernel_stacks = stacks_of(layers, self.use_weight_norm, self.dtype_policy)
        for grid in range(self.num_hierarchies if condition else 0):
            name, filters = f"condition_{grid}", 2 * self.num_filters * 2 * len(self.places(grid))
            self.projections.append(ConditionProjection(filters, name=name, dtype=self.dtype_policy, **condition))
        self.built = True

    def layers_by_grid(self):
        """All layers that have a kernel, each with the grid that it computes on."""
        first = (self.first_above, self.first_up, self.first_left, self.last)
        yield from ((layer, 0) for layer in first if layer is not None)
        yield from self.vertical_stack.layers_by_grid()
        yield from self.horizontal_stack.layers_by_grid()

    def kernels_in_place(self, parameters=None):
        """A context in which `vertical` and `horizontal` may be called."""
        return kernels_in_place(self.kernel_stacks, parameters)

    def places(self, grid):
        """The places of blocks on one grid, the same in both stacks."""
        return [place for place in self.vertical_stack.blocks() if place[1] == grid]

    def conditions(self, condition):
        """What the condition contributes to each block: two dictionaries by place, for the vertical and the horizontal
        stack.
        """
        condition = dict(condition)
        spatial = condition.pop("spatial", None)
        if spatial is not None:
            spatial = ops.cast(spatial, self.compute_dtype)  # pooled in one precision, whoever calls
        for_vertical, for_horizontal = {}, {}
        for grid, projection in enumerate(self.projections):
            if grid and spatial is not None:
                spatial = ops.average_pool(spatial, 2, 2, padding="valid")
            places = self.places(grid)
            parts = ops.split(projection(**condition, spatial=spatial), 2 * len(places), axis=-1)
            for_vertical.update(zip(places, parts[: len(places)], strict=True))
            for_horizontal.update(zip(places, parts[len(places) :], strict=True))
        return for_vertical, for_horizontal

    def vertical_layers(self):
        """The layers of the vertical stack that remember earlier rows."""
        return self.first_above, *self.vertical_stack.convolutions(), self.vertical_stack

    def horizontal_layers(self):
        """The layers of the horizontal stack that remember earlier cells."""
        first = [] if self.first_left is None else [self.first_left]
        return *first, *self.horizontal_stack.convolutions()

    def vertical(self, above, conditions, traversal=WHOLE_IMAGE, training=None):
        """From the rows above, (B, H, W, C), what a row takes from them before its first pixel: (B, h, w, F) by
        place.
        """
        x = self.first_above(above, traversal=traversal)
        _, features = self.vertical_stack(x, conditions=conditions, traversal=traversal, training=training)
        blocks = self.horizontal_stack.blocks()
        from_above = {place: blocks[place].from_vertical(found, training) for place, found in features.items()}
        from_above[FIRST] = self.first_up(above, traversal=traversal)
        return from_above

    def horizontal(self, left, from_above, conditions, traversal=WHOLE_IMAGE, training=None):
        """From the pixel to the left, (B, H, W, C), and `vertical`'s result, the parameters (B, H, W, P)."""
        x = traversal.select(from_above[FIRST])
        if self.first_left is not None:
            x = x + self.first_left(left, traversal=traversal)
        x, _ = self.horizontal_stack(
            x, vertical=from_above, conditions=conditions, traversal=traversal, training=training
        )
        return self.last(ops.elu(x))

    def call(self, images, condition=None, training=None):
        """Parameters of all pixels at once.

        Args:
            images: (B, H, W, C), scaled to [-1, 1].
            condition: A dictionary with `label`, `vector` or `spatial`, and perhaps `keep`.
            training: Whether dropout is active.
        """
        for_vertical, for_horizontal = self.conditions(condition or {})
        with self.kernels_in_place():
            from_above = self.vertical(shift_down(images), for_vertical, training=training)
            return self.horizontal(shift_right(images), from_above, for_horizontal, training=training)


@keras.saving.register_keras_serializable(package="pixelcnn")
class PixelCNNPlusPlus(PixelDistribution):
    """A conditional PixelCNN++ distribution of images [1], a Keras model with a likelihood.

    `p(x | h) = prod_i p(x_i | x_<i, h)`, pixels in raster order, each a mixture of discretised logistics whose colour
    channels are chained linearly. Argument names and defaults are those of `tfp.distributions.PixelCNN` [3].

    Args:
        image_shape: (H, W, C), any sizes.
        conditional_shape: Shape of a condition vector (flattened), or `()` for one number, or None.
        num_resnet: Blocks of each hierarchy.
        num_hierarchies: Number of grids, each half as fine as the one before.
        num_filters: Filters F of every layer.
        num_logistic_mix: Mixture components M.
        receptive_field_dims: (rows, columns) of the window of a convolution, the current row included; columns odd.
        dropout_p: Dropout probability.
        resnet_activation: `concat_elu`, `elu` or `relu`.
        use_weight_norm: Whether kernels are weight-normalised.
        use_data_init: Whether `fit` sets gains and biases from its first batch.
        high: Largest level of a pixel.
        low: Smallest level of a pixel.
        num_classes: Number of classes K; labels 0 … K-1 then are the condition. The recommended way.
        class_names: Names of the classes, which then may be given in place of labels.
        spatial_condition_shape: (H, W, N) of a map added pixel by pixel, or None.
        condition_dropout: Probability with which an image loses its condition in training. Above 0 the model is also
            the distribution without a condition (`conditional_input=None`), and `guidance` works.
        dtype: A Keras dtype or policy name; None takes Keras' own.
        name: Name of the model.

    Raises:
        ValueError: If an argument does not fit; the message names it.

    Example:
        >>> import numpy as np, pixelcnn
        >>> dist = pixelcnn.PixelCNNPlusPlus((4, 4, 1), num_classes=3, num_resnet=1, num_hierarchies=2, num_filters=4)
        >>> images = dist.sample(2, conditional_input=1, seed=0, verbose=0)
        >>> images.shape, images.dtype
        ((2, 4, 4, 1), dtype('uint8'))
        >>> dist.log_prob(images, conditional_input=1).shape
        (2,)

    References:
        1. Salimans, Karpathy, Chen and Kingma, PixelCNN++, 2017, <https://arxiv.org/abs/1701.05517>.
        2. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
           <https://arxiv.org/abs/1606.05328>.
        3. `tfp.distributions.PixelCNN`,
           <https://www.tensorflow.org/probability/api_docs/python/tfp/distributions/PixelCNN>.
    """

    __module__ = "pixelcnn"

    def __init__(
        self, image_shape, conditional_shape=None, num_resnet=5, num_hierarchies=3, num_filters=160,
        num_logistic_mix=10, receptive_field_dims=(3, 3), dropout_p=0.5, resnet_activation="concat_elu",
        use_weight_norm=True, use_data_init=True, high=255, low=0, num_classes=None, class_names=None,
        spatial_condition_shape=None, condition_dropout=0.0, dtype=None, name="pixel_cnn_plus_plus",
    ):  # fmt: skip
        super().__init__(locals())
        num_hierarchies = require.positive_integer("num_hierarchies", num_hierarchies)
        use_data_init = require.boolean("use_data_init", use_data_init)
        self._make_network(
            PixelCNNPlusPlusNetwork,
            num_resnet=require.positive_integer("num_resnet", num_resnet),
            num_hierarchies=num_hierarchies,
            num_filters=require.positive_integer("num_filters", num_filters),
            receptive_field_dims=_check_receptive_field(receptive_field_dims, num_hierarchies),
            block={
                "activation": require.one_of("resnet_activation", resnet_activation, tuple(ACTIVATIONS)),
                "dropout_p": require.probability("dropout_p", dropout_p),
            },
            use_weight_norm=require.boolean("use_weight_norm", use_weight_norm),
        )
        self.initializes_from_data = self.network.use_weight_norm and use_data_init


def _check_receptive_field(receptive_field_dims, num_hierarchies):
    rows, columns = require.sizes("receptive_field_dims", receptive_field_dims, 2)
    smallest = (2, 1) if num_hierarchies == 1 else (3, 3)
    if columns % 2 == 0 or rows < smallest[0] or columns < smallest[1]:
        raise ValueError(
            f"receptive_field_dims={(rows, columns)} does not fit: rows must be at least "
            f"{smallest[0]} and columns odd and at "
            f"least {smallest[1]} with num_hierarchies={num_hierarchies}."
        )
    return rows, columns
