"""A bound on the weights of a network, for a model that is built from a file's configuration."""

import math
from contextlib import contextmanager
from contextvars import ContextVar

# What a layer counts for at least: it takes time to build and, in a file, room for more numbers than this.
LEAST = 64

_left = ContextVar("weights_left", default=math.inf)


@contextmanager
def at_most(count):
    """Within this context a network may have so many weights.

    Layers ask before they are made, so neither memory nor time goes into a network that is too large.

    Args:
        count: Number of weights.

    Raises:
        ValueError: Inside, when a layer would exceed it.

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
    """Count the weights of a tensor of this shape, before it is made."""
    left = _left.get() - max(math.prod(shape), LEAST)
    if left < 0:
        raise _TooMany
    _left.set(left)
