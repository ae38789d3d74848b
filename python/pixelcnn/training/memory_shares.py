"""How the training of a kind of network takes memory on a backend and a processor, fitted to measured peaks of
processes (docs/performance.md).

TensorFlow keeps what its gradients read, and frees each value after its last use. With more than `NARROW` filters a
convolution keeps its input before the activation. JAX has XLA plan one block of memory for a whole step: features of
both signs before and after the activation, and copies of them in the order in which the gradients of kernels read them.
XLA and the compiled code take as much as the features of a small network. Torch keeps the result of each operation
that autograd differentiates, also of activation and padding, and has no graph to compile.
"""

import dataclasses

import keras


@dataclasses.dataclass(frozen=True)
class Shares:
    """How a kind of network takes memory.

    Args:
        kept: Values that are kept for the backward pass, as a share of what all layers read and write.
        work: Values of the layer under way in the backward pass, as a multiple of what the widest layer reads and
            writes.
        graph: Bytes of the graph or the compiled code of a layer.
    """

    kept: float
    work: float = 0.0
    graph: float = 0.0

    def mixed_with(self, other: "Shares", share: float) -> "Shares":
        """The shares of a network of which this share of the features is as in `other`."""
        mine, others = dataclasses.astuple(self), dataclasses.astuple(other)
        return Shares(*((1 - share) * one + share * two for one, two in zip(mine, others, strict=True)))


@dataclasses.dataclass(frozen=True)
class BackendMemory:
    """How a backend takes memory.

    Args:
        networks: The `Shares` of each kind of network.
        mixture, other_heads: Values of a head's work, as a multiple of the parameters of the pixels.
        forward: Values of the layer under way in a pass without gradients, as a multiple of what the widest layer reads
            and writes.
        base: Bytes that the first step takes, whatever the network.
        half_bytes: Bytes of a value in half precision.
    """

    networks: dict[str, Shares]
    mixture: float
    other_heads: float
    forward: float
    base: float = 0.0
    half_bytes: float = 2.0


BLOCKS = 0.093  # results of blocks, which a pass without gradients holds, as a share of what all layers read and write
# Features behind dropout, as a share of what all layers read and write. A byte of each is kept.
DROPPED = {
    "GatedPixelCNN": 1 / 12,
    "PixelCNN": 1 / 8,
    "PixelCNNPlusPlus": 2 / 7,
    "PixelRNN diagonal": 1 / 16,
    "PixelRNN row": 1 / 16,
}
COMPILED = 8.2e6  # bytes of a layer that XLA compiles
BACKENDS = {
    "tensorflow": BackendMemory(
        {
            "GatedPixelCNN": Shares(0.77, 2.0, 3e6),
            "PixelCNN": Shares(0.6, 2.0, 3e6),
            "PixelCNNPlusPlus": Shares(1.57, 2.0, 3e6),
            "PixelCNNPlusPlus recomputed": Shares(0.674, 2.0, 1.93e6),
            "PixelRNN diagonal": Shares(1.08, 6.3, 5.2e6),
            "PixelRNN row": Shares(1.12, 2.4, 5.2e6),
        },
        mixture=13.0,
        other_heads=2.6,
        forward=3.5,
    ),
    "jax": BackendMemory(
        {
            "GatedPixelCNN": Shares(0.78, graph=COMPILED),
            "PixelCNN": Shares(0.93, graph=COMPILED),
            "PixelCNNPlusPlus": Shares(1.79, graph=10.3e6),
            "PixelRNN diagonal": Shares(1.09, graph=COMPILED),
            "PixelRNN row": Shares(0.93, graph=COMPILED),
        },
        mixture=5.3,
        other_heads=3.25,
        forward=1.0,
        base=240e6,
        half_bytes=2.8,
    ),
    "torch": BackendMemory(
        {
            "GatedPixelCNN": Shares(1.56),
            "PixelCNN": Shares(1.5),
            "PixelCNNPlusPlus": Shares(2.3),
            "PixelRNN diagonal": Shares(2.1),
            "PixelRNN row": Shares(1.0, 7.7),
        },
        mixture=5.3,
        other_heads=5.0,
        forward=4.0,
        base=10e6,
    ),
}


def memory_of_backend() -> BackendMemory:
    """Return the `BackendMemory` of the backend in use."""
    return BACKENDS[keras.backend.backend()]
