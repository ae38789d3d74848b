"""A limit on the number of weights of a network that is built from a file's configuration."""

import math
from contextlib import contextmanager
from contextvars import ContextVar

# A smaller layer counts as this many weights, because building it takes time. In a file it takes more room than this.
LEAST = 64

_left = ContextVar("weights_left", default=math.inf)


@contextmanager
def at_most(count):
    """A context in which the layers that are built may have so many weights together.

    Each layer asks before it makes its weights, so a network that is too large costs neither memory nor time.

    Args:
        count: Number of weights.

    Raises:
        ValueError: If a layer would exceed the limit.

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
    """Count the weights of a tensor of this shape against the limit, before the tensor is made."""
    left = _left.get() - max(math.prod(shape), LEAST)
    if left < 0:
        raise _TooMany
    _left.set(left)
