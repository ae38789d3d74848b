"""The parameters, operations and memory of a training, counted from the shapes of a network's layers."""

import dataclasses
import math
from typing import Any

import keras
import numpy as np

from pixelcnn.backend import recomputes
from pixelcnn.condition import Condition
from pixelcnn.heads.choice import choose_head, choose_name
from pixelcnn.heads.logistic_mixture import LogisticMixture
from pixelcnn.layers.levels import readings
from pixelcnn.networks.network import Network
from pixelcnn.networks.pixel_cnn_plus_plus import PixelCNNPlusPlusNetwork
from pixelcnn.padding import PaddedGrid
from pixelcnn.training.dtype import best_seconds
from pixelcnn.training.inputs import INITIALIZATION_BATCH
from pixelcnn.training.memory_shares import BLOCKS, DROPPED, memory_of_backend

# Multiply-adds per second of a training step, as a share of those of one large matrix product. Measured on a processor;
# the share is low because the convolutions are narrow, and activations and optimizer take time without multiply-adds.
EFFICIENCY = 0.5


@dataclasses.dataclass(frozen=True)
class Cost:
    """The counted cost of a model.

    Args:
        parameters: Number of trainable parameters.
        multiply_adds: Number of multiplications, each with an addition, in a forward pass of one image.
        features: Number of values that all layers read and write in a forward pass of one image, without the
            parameters of the pixels.
        recomputed: Share of the features whose activations are computed again for the gradients (`recomputes`).
        widest: Number of values that the widest layer reads and writes.
        head_work: Number of values that the head computes of one image.
        layers: Number of layers that have a kernel.
        kind: The kind of network, a key of `BackendMemory.networks`.
        initializes: Whether a training begins with a pass of `INITIALIZATION_BATCH` images.
    """

    parameters: int
    multiply_adds: int
    features: int
    recomputed: float
    widest: int
    head_work: float
    layers: int
    kind: str
    initializes: bool

    @property
    def kept_values(self) -> float:
        """The number of values that the forward pass of one image keeps for the backward pass, without dropout."""
        return self._shares().kept * self.features

    def _shares(self):
        """The shares of the network, whose layers are recomputed in part."""
        networks = memory_of_backend().networks
        again = networks.get(f"{self.kind} recomputed", networks[self.kind])
        return networks[self.kind].mixed_with(again, self.recomputed)

    def training_bytes(
        self, batch_size: int, dtype: str = "float32", dropout: bool = False, averages: bool = False, sums: bool = False
    ) -> int:
        """Return the estimated memory of training in bytes: what the process takes at its peak beyond what it had
        before the model was built.

        Args:
            batch_size: Number of images of a step.
            dtype: "float32" or "mixed_bfloat16".
            dropout: Whether the network has dropout.
            averages: Whether averages of the weights are kept.
            sums: Whether gradients of several steps are averaged.
        """
        backend, shares = memory_of_backend(), self._shares()
        bytes_of_value = backend.half_bytes if "16" in dtype else 4
        kept = bytes_of_value * self.kept_values + dropout * DROPPED[self.kind] * self.features
        # The head works before the first layer of the backward pass, so they do not need memory at once.
        work = max(bytes_of_value * shares.work * self.widest, 4 * self.head_work)
        forward = bytes_of_value * (BLOCKS * self.features + backend.forward * self.widest)
        first = self.initializes * INITIALIZATION_BATCH * forward
        variables = 4 * (4 + averages + sums) * self.parameters  # weight, gradient and Adam's two moments
        graph = backend.base + shares.graph * self.layers
        return round(variables + graph + max(first, batch_size * (kept + work)))

    def training_seconds(self, images, multiply_adds_per_second):
        """Return the estimated seconds of training on a number of images.

        A backward pass costs two forward passes: one for the gradients of the inputs, one for those of the weights.

        Args:
            images: Number of images.
            multiply_adds_per_second: Rate of a large matrix product, as `matrix_rate` measures it.
        """
        return 3 * images * self.multiply_adds / (EFFICIENCY * multiply_adds_per_second)


def model_cost(model: Any) -> Cost:
    """Return the `Cost` of a distribution.

    Args:
        model: A distribution.

    Example:
        >>> import pixelcnn
        >>> model_cost(pixelcnn.PixelCNN((28, 28, 1), num_blocks=1, num_filters=8)).multiply_adds
        1969408
    """
    parameters = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    return _counted(model.network, model.head, model.image_shape, parameters, model.initializes_from_data)


def pixel_cnn_plus_plus_cost(
    image_shape, num_classes=None, num_resnet=5, num_hierarchies=3, num_filters=160, num_logistic_mix=10,
    high=255, low=0, head=None, levels="ordinal", embedding_dim=16, orders=1, **_,
):  # fmt: skip
    """Return the `Cost` of a PixelCNN++ with weight normalisation and concat_elu, which is not built.

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
    embedded = (num_classes or 0) + (orders if orders > 1 else 0)
    blocks = sum(2 * len(network.places(grid)) for grid in range(num_hierarchies))  # of the two stacks
    # A layer has a kernel, and a gain and a bias for each filter. A block has 2 F parameters for each class, and for
    # each of several orders.
    parameters = sum(math.prod(layer.kernel_shape) + 2 * layer.filters for layer, _ in network.layers_by_grid())
    parameters += blocks * 2 * num_filters * embedded
    parameters += sum(embedding.num_weights for embedding in network.embeddings())
    return _counted(network, head, image_shape, parameters, initializes=True)


def _counted(network: Network, head: Any, image_shape: tuple[int, ...], parameters: int, initializes: bool) -> Cost:
    """The `Cost` of a network, which need not have weights."""
    padded, backend = PaddedGrid(image_shape, network.granularity, network.margin), memory_of_backend()
    layers = [(layer, (padded.height >> grid) * (padded.width >> grid)) for layer, grid in network.layers_by_grid()]
    widths = [layer.scale**2 * layer.filters for layer, _ in layers]
    # The last layers compute in full precision; their outputs belong to the head.
    features = [
        (layer.inputs() + width * (not layer.in_full_precision)) * cells
        for width, (layer, cells) in zip(widths, layers, strict=True)
    ]
    again = sum(count for count, width in zip(features, widths, strict=True) if recomputes(width))
    work = backend.mixture if isinstance(head, LogisticMixture) else backend.other_heads
    return Cost(
        parameters=parameters,
        multiply_adds=sum(layer.multiply_adds() * cells for layer, cells in layers),
        features=sum(features),
        recomputed=again / sum(features),
        widest=max(features),
        head_work=work * math.prod(image_shape[:2]) * head.num_parameters,
        layers=len(layers),
        kind=_kind(network),
        initializes=initializes,
    )


def _kind(network):
    """The key of `BackendMemory.networks` for a network."""
    name = type(network).__name__.removesuffix("Network")
    return f"{name} {network.cell}" if name == "PixelRNN" else name


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
