"""The parameters, operations and memory of a PixelCNN++, counted from the shapes of its layers before it is built."""

import dataclasses
import math

import keras
import numpy as np

from pixelcnn.condition import Condition
from pixelcnn.heads.choice import choose_head, choose_name
from pixelcnn.layers.levels import readings
from pixelcnn.networks.pixel_cnn_plus_plus import PixelCNNPlusPlusNetwork
from pixelcnn.padding import PaddedGrid
from pixelcnn.training.dtype import best_seconds

# Number of values, in units of F, that a training step keeps for each cell of a block: activations of 2 F, the results
# of convolutions, dropout and gate, and padded copies. With TensorFlow on a processor, the process of the small preset
# grew by 12.5 MB per image from batch size 8 to 128; the factor 16 gives 12.4 MB.
KEPT_PER_BLOCK = 16
# Multiply-adds per second of a training step, as a share of those of one large matrix product. Measured on a processor;
# the share is low because the convolutions are narrow, and activations and optimizer take time without multiply-adds.
EFFICIENCY = 0.5


@dataclasses.dataclass(frozen=True)
class Cost:
    """The counted cost of a model.

    Args:
        parameters: Number of trainable parameters.
        multiply_adds: Number of multiplications, each with an addition, in a forward pass of one image.
        kept_values: Number of values that a forward pass of one image keeps for the backward pass.
    """

    parameters: int
    multiply_adds: int
    kept_values: int

    def training_bytes(self, batch_size, bytes_per_value=4):
        """Return the estimated memory of training in bytes: variables, and values that are kept for the backward pass.

        Each parameter takes five float32 numbers: weight, gradient, Adam's two moments and the average.

        Args:
            batch_size: Number of images of a step.
            bytes_per_value: 4 in float32, 2 in mixed_bfloat16.

        Example:
            >>> Cost(parameters=10, multiply_adds=0, kept_values=100).training_bytes(batch_size=2)
            1000
        """
        return 20 * self.parameters + batch_size * bytes_per_value * self.kept_values

    def training_seconds(self, images, multiply_adds_per_second):
        """Return the estimated seconds of training on a number of images.

        A backward pass costs two forward passes: one for the gradients of the inputs, one for those of the weights.

        Args:
            images: Number of images.
            multiply_adds_per_second: Rate of a large matrix product, as `matrix_rate` measures it.
        """
        return 3 * images * self.multiply_adds / (EFFICIENCY * multiply_adds_per_second)


def pixel_cnn_plus_plus_cost(
    image_shape, num_classes=None, num_resnet=5, num_hierarchies=3, num_filters=160, num_logistic_mix=10,
    high=255, low=0, head=None, levels="ordinal", embedding_dim=16, orders=1, **_,
):  # fmt: skip
    """Return the `Cost` of a PixelCNN++ with weight normalisation and concat_elu.

    Args:
        image_shape: (H, W, C).
        num_classes: K, or None without classes.
        num_resnet, num_hierarchies, num_filters, num_logistic_mix, high, low, head, levels, embedding_dim, orders: As
            in `pixelcnn.PixelCNNPlusPlus`.

    Example:
        >>> pixel_cnn_plus_plus_cost((28, 28, 1), 20, 1, 3, 32, 5).parameters > 100_000
        True
    """
    names, condition = levels == "categorical", Condition(image_shape, None, num_classes, None, None)
    head = choose_name(head, low, high, None if names else "logistic_mixture", names)
    head = choose_head(head, image_shape[-1], num_logistic_mix, low, high, are_names=names)
    arguments = {"levels": levels, "embedding_dim": embedding_dim}
    reading, _ = readings(head, condition, arguments, keras.DTypePolicy("float32"))
    network = PixelCNNPlusPlusNetwork(
        head, reading, num_resnet, num_hierarchies, num_filters, (3, 3),
        {"activation": "concat_elu", "dropout_p": 0.0}, use_weight_norm=True, dtype="float32",
    )  # fmt: skip
    padded = PaddedGrid(image_shape, network.granularity, network.margin)
    cells = [(padded.height >> grid) * (padded.width >> grid) for grid in range(num_hierarchies)]
    layers = list(network.layers_by_grid())
    embedded = (num_classes or 0) + (orders if orders > 1 else 0)
    blocks = [2 * len(network.places(grid)) for grid in range(num_hierarchies)]  # of the two stacks
    return Cost(
        # A layer has a kernel, and a gain and a bias for each filter. A block has 2 F parameters for each class, and
        # for each of several orders.
        parameters=sum(math.prod(layer.kernel_shape) + 2 * layer.filters for layer, _ in layers)
        + sum(blocks) * 2 * num_filters * embedded
        + sum(embedding.num_weights for embedding in network.embeddings()),
        multiply_adds=sum(layer.multiply_adds() * cells[grid] for layer, grid in layers),
        kept_values=sum(KEPT_PER_BLOCK * num_filters * count * size for count, size in zip(blocks, cells, strict=True)),
    )


def matrix_rate(size=1024, repeats=6):
    """Measure the multiply-adds per second of a matrix product in float32 on this machine, in less than a second.

    Args:
        size: Number of rows and of columns of the matrices.
        repeats: Number of measurements; the fastest counts.
    """
    matrix = keras.ops.convert_to_tensor(np.random.default_rng(0).standard_normal((size, size)).astype("float32"))

    def work():
        keras.ops.convert_to_numpy(keras.ops.matmul(matrix, matrix)[0, 0])

    work()
    return size**3 / best_seconds(work, repeats)
