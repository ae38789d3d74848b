"""Likelihoods of images that stay in their files: some thousand images are read at a time."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.data.in_files import CHUNK, Rows
from pixelcnn.data.stored_rows import in_rows
from pixelcnn.progress import check_verbose, progress


def reads_files(method: Callable[..., Any]) -> Callable[..., Any]:
    """Have a likelihood take images in files too.

    Args:
        method: A method with the arguments of `log_prob`, which returns an array (n, …) for images (n, H, W, C).
    """

    @functools.wraps(method)
    def reading(
        self: Any, value: Any, conditional_input: Any = None, batch_size: int | None = None, order: int | str = 0,
        verbose: int | Callable[[int, int], object] = 0,
    ) -> Any:  # fmt: skip
        value = in_rows(value)
        if not isinstance(value, Rows):
            return method(self, value, conditional_input, batch_size, order, verbose)
        at_once = 1 if batch_size is None else require.positive_integer("batch_size", batch_size)
        step, condition = max(1, CHUNK // at_once) * at_once, _sliced(self, conditional_input, len(value))
        results = []
        with progress(check_verbose(verbose), len(value), "Likelihood") as advance:
            for first in range(0, max(1, len(value)), step):  # no images have an array of results too
                rows = slice(first, first + step)
                images = value[rows]
                results.append(method(self, images, condition(rows), batch_size, order))
                advance(len(images))
        return np.concatenate(results)

    return reading


def _sliced(dist: Any, condition: Any, count: int) -> Callable[[slice], Any]:
    """Return a function of a slice of the images that returns their conditions."""
    if not isinstance(condition, Rows) and dist.condition.check(condition)[1] in ((), (1,)):
        return lambda rows: condition
    parts = [_part(dist, key, part, count) for key, part in dist.condition.parts(condition).items()]
    return lambda rows: parts[0](rows) if len(parts) == 1 else tuple(part(rows) for part in parts)


def _part(dist: Any, key: str, part: Any, count: int) -> Callable[[slice], Any]:
    """Return a function of a slice of the images that returns a part of their conditions."""
    part = part if hasattr(part, "shape") else np.asarray(part)
    batch_shape = tuple(part.shape)[: len(part.shape) - len(dist.condition.event_as_given(key))]
    if batch_shape in ((), (1,)):
        return lambda rows: part
    if batch_shape != (count,):
        raise ValueError(
            f"conditional_input of shape {tuple(part.shape)} does not fit images in files: expected one condition "
            f"for each of {count} images, or one for all."
        )
    return lambda rows: part[rows]
