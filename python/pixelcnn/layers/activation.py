"""A nonlinearity and dropout, applied to the features that a linear layer reads."""

import dataclasses
from collections.abc import Callable
from typing import Any

from keras import ops

from pixelcnn.backend import fuses


def unchanged(x):
    """Return x as it is."""
    return x


def concat_elu(x):
    """Concatenate elu(x) and elu(-x): (…, F) -> (…, 2 F)."""
    if fuses():  # both forms give the same values
        return ops.elu(ops.concatenate([x, -x], axis=-1))  # compiles faster, to fewer kernels
    return ops.concatenate([ops.elu(x), ops.elu(-x)], axis=-1)  # gradients pass through half as many numbers


@dataclasses.dataclass(frozen=True)
class Activation:
    """A nonlinearity followed by dropout: (…, F) -> (…, F) or (…, 2 F). Zeros stay zeros.

    Dropout does not scale the features here. The linear layer scales its kernel instead, because the kernel is smaller
    than the features and the result is the same.

    Args:
        nonlinearity: A function from (…, F) to (…, F) or (…, 2 F).
        keep: Booleans: which outputs of the nonlinearity dropout keeps. None keeps all.
        scale: The factor by which the linear layer scales its kernel.
    """

    nonlinearity: Callable = unchanged
    keep: Any = None
    scale: float = 1.0

    def __call__(self, x):
        """Apply the nonlinearity and dropout: (…, F) -> (…, F) or (…, 2 F)."""
        x = self.nonlinearity(x)
        return x if self.keep is None else ops.where(self.keep, x, 0.0)

    @property
    def does_nothing(self):
        """Whether the features stay as they are."""
        return self.nonlinearity is unchanged and self.keep is None

    def width(self, filters):
        """Number of features after the nonlinearity, for F features before it."""
        return 2 * filters if self.nonlinearity is concat_elu else filters

    def with_dropout(self, dropout, shape, training):
        """Copy the activation, with dropout for features of this shape (…, F)."""
        *places, filters = shape
        keep = dropout.keep((*places, self.width(filters)), training)
        return self if keep is None else dataclasses.replace(self, keep=keep, scale=dropout.scale)


NONE = Activation()
ACTIVATIONS = {
    "concat_elu": Activation(concat_elu),  # Salimans et al. (2017), section 3
    "elu": Activation(ops.elu),
    "relu": Activation(ops.relu),
}
