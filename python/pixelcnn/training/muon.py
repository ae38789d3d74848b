"""Muon, an optimizer whose step for a kernel is an orthogonal matrix.

References:
    1. Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024,
       <https://kellerjordan.github.io/posts/muon/>.
    2. Liu et al., Muon is scalable for LLM training, 2025, <https://arxiv.org/abs/2502.16982>, equation 4.
"""

from typing import Any

import keras
from keras import ops

MOMENTUM = 0.95
ITERATIONS = 5
QUINTIC = 3.4445, -4.7750, 2.0315  # coefficients of the iteration in [1]
ADAM_SIZE = 0.2  # root mean square of Adam's usual step, in learning rates [2]


@keras.saving.register_keras_serializable(package="pixelcnn")
class Muon(keras.optimizers.Adam):
    """Muon for the kernels of a distribution, and Adam for its other variables.

    The momentum of each kernel, as a matrix of F columns, is replaced by a nearly orthogonal matrix with the same
    singular vectors [1], of the size of Adam's usual step [2]. The kernels of the first and the last layers, 1x1
    kernels, biases, gains and embeddings take Adam's step. `compile(optimizer="muon")` means this class, because
    `keras.optimizers.Muon` leaves all variables that are not matrices to AdamW, and a distribution stores kernels of
    one shape in one variable.

    Args:
        learning_rate: Learning rate of the kernels, a number or a schedule.
        adam_ratio: Learning rate of the other variables, as a share of that of the kernels.
        **kwargs: As in `keras.optimizers.Adam`.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelCNNPlusPlus((8, 8, 1), num_filters=4, num_resnet=1, num_hierarchies=1)
        >>> dist.compile(pixelcnn.training.Muon(learning_rate=6e-3))
    """

    def __init__(self, learning_rate: Any = 6e-3, adam_ratio: float = 0.5, **kwargs: Any):
        super().__init__(learning_rate, **kwargs)
        self.adam_ratio = adam_ratio

    def build(self, variables: Any) -> None:
        """Make momenta, and note which variables hold kernels, because TensorFlow's steps see other names."""
        super().build(variables)
        self._kernels = {self._get_variable_index(variable) for variable in variables if _holds_kernels(variable)}

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable."""
        index = self._get_variable_index(variable)
        if index not in self._kernels:
            super().update_step(gradient, variable, learning_rate * self.adam_ratio)
            return
        momentum = self._momentums[index]
        self.assign(momentum, MOMENTUM * momentum + gradient)
        step = _orthogonal(gradient + MOMENTUM * momentum)
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * step)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "adam_ratio": self.adam_ratio}


def _holds_kernels(variable):
    """Whether a variable holds several kernels of windows, (N, rows, columns, features, F)."""
    return variable.name in ("direction", "kernel") and len(variable.shape) == 5 and variable.shape[0] > 1


def _orthogonal(kernels):
    """Return for each of the kernels (N, …, F) the nearest orthogonal matrix, roughly, of the size of Adam's step."""
    count, filters = kernels.shape[0], kernels.shape[-1]
    matrices = ops.reshape(kernels, (count, -1, filters))
    rows, wide = matrices.shape[1], matrices.shape[1] < filters
    x = matrices if wide else ops.swapaxes(matrices, 1, 2)
    x = x / (ops.sqrt(ops.sum(ops.square(x), axis=(1, 2), keepdims=True)) + 1e-7)
    a, b, c = QUINTIC
    for _ in range(ITERATIONS):
        square = x @ ops.swapaxes(x, 1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    x = x if wide else ops.swapaxes(x, 1, 2)
    return ops.reshape(x * (ADAM_SIZE * max(rows, filters) ** 0.5), kernels.shape)
