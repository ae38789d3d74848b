"""A limit on the number of weights of a network that is built from a file's configuration."""

import math
from contextlib import contextmanager
from contextvars import ContextVar

# The smallest number of weights that a tensor counts as, because building any layer takes time. No honest file exceeds
# the limit for this reason, because every tensor of a file takes more room than 64 weights.
LEAST = 64

_left = ContextVar("weights_left", default=math.inf)


@contextmanager
def at_most(count):
    """Limit the number of weights of all layers that are built within this context.

    Each layer calls `take` before it makes its weights. A network that is too large therefore costs neither memory nor
    time.

    Args:
        count: Largest number of weights.

    Raises:
        ValueError: If the layers would have more weights.

    Example:
        >>> import pixelcnn
        >>> with at_most(1000):
        ...     dist = pixelcnn.PixelCNN((4, 4, 1), num_blocks=100_000, num_filters=8)
        Traceback (most recent call last):
        ...
        ValueError: the network would have more than 1,000 weights.
    """
    token = _left.set(count)
    try:
        yield
    except _TooMany:
        raise ValueError(f"the network would have more than {count:,} weights.") from None
    finally:
        _left.reset(token)


class _TooMany(Exception):
    pass


def take(*shape):
    """Count the weights of a tensor of this shape against the limit. Call it before the tensor is made."""
    left = _left.get() - max(math.prod(shape), LEAST)
    if left < 0:
        raise _TooMany
    _left.set(left)
