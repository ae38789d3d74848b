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
turns the features of the last horizontal block into the parameters of the pixel; for a softmax of several channels
`ChainedReadout` does. The skips of a grid are the input of
its first D block and the outputs of all its D blocks. Each U block takes the last skip that no U block has taken. (On
the coarsest grid the last output is not a skip, because it is the input of the first U block.)

NOTE: with `variant="tfp"`, as in [3] and unlike [1], the image has no additional channel of ones, a scale is
softplus(x) + exp(-7) and not exp(max(x, -7)), and the coefficients between colours do not pass through tanh. With
`variant="openai"` all three are as in [4]. The features of the first layers in [4] are shifted, and not their input, so
that the first row (or column) has zeros without a bias. Such a bias is a weight of the channel of ones here, and the
bias of a first layer acts on all cells.
NOTE: unlike [1] and [3], images may have any size because the model pads them, a condition may also be a map, the head
may be a softmax or a Bernoulli distribution, and a dropout probability is rounded to a multiple of 1/256.
NOTE: the initialisation differs from the authors' code [4]. Both normalise weights, and choose a gain and a bias for
each filter in a first pass over data. After this pass all convolutions and 1x1 layers here have features of variance 1,
but in [4] the second convolution of a gated block has features of standard deviation 0.1 (`init_scale=0.1`), so that a
block starts close to the identity. Directions are drawn from Glorot's uniform distribution here, and from a normal
distribution of standard deviation 0.05 in [4]. The length of a direction does not change the features, because kernels
are normalised. The length changes training, because a step of Adam turns a longer direction by a smaller angle. Before
the pass over data a gain is the length of its direction here, and 1 in [4]. A filter whose features do not vary has
gain 1 after the pass here, and 1e5 in [4].

References:
    1. Salimans, Karpathy, Chen and Kingma, PixelCNN++, 2017, <https://arxiv.org/abs/1701.05517>.
    2. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
       <https://arxiv.org/abs/1606.05328>.
    3. TensorFlow Probability's `tfp.distributions.PixelCNN`, whose architecture this is, layer for layer.
    4. The code of the authors of [1], <https://github.com/openai/pixel-cnn>, `nn.py` and `model.py`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.layers.activation import ACTIVATIONS
from pixelcnn.layers.causal_convolution import CausalConv2D, UpsampleConv2D
from pixelcnn.layers.condition import ConditionProjection
from pixelcnn.layers.gated_block import GatedResidualBlock
from pixelcnn.layers.linear import in_full_precision, stacks_of
from pixelcnn.layers.pointwise import Pointwise
from pixelcnn.networks.network import Network
from pixelcnn.traversal import WHOLE_IMAGE, Memory

# The place of the first layer. All places are tuples of one form, because Keras sorts them when torch runs a layer.
FIRST = ("first", 0, 0)


