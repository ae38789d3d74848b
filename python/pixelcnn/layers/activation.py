"""What is done to features on their way into a linear layer: a nonlinearity, and dropout behind it."""

import dataclasses
from collections.abc import Callable
from typing import Any

from keras import ops

from pixelcnn.backend import fuses


def unchanged(x):
    """Nothing is done."""
    return x


def concat_elu(x):
    """elu of x and of -x: (…, F) -> (…, 2 F)."""
    if fuses():
        return ops.elu(ops.concatenate([x, -x], axis=-1))  # fewer kernels, sooner compiled
    return ops.concatenate([ops.elu(x), ops.elu(-x)], axis=-1)  # whose gradients are half as large


@dataclasses.dataclass(frozen=True)
class Activation:
    """Features after a nonlinearity and dropout, (…, F) -> (…, F) or (…, 2 F); zeros stay zeros.

    What dropout scales kept features by is left for the linear layer's kernel, which is smaller and gives the same.

    Args:
        nonlinearity: From features to as many or to twice as many.
        keep: Which features behind it dropout keeps; None keeps all.
        scale: What the linear layer's kernel is to be scaled by.
    """

    nonlinearity: Callable = unchanged
    keep: Any = None
    scale: float = 1.0

    def __call__(self, x):
        """(…, F) -> (…, F) or (…, 2 F)."""
        x = self.nonlinearity(x)
        return x if self.keep is None else ops.where(self.keep, x, 0.0)

    @property
    def does_nothing(self):
        """Whether features stay as they are."""
        return self.nonlinearity is unchanged and self.keep is None

    def width(self, filters):
        """Number of features behind it."""
        return 2 * filters if self.nonlinearity is concat_elu else filters

    def with_dropout(self, dropout, shape, training):
        """The same behind dropout of features of this shape (…, F)."""
        *places, filters = shape
        keep = dropout.keep((*places, self.width(filters)), training)
        return self if keep is None else dataclasses.replace(self, keep=keep, scale=dropout.scale)


NONE = Activation()
ACTIVATIONS = {
    "concat_elu": Activation(concat_elu),  # Salimans et al. (2017), section 3
    "elu": Activation(ops.elu),
    "relu": Activation(ops.relu),
}
