"""What is done to features on their way into a linear layer: a nonlinearity, and dropout before it."""

import dataclasses
from collections.abc import Callable
from typing import Any

from keras import ops


def unchanged(x):
    """Nothing is done."""
    return x


def both_signs(x):
    """x and -x, side by side: (…, F) -> (…, 2 F)."""
    return ops.concatenate([x, -x], axis=-1)


@dataclasses.dataclass(frozen=True)
class Activation:
    """Features after a nonlinearity, (…, F) -> (…, F) or (…, 2 F); zeros stay zeros.

    Since they do, dropout may come before the nonlinearity: there it leaves nothing behind that the gradients need.
    What it scales kept features by is left for the linear layer's kernel, which is smaller and gives the same.

    Args:
        spread: Before the nonlinearity.
        nonlinearity: Acts on each feature.
        keep: Which features behind `spread` dropout keeps; None keeps all.
        scale: What the linear layer's kernel is to be scaled by.
    """

    spread: Callable = unchanged
    nonlinearity: Callable = unchanged
    keep: Any = None
    scale: float = 1.0

    def __call__(self, x):
        """(…, F) -> (…, F) or (…, 2 F)."""
        x = self.spread(x)
        return self.nonlinearity(x if self.keep is None else ops.where(self.keep, x, 0.0))

    @property
    def does_nothing(self):
        """Whether features stay as they are."""
        return self.spread is unchanged and self.nonlinearity is unchanged and self.keep is None

    def width(self, filters):
        """Number of features behind it."""
        return 2 * filters if self.spread is both_signs else filters

    def with_dropout(self, dropout, shape, training):
        """The same behind dropout of features of this shape (…, F)."""
        *places, filters = shape
        keep = dropout.keep((*places, self.width(filters)), training)
        return self if keep is None else dataclasses.replace(self, keep=keep, scale=dropout.scale)

    def padded(self, pad):
        """The same for features that are padded before, by a function that pads with zeros."""
        return self if self.keep is None else dataclasses.replace(self, keep=pad(self.keep))


NONE = Activation()
ACTIVATIONS = {
    "concat_elu": Activation(both_signs, ops.elu),  # Salimans et al. (2017), section 3
    "elu": Activation(nonlinearity=ops.elu),
    "relu": Activation(nonlinearity=ops.relu),
}
