"""Whether a training fits into memory, and the batch size with which it does."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pixelcnn import require
from pixelcnn.training.amounts import size
from pixelcnn.training.cost import model_cost
from pixelcnn.training.memory_limits import available_memory

LARGEST_BATCH = 128  # of a chosen batch size, because a larger batch needs another learning rate
ROOM = 1.15  # of the estimate, because the estimate holds within 15%


class TooLittleMemory(ValueError):
    """A training will not fit into memory.

    Args:
        problem: What does not fit and why.
        changes: Arguments of `pixelcnn.training.train`, sets of which make the training smaller.
    """

    def __init__(self, problem: str, changes: Sequence[dict[str, Any]]):
        self.problem, self.changes = problem, changes
        super().__init__(self.text(lambda name, value: f"{name}={value!r}", ", "))

    def text(self, shown: Callable[[str, Any], str], between: str) -> str:
        """Return the text of the error for a caller who writes arguments in another way.

        Args:
            shown: Function of the name and the value of an argument.
            between: Text between two arguments.
        """
        changes = "; ".join(between.join(map(shown, change, change.values())) for change in self.changes)
        helps = f" What helps: {changes}." if changes else ""
        return f"{self.problem}.{helps} {shown('ignore_memory', True)} trains all the same."


def training_memory(model: Any, batch_size: int) -> int:
    """Return the estimated memory of training a distribution, in bytes: what the process takes at its peak beyond what
    the process had before the distribution was built.

    The estimate was compared with measured peaks of each backend on a processor: see docs/performance.md. The optimizer
    is Adam, or the one that the distribution is compiled with if it keeps averages or adds up gradients.

    Args:
        model: A distribution.
        batch_size: Number of images of a step.

    Raises:
        ValueError: If `batch_size` is not a whole number of at least 1.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelCNN((28, 28, 1), num_blocks=1, num_filters=8)
        >>> training_memory(dist, 64) > training_memory(dist, 32)
        True
    """
    require.positive_integer("batch_size", batch_size)
    return memory_of(model)(batch_size)


def largest_batch_size(model: Any, available: int | None = None) -> int:
    """Return the largest batch size, a power of two of at most 128, with which a training fits into memory.

    Args:
        model: A distribution.
        available: Number of bytes that the training may take; None for what `available_memory` returns.

    Raises:
        ValueError: If not even a batch of one image fits, or the system does not say how much memory is available.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelCNN((28, 28, 1), num_blocks=1, num_filters=8)
        >>> largest_batch_size(dist, available=100_000_000_000)
        128
    """
    bytes_of = memory_of(model)
    most = available_memory() if available is None else require.within("available", available, 0, math.inf)
    if most is None:
        raise ValueError(
            "available=None does not fit, because the system does not say how much memory is available: expected a "
            "number of bytes."
        )
    fitting = largest_fitting(bytes_of, most)
    if not fitting:
        raise ValueError(
            f"available={available} does not fit: expected at least {math.ceil(ROOM * bytes_of(1))} bytes, because a "
            f"batch of one image takes about {size(bytes_of(1))}, within 15%, and {size(most)} are available."
        )
    return fitting


def choose_batch_size(bytes_of: Callable[[int], int], images: int, available: int | None) -> int:
    """Return the batch size of a run with `batch_size="auto"`.

    Args:
        bytes_of: Function that returns the estimated memory of a batch size, in bytes.
        images: Number of images of the run.
        available: Number of bytes that the training may take; None if nothing says so.

    Raises:
        ValueError: If not even a batch of one image fits, or `available` is None.
    """
    if available is None:
        raise ValueError(
            "batch_size='auto' does not fit, because the system does not say how much memory is available: expected a "
            "whole number."
        )
    fitting = largest_fitting(bytes_of, available, min(images, LARGEST_BATCH))
    if not fitting:
        raise ValueError(
            f"batch_size='auto' does not fit, because a batch of one image takes about {size(bytes_of(1))} and "
            f"{size(available)} are available: expected a smaller model or a machine with more memory."
        )
    return fitting


def require_fitting(
    bytes_of: Callable[[int], int],
    batch_size: int,
    available: int | None,
    devices: int = 1,
    accumulate: int | None = 1,
    resumed: bool = False,
) -> None:
    """Refuse a run that will not fit into memory.

    Args:
        bytes_of: As in `choose_batch_size`.
        batch_size: Number of images of a step.
        available: As in `choose_batch_size`; None refuses nothing.
        devices: Number of devices that share a step; a batch size must be a multiple of this number.
        accumulate: Steps of an update, or None if the devices cannot add up gradients.
        resumed: Whether the run is resumed, so that its arguments cannot change.

    Raises:
        TooLittleMemory: If the estimate is above what is available; the message says what fits.
    """
    if available is None or fits(bytes_of(batch_size), available):
        return
    fitting = largest_fitting(bytes_of, available, batch_size)
    fitting = max(fitting - fitting % devices, 0)
    why = (
        f"training takes about {size(bytes_of(batch_size))} of memory, within 15%, and {size(available)} are available"
    )
    if resumed:
        expected = f"{size(ROOM * bytes_of(batch_size))} of memory, because the run began with this batch size,"
        raise TooLittleMemory(f"batch_size={batch_size} does not fit: expected {expected} {why}", [])
    expected = f"at most {fitting}" if fitting else "a smaller model, because not even one image a device fits"
    changes: list[dict[str, Any]] = [{"remat": True}]
    if fitting and accumulate:
        changes.insert(0, {"batch_size": fitting, "accumulate": -(-accumulate * batch_size // fitting)})
    if fitting:
        changes.insert(0, {"batch_size": "auto"})
    raise TooLittleMemory(f"batch_size={batch_size} does not fit: expected {expected}, because {why}", changes)


def fits(needed: float, available: float) -> bool:
    """Tell whether a training fits into memory, with room for the error of the estimate.

    Args:
        needed: Estimated number of bytes.
        available: Number of bytes that the training may take.

    Example:
        >>> fits(100, available=114), fits(100, available=116)
        (False, True)
    """
    return ROOM * needed <= available


def largest_fitting(bytes_of: Callable[[int], int], available: float, most: int = LARGEST_BATCH) -> int:
    """Return the largest power of two, at most `most`, that fits; 0 if there is none. Arguments as in
    `choose_batch_size`.

    Example:
        >>> largest_fitting(lambda batch_size: 10 * batch_size, available=100)
        8
    """
    powers = (1 << power for power in reversed(range(most.bit_length())))
    return next((count for count in powers if fits(bytes_of(count), available)), 0)


def memory_line(bytes_of: Callable[[int], int], batch_size: int, available: int | None) -> str:
    """Return a line with the memory of a training, and with what is available. Arguments as in `choose_batch_size`.

    Example:
        >>> memory_line(lambda batch_size: 10**7 * batch_size, 32, available=10**9)
        'about 320 MB of memory at batch size 32; 1.0 GB available, enough for batch size 64'
        >>> memory_line(lambda batch_size: 10**7 * batch_size, 32, available=10**6)
        'about 320 MB of memory at batch size 32; 1 MB available, too little for any batch size'
    """
    needed = bytes_of(batch_size)
    line = f"about {size(needed)} of memory at batch size {batch_size}"
    if available is None:
        return line
    fitting = largest_fitting(bytes_of, available, max(LARGEST_BATCH, batch_size))
    if fits(needed, available):
        fitting = max(fitting, batch_size)
    enough = f"enough for batch size {fitting}" if fitting else "too little for any batch size"
    return f"{line}; {size(available)} available, {enough}"


def memory_of(model: Any) -> Callable[[int], int]:
    """Return a function from a batch size to the estimated memory of training a distribution, in bytes.

    Args:
        model: A distribution.
    """
    optimizer = getattr(model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    return partial(
        model_cost(model).training_bytes,
        dtype=model.dtype_policy.name,
        dropout=bool(model.get_config()["dropout_p"]),
        averages=bool(getattr(optimizer, "use_ema", False)),
        sums=bool(getattr(optimizer, "gradient_accumulation_steps", None)),
    )
