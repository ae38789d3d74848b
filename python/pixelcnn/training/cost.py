"""What a PixelCNN++ costs, by counting its layers: parameters, operations and memory, without building it."""

import dataclasses
import math

from pixelcnn.training.dtype import best_seconds

ROWS, COLUMNS = 3, 3  # receptive_field_dims of all presets
# Values that training keeps of each block's place, in units of F: activations of 2 F, the convolutions' results, the
# dropout's and the gate's, and padded copies. The process of the small preset grew by 12.5 MB an image from batch 8 to
# 128 under TensorFlow on a processor; 16 gives 12.4.
KEPT_PER_BLOCK = 16
# Of the rate of one large matrix product, the share that a whole training step reached on a processor: its convolutions
# are narrow, and activations and optimizer take time and count as no operation.
EFFICIENCY = 0.5


@dataclasses.dataclass(frozen=True)
class Cost:
    """Counted cost of a model.

    Args:
        parameters: trainable numbers.
        multiply_adds: multiplications with an addition to evaluate one image, forward.
        kept_values: numbers that the backward pass needs of one image.
    """

    parameters: int
    multiply_adds: int
    kept_values: int

    def training_bytes(self, batch_size, bytes_per_value=4):
        """Return the estimated memory of training in bytes: variables, and what the backward pass needs.

        Weights, gradients, Adam's two moments and the average are five float32 numbers a parameter.

        Args:
            batch_size: images a step.
            bytes_per_value: 4 in float32, 2 in mixed_bfloat16.

        Example:
            >>> Cost(parameters=10, multiply_adds=0, kept_values=100).training_bytes(batch_size=2)
            1000
        """
        return 20 * self.parameters + batch_size * bytes_per_value * self.kept_values

    def training_seconds(self, images, multiply_adds_per_second):
        """Return the estimated seconds of a pass over so many images.

        The backward pass costs two forward passes, one for the inputs and one for the weights.

        Args:
            images: how many.
            multiply_adds_per_second: rate of a large matrix product, see `matrix_rate`.
        """
        return 3 * images * self.multiply_adds / (EFFICIENCY * multiply_adds_per_second)


def pixel_cnn_plus_plus_cost(
    image_shape, num_classes=None, num_resnet=5, num_hierarchies=3, num_filters=160, num_logistic_mix=10, **_
):
    """Return the `Cost` of a PixelCNN++ with weight normalisation and concat_elu.

    Args:
        image_shape: (H, W, C).
        num_classes: K, or None.
        num_resnet, num_hierarchies, num_filters, num_logistic_mix: as in `pixelcnn.PixelCNNPlusPlus`.

    Example:
        >>> pixel_cnn_plus_plus_cost((28, 28, 1), 20, 1, 3, 32, 5).parameters > 100_000
        True
    """
    height, width, channels = image_shape
    places = [_places(height, width, level, num_hierarchies) for level in range(num_hierarchies)]
    layers = []
    for horizontal in (False, True):
        layers += _stack(horizontal, num_resnet, num_filters, num_classes, places)
    layers += [
        _linear((ROWS - 1) * COLUMNS * channels, num_filters, places[0]),
        _linear(COLUMNS * channels, num_filters, places[0]),
        _linear(2 * (COLUMNS // 2) * channels, num_filters, places[0]),
        _linear(num_filters, num_logistic_mix * (1 + 2 * channels + channels * (channels - 1) // 2), places[0]),
    ]
    return Cost(*(sum(column) for column in zip(*layers, strict=True)))


def _places(height, width, level, num_hierarchies):
    """Cells of a grid; the image is padded to a multiple of the coarsest grid's cell."""
    cell = 2 ** (num_hierarchies - 1)
    return math.ceil(height / cell) * math.ceil(width / cell) * (cell >> level) ** 2


def _linear(inputs, outputs, places):
    """(parameters, multiply-adds, kept values) of a weight-normalised linear layer; gain and bias for each output."""
    return inputs * outputs + 2 * outputs, inputs * outputs * places, 0


def _stack(horizontal, num_resnet, filters, num_classes, places):
    """The layers of one of the two stacks."""
    area = 2 * (COLUMNS // 2 + 1) if horizontal else (ROWS - 1) * COLUMNS
    layers = []
    for level, cells in enumerate(places):
        innermost = level == len(places) - 1
        for _ in range(num_resnet):
            layers += _block(area, filters, int(horizontal), num_classes, cells)
        for _ in range(num_resnet + (not innermost)):
            layers += _block(area, filters, 1 + int(horizontal), num_classes, cells)
        if not innermost:
            layers.append(_linear(area * filters, filters, places[level + 1]))  # down
            # Up: computed on the coarse grid, four fine cells at once, with the window filled up to even sizes.
            parameters, _, kept = _linear(area * filters, filters, 0)
            window = 1 if horizontal else 2
            layers.append((parameters, window * 4 * filters * filters * places[level + 1], kept))
    return layers


def _block(area, filters, skips, num_classes, cells):
    """The layers of a gated residual block with so many skip connections."""
    layers = [_linear(area * 2 * filters, filters, cells), _linear(area * 2 * filters, 2 * filters, cells)]
    if skips:
        layers.append(_linear(skips * 2 * filters, filters, cells))
    layers.append(((num_classes or 0) * 2 * filters, 0, KEPT_PER_BLOCK * filters * cells))
    return layers


def matrix_rate(size=1024, repeats=6):
    """Return the measured multiply-adds per second of a matrix product in float32 on this machine; well under a second.

    Args:
        size: rows and columns of the matrices.
        repeats: how often it is timed; the best counts.
    """
    import keras
    import numpy as np

    matrix = keras.ops.convert_to_tensor(np.random.default_rng(0).standard_normal((size, size)).astype("float32"))

    def work():
        keras.ops.convert_to_numpy(keras.ops.matmul(matrix, matrix)[0, 0])

    work()
    return size**3 / best_seconds(work, repeats)
