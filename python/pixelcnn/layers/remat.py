"""Blocks of a network whose features are computed again for the gradients, and not kept (rematerialisation).

References:
    1. Chen, Xu, Zhang and Guestrin, Training Deep Nets with Sublinear Memory Cost, 2016,
       <https://arxiv.org/abs/1604.06174>.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras

from pixelcnn.layers.linear import parameters_of

_active: ContextVar[bool] = ContextVar("rematerialised", default=False)


@contextmanager
def rematerialised(active: bool) -> Iterator[None]:
    """A context in which `run_block` keeps the inputs of a block only, if `active` is True, in this thread.

    Example:
        >>> with rematerialised(True):
        ...     float(run_block(lambda x: x + 1, [], keras.ops.ones(())))
        2.0
    """
    token = _active.set(bool(active))
    try:
        yield
    finally:
        _active.reset(token)


def run_block(function: Callable[..., Any], layers: Sequence[Any], *tensors: Any) -> Any:
    """Return `function(*tensors)`, the features of a block.

    Args:
        function: A function of tensors. It may read other tensors, which need no gradient, and draws no random numbers,
            because a second computation would draw others.
        layers: The `Linear`s that the function calls.
        tensors: Tensors or None.
    """
    if not _active.get():
        return function(*tensors)
    structure = [[(layer.kernel, layer.bias) for layer in layers], list(tensors)]
    leaves = keras.tree.flatten(structure)
    there = [leaf is not None for leaf in leaves]

    def run(*present):  # of tensors alone, because `keras.remat` takes gradients of all arguments
        present = iter(present)
        parameters, tensors = keras.tree.pack_sequence_as(
            structure, [next(present) if exists else None for exists in there]
        )
        with parameters_of(layers, parameters):
            return function(*tensors)

    return keras.remat(run)(*[leaf for leaf in leaves if leaf is not None])
