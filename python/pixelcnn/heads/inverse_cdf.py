"""Drawing a level by inverting its distribution function."""

from keras import ops

BLOCK = 16


def smallest_level(probs, uniform):
    """Index of the smallest level whose CDF is at least the uniform: probs (…, L) and uniforms (…) -> (…), as floats.

    The level is looked for among blocks of 16 levels, then within its block. So no sum has many terms, and 65,536
    levels are told apart as well as float32 can.

    Example:
        >>> import numpy as np
        >>> probs = np.array([[0.2, 0.3, 0.5]] * 3, "float32")
        >>> [int(level) for level in smallest_level(probs, np.array([0.1, 0.4, 0.9], "float32"))]
        [0, 1, 2]
    """
    probs = ops.convert_to_tensor(probs)
    index, _ = _search(probs, ops.convert_to_tensor(uniform))
    return ops.minimum(index, float(probs.shape[-1] - 1))


def _search(probs, uniform):
    """The index, and the probability of all levels before it."""
    levels = probs.shape[-1]
    if levels <= BLOCK:
        return _search_block(probs, uniform)
    fill = [(0, 0)] * (len(probs.shape) - 1) + [(0, -levels % BLOCK)]
    blocks = ops.reshape(ops.pad(probs, fill), (*ops.shape(probs)[:-1], -(-levels // BLOCK), BLOCK))
    block, before = _search(ops.sum(blocks, axis=-1), uniform)
    chosen = ops.take_along_axis(blocks, ops.cast(block, "int32")[..., None, None], axis=-2)[..., 0, :]
    index, within = _search_block(chosen, uniform - before)
    return BLOCK * block + index, before + within


def _search_block(probs, uniform):
    first = probs[..., :-1]  # where none of these reaches the uniform, the last level does
    below = ops.cast(ops.cumsum(first, axis=-1) < uniform[..., None], probs.dtype)
    return ops.sum(below, axis=-1), ops.sum(below * first, axis=-1)
