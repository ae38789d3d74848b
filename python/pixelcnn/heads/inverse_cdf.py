"""Drawing a level by inverting its distribution function."""

from keras import ops

BLOCK = 16


def smallest_level(probs, uniform):
    """Index of the smallest level whose CDF is at least the uniform: probs (…, L) and uniforms (…) -> (…), as floats.

    The search goes through blocks of 16 levels, then through the levels of one block. No sum has many terms, so
    float32 is precise enough for 65,536 levels. The uniform is multiplied by the sum of all probabilities, because the
    sum of a softmax over so many levels differs from 1 by up to 1e-4.

    Example:
        >>> import numpy as np
        >>> probs = np.array([[0.2, 0.3, 0.5]] * 3, "float32")
        >>> [int(level) for level in smallest_level(probs, np.array([0.1, 0.4, 0.9], "float32"))]
        [0, 1, 2]
    """
    probs = ops.convert_to_tensor(probs)
    index, _ = _search(probs, ops.convert_to_tensor(uniform))
    return ops.minimum(index, float(probs.shape[-1] - 1))


def _search(weights, uniform):
    """Index of the level, and the part of the level's weight that the uniform covers."""
    levels = weights.shape[-1]
    if levels <= BLOCK:
        return _search_block(weights, uniform * ops.sum(weights, axis=-1))
    fill = [(0, 0)] * (len(weights.shape) - 1) + [(0, -levels % BLOCK)]
    blocks = ops.reshape(ops.pad(weights, fill), (*ops.shape(weights)[:-1], -(-levels // BLOCK), BLOCK))
    block, reach = _search(ops.sum(blocks, axis=-1), uniform)
    chosen = ops.take_along_axis(blocks, ops.cast(block, "int32")[..., None, None], axis=-2)[..., 0, :]
    index, reach = _search_block(chosen, reach)
    return BLOCK * block + index, reach


def _search_block(weights, reach):
    first = weights[..., :-1]  # if the sum of these is too small, the last level is the result
    below = ops.cast(ops.cumsum(first, axis=-1) < reach[..., None], weights.dtype)
    return ops.sum(below, axis=-1), reach - ops.sum(below * first, axis=-1)