class Hierarchy(keras.layers.Layer):
    """The blocks of one stack on one grid and on all coarser grids: down, through the coarser grids, and up again
    (figure 2 of [1]).

    Args:
        stack: `vertical` or `horizontal`.
        grid: 0 for the image's own grid, 1 for the next coarser grid, …
        num_resnet, num_hierarchies, num_filters, receptive_field_dims: As in `PixelCNNPlusPlus`.
        block: Further arguments of `GatedResidualBlock`.
        dtype: As in Keras.
    """

    def __init__(self, stack, grid, num_resnet, num_hierarchies, num_filters, receptive_field_dims, block, dtype):
        super().__init__(name=f"{stack}_{grid}", dtype=dtype)
        rows, columns = receptive_field_dims
        horizontal, innermost = stack == "horizontal", grid == num_hierarchies - 1
        # The windows of [3]. Those of the vertical stack cover columns on both sides. Those of the horizontal stack
        # cover two rows, up to the current column.
        window = {"kernel_size": (2, columns // 2 + 1) if horizontal else (rows - 1, columns)}
        window["left"] = columns // 2

        def blocks(direction, count):
            name = f"{stack}_{direction}_{grid}"
            flow = {"vertical": horizontal, "symmetric": direction == "up"}
            return [
                GatedResidualBlock(
                    num_filters, name=f"{name}_{index}", dtype=dtype, grid=grid, **window, **flow, **block
                )
                for index in range(count)
            ]

        self.grid = grid
        # Lists, because TensorFlow cannot export a layer with layers in a dictionary whose keys are tuples.
        self.down = blocks("down", num_resnet)
        self.up = blocks("up", num_resnet if innermost else num_resnet + 1)
        # The keys of these blocks' features, which the memory holds until the finer grid needs new ones.
        self.own_features = {place: Memory(num_filters, rows=1, grid=grid) for place in self.own_blocks()}
        self.coarse_features = {}  # these keys of all coarser grids
        self.downsample = self.inner = self.upsample = None
        if not innermost:
            self.downsample = CausalConv2D(
                num_filters, **window, stride=2, channels=num_filters, grid=grid, name=f"{stack}_downsample_{grid}"
            )
            self.inner = Hierarchy(
                stack, grid + 1, num_resnet, num_hierarchies, num_filters, receptive_field_dims, block, dtype
            )
            self.coarse_features = {**self.inner.own_features, **self.inner.coarse_features}
            self.upsample = UpsampleConv2D(
                num_filters,
                window["kernel_size"],
                before=0 if horizontal else window["left"],
                channels=num_filters,
                grid=grid + 1,
                name=f"{stack}_upsample_{grid}",
            )
        self.built = True

    def own_blocks(self):
        """The blocks on this grid by place: (direction, grid, index), such as ("down", 0, 1)."""
        directions = {"down": self.down, "up": self.up}
        return {(way, self.grid, index): one for way, them in directions.items() for index, one in enumerate(them)}

    def blocks(self):
        """All blocks by place. Both stacks have the same places."""
        return {**self.own_blocks(), **({} if self.inner is None else self.inner.blocks())}

    def layers_by_grid(self):
        """All layers that have a kernel, as pairs (layer, grid that the layer computes on)."""
        for (_, grid, _), block in self.blocks().items():
            yield from ((layer, grid) for layer in block.linear_layers())
        hierarchy, grid = self, 1
        while hierarchy.inner is not None:
            yield from ((hierarchy.downsample, grid), (hierarchy.upsample, grid))
            hierarchy, grid = hierarchy.inner, grid + 1

    def convolutions(self):
        """All convolutions; each remembers earlier cells."""
        for block in (*self.down, *self.up):
            yield from (block.convolution_1, block.convolution_2)
        if self.inner is not None:
            yield from (self.downsample, self.upsample)
            yield from self.inner.convolutions()

    def memories(self):
        """The memory keys of the stack, except those of its convolutions."""
        return self.coarse_features.values()

    def call(self, x, vertical=None, conditions=None, traversal=WHOLE_IMAGE, training=None):
        """Compute the features of the last block, and a dictionary of the features of all blocks by place.

        Args:
            x: (B, H, W, F) on this grid.
            vertical: What the vertical stack contributes to each block, by place.
            conditions: What the condition contributes to each block, by place.
            traversal: The traversal of the image.
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
        for index, block in enumerate(self.down):
            skips.append(run(("down", self.grid, index), block, skips[-1]))
        if self.inner is None:
            x = skips.pop()
        else:
            x, inner_features = traversal.coarser(
                skips[-1], self.downsample, run_inner, self.upsample, self.coarse_features
            )
            features.update(inner_features)
        for index, block in enumerate(self.up):
            x = run(("up", self.grid, index), block, x, symmetric=skips.pop())
        return x, features


class ChainedReadout:
    """The last layers of a network that chains the channels: from features of the stacks and the channels of the pixel
    to parameters.

    Channel c has a 1x1 layer of F features, which reads the stacks' features and the c channels before, and a 1x1 layer
    from these features to the channel's parameters. Features of the stacks form no groups, because no other layer reads
    the current pixel.

    Args:
        num_filters: Number of filters F.
        head: The head that reads the parameters.
        reading: How the network reads the image, see `Network`.
    """

    def __init__(self, num_filters, head, reading):
        features = reading.num_features // head.channels
        self.hidden = [
            Pointwise(num_filters, [num_filters] + [features] * channel, name=f"last_{channel}_hidden")
            for channel in range(head.channels)
        ]
        count = head.num_parameters // head.channels
        self.last = [
            in_full_precision(Pointwise(count, [num_filters], name=f"last_{channel}"))
            for channel in range(head.channels)
        ]

    def linear_layers(self):
        """All layers that have a kernel."""
        return *self.hidden, *self.last

    def __call__(self, x, current):
        """Compute the parameters (B, H, W, P); parameter i is that of channel i mod C.

        Args:
            x: The features (B, H, W, F) of the last block, after their nonlinearity.
            current: The image's own features, see `Network.current`; feature i is one of channel i mod C.
        """
        before, parameters = [], []
        for channel, (hidden, last) in enumerate(zip(self.hidden, self.last, strict=True)):
            parameters.append(last(ops.elu(hidden(x, *before))))
            before.append(current[..., channel :: len(self.last)])
        return ops.reshape(ops.stack(parameters, axis=-1), (*ops.shape(x)[:-1], -1))


class PixelCNNPlusPlusNetwork(Network):
    """The network of [1] in the form of [3].

    Args:
        head, reading: As in `Network`.
        num_resnet, num_hierarchies, num_filters, receptive_field_dims, use_weight_norm: As in `PixelCNNPlusPlus`.
        block: Further arguments of `GatedResidualBlock`.
        dtype: As in Keras.
    """

    def __init__(
        self, head, reading, num_resnet, num_hierarchies, num_filters, receptive_field_dims, block, use_weight_norm,
        dtype,
    ):  # fmt: skip
        super().__init__(head, reading, dtype)
        rows, columns = receptive_field_dims
        self.num_filters, self.num_hierarchies = num_filters, num_hierarchies
        self.use_weight_norm = use_weight_norm
        self.granularity = 2 ** (num_hierarchies - 1)
        # The first layers read the image shifted by a row or a column, so the windows of all layers may end in the
        # current cell.
        channels, half = reading.width, columns // 2
        self.first_above = CausalConv2D(num_filters, (rows - 1, columns), half, channels, name="vertical_first")
        self.first_up = CausalConv2D(num_filters, (1, columns), half, channels, name="horizontal_first_up")
        self.first_left = None
        if half:
            self.first_left = CausalConv2D(num_filters, (2, half), half - 1, channels, name="horizontal_first_left")
        arguments = (num_resnet, num_hierarchies, num_filters, receptive_field_dims, block, dtype)
        self.vertical_stack = Hierarchy("vertical", 0, *arguments)
        self.horizontal_stack = Hierarchy("horizontal", 0, *arguments)
        if self.channel_groups > 1:
            self.last = ChainedReadout(num_filters, head, reading)
        else:
            self.last = in_full_precision(Pointwise(head.num_parameters, [num_filters], name="last"))
        self.projections = []

    def make_weights(self, condition):
        """See `add_weights`."""
        layers = [layer for layer, _ in self.layers_by_grid()]
        self.kernel_stacks = stacks_of(layers, self.use_weight_norm, self.dtype_policy)
        for grid in range(self.num_hierarchies if condition else 0):
            name, filters = f"condition_{grid}", 2 * self.num_filters * 2 * len(self.places(grid))
            self.projections.append(ConditionProjection(filters, name=name, dtype=self.dtype_policy, **condition))

    def layers_by_grid(self):
        """All layers that have a kernel, as pairs (layer, grid that the layer computes on)."""
        last = self.last.linear_layers() if self.channel_groups > 1 else (self.last,)
        ends = (self.first_above, self.first_up, self.first_left, *last)
        yield from ((layer, 0) for layer in ends if layer is not None)
        yield from self.vertical_stack.layers_by_grid()
        yield from self.horizontal_stack.layers_by_grid()

    def projections_by_grid(self):
        """The projections of the condition, as pairs (projection, grid)."""
        return [(projection, grid) for grid, projection in enumerate(self.projections)]

    def places(self, grid):
        """The places of the blocks on one grid. Both stacks have the same places."""
        return [place for place in self.vertical_stack.blocks() if place[1] == grid]

    def conditions(self, condition):
        """What the condition contributes to the blocks, by place: a dictionary for each of the two stacks."""
        condition = dict(self.read_map(condition))
        spatial = condition.pop("spatial", None)
        if spatial is not None:
            spatial = ops.cast(spatial, self.compute_dtype)  # before pooling, so that all callers get the same
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
        """What a row takes from the rows above, (B, H, W, N), before its first pixel: (B, h, w, F) by place, on the
        place's grid of h x w cells.
        """
        x = self.first_above(above, traversal=traversal)
        _, features = self.vertical_stack(x, conditions=conditions, traversal=traversal, training=training)
        blocks = self.horizontal_stack.blocks()
        from_above = {place: blocks[place].from_vertical(x, training) for place, x in features.items()}
        from_above[FIRST] = self.first_up(above, traversal=traversal)
        return from_above

    def horizontal(self, left, from_above, conditions, traversal=WHOLE_IMAGE, training=None, **current):
        """Compute the parameters (B, H, W, P), from the pixels to the left, (B, H, W, N), and the result of
        `vertical`; a network with channel groups also reads the current pixels, see `Network.current`.
        """
        return self.parameters_by_group(left, from_above, conditions, traversal, training)(**current)

    def parameters_by_group(self, left, from_above, conditions, traversal, training=None):
        """See `Network.parameters_by_group`. No layer before the last ones reads the current pixel, so the layers
        before run once for all groups.
        """
        x = traversal.select(from_above[FIRST])
        if self.first_left is not None:
            x = x + self.first_left(left, traversal=traversal)
        x, _ = self.horizontal_stack(
            x, vertical=from_above, conditions=conditions, traversal=traversal, training=training
        )
        return partial(self.last, ops.elu(x))


@keras.saving.register_keras_serializable(package="pixelcnn")
class PixelCNNPlusPlus(PixelDistribution):
    """A conditional PixelCNN++ distribution of images [1], a Keras model with a likelihood.

    `p(x | h) = prod_i p(x_i | x_<i, h)` over pixels in raster order. The distribution of a pixel is a mixture of
    discretised logistics, in which the location of a colour channel depends linearly on the channels before; or with
    `head` a softmax or a Bernoulli distribution for each channel, whose parameters the last layers compute from the
    channels before. Argument names and defaults are those of `tfp.distributions.PixelCNN` [3].

    Args:
        image_shape: (H, W, C), any sizes.
        conditional_shape: Shape of a condition vector, which the model flattens; `()` for one number; or None.
        num_resnet: Number of blocks of each hierarchy.
        num_hierarchies: Number of grids; each has half as many rows and columns as the grid before.
        num_filters: Filters F of every layer.
        num_logistic_mix: Number of components M of a mixture of logistics.
        receptive_field_dims: (rows, columns) of a convolution's window, the current row included; columns must be odd.
        dropout_p: Dropout probability.
        resnet_activation: `concat_elu`, `elu` or `relu`.
        use_weight_norm: Whether kernels are weight-normalised.
        use_data_init: Whether `fit` sets gains and biases from its first batch.
        high: Largest level of a pixel.
        low: Smallest level of a pixel.
        num_classes: Number of classes K, or None. The condition is then a label 0 … K-1. For classes this is better
            than a condition vector.
        class_names: Names of the classes, which users may pass in place of labels; or None.
        spatial_condition_shape: Shape (H, W, N) of a map that is a condition for each pixel, or None.
        condition_dropout: Probability that an image loses its condition in training. Above 0 the model also learns the
            distribution without a condition (`conditional_input=None`), which `guidance` needs.
        orders: 1 for raster order alone; 4 for one model of four orders of the pixels, the flips of raster order; 8 for
            these and their transpositions, for square images. In training each image of a batch gets a random order.
            See `pixelcnn.orders`.
        variant: `tfp` takes the details in which [3] differs from [1], `openai` those of the code of the authors of
            [1]: the network reads a channel of ones beside the image, a scale is exp(max(x, -7)), and a coefficient
            is tanh(x). `openai` goes with a mixture of logistics only.
        head: `bernoulli`, `categorical` or `logistic_mixture`. None chooses `logistic_mixture`; with
            `levels="categorical"` `bernoulli` for 2 levels and `categorical` for more.
        levels: `ordinal`: levels are numbers, such as brightness. `categorical`: levels are names, such as the codes of
            a VQ-VAE; the network reads `embedding_dim` learned features of each level, and the head is `categorical`,
            or `bernoulli` for 2 levels.
        embedding_dim: Number of learned features of each level or code that is a name.
        spatial_condition_levels: Number K of codes of a map that holds codes 0 … K-1 and no numbers, or None.
        dtype: A Keras dtype, or a dtype policy or its name; None takes Keras' default.
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
    _head_of_numbers = "logistic_mixture"

    def __init__(
        self,
        image_shape: Sequence[int],
        conditional_shape: Sequence[int] | None = None,
        num_resnet: int = 5,
        num_hierarchies: int = 3,
        num_filters: int = 160,
        num_logistic_mix: int = 10,
        receptive_field_dims: Sequence[int] = (3, 3),
        dropout_p: float = 0.5,
        resnet_activation: str = "concat_elu",
        use_weight_norm: bool = True,
        use_data_init: bool = True,
        high: int = 255,
        low: int = 0,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        spatial_condition_shape: Sequence[int] | None = None,
        condition_dropout: float = 0.0,
        orders: int = 1,
        variant: str = "tfp",
        head: str | None = None,
        levels: str = "ordinal",
        embedding_dim: int = 16,
        spatial_condition_levels: int | None = None,
        dtype: Any = None,
        name: str = "pixel_cnn_plus_plus",
    ) -> None:
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
            f"receptive_field_dims={(rows, columns)} does not fit: expected at least {smallest[0]} rows and an odd "
            f"number of at least {smallest[1]} columns with num_hierarchies={num_hierarchies}."
        )
    return rows, columns
