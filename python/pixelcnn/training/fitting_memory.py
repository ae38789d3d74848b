"""Whether a training fits into memory, and the batch size with which it does."""

from collections.abc import Callable
from functools import partial
from typing import Any

from pixelcnn import require
from pixelcnn.training.amounts import size
from pixelcnn.training.available_memory import available_memory
from pixelcnn.training.cost import model_cost

LARGEST_BATCH = 128  # of a chosen batch size, because a larger batch needs another learning rate
SHARE = 1 / 1.15  # of the available memory for a chosen batch size, because the estimate holds within 15%


def training_memory(model: Any, batch_size: int) -> int:
    """Return the estimated memory of training a distribution, in bytes: what the process takes at its peak beyond what
    the process had before the distribution was built.

    The estimate was compared with measured peaks of TensorFlow on a processor: see docs/performance.md. The optimizer
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
    available = available_memory() if available is None else available
    return choose_batch_size(memory_of(model), LARGEST_BATCH, available)


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


def require_fitting(bytes_of: Callable[[int], int], batch_size: int, available: int | None) -> None:
    """Refuse a run that will not fit into memory.

    Args:
        bytes_of: As in `choose_batch_size`.
        batch_size: Number of images of a step.
        available: As in `choose_batch_size`; None refuses nothing.

    Raises:
        ValueError: If the estimate is above `available`; the message says what fits.
    """
    if available is None or bytes_of(batch_size) <= available:
        return
    fitting = largest_fitting(bytes_of, available, batch_size)
    advice = f"at most {fitting}, or 'auto'" if fitting else "a smaller model, because not even one image fits"
    needed = size(bytes_of(batch_size))
    raise ValueError(
        f"batch_size={batch_size} does not fit: expected {advice}, because training takes about {needed} of memory and "
        f"{size(available)} are available. Options that help: {_options(batch_size, fitting)}; "
        "--ignore-memory trains all the same."
    )


def _options(batch_size, fitting):
    """The options of `pixelcnn train` with which a run needs less memory."""
    options = ["--batch-size auto"]
    if fitting:
        steps = -(-batch_size // fitting)
        options.append(f"--batch-size {fitting} --accumulate {steps} (the gradient of {steps * fitting} images)")
    return ", ".join([*options, "--remat"])


def largest_fitting(bytes_of: Callable[[int], int], available: int, most: int = LARGEST_BATCH) -> int:
    """Return the largest power of two, at most `most`, that fits with some room for the error of the estimate; 0 if
    there is none. Arguments as in `choose_batch_size`.

    Example:
        >>> largest_fitting(lambda batch_size: 10 * batch_size, available=100)
        8
    """
    powers = (1 << power for power in reversed(range(most.bit_length())))
    return next((count for count in powers if bytes_of(count) <= SHARE * available), 0)


def memory_line(bytes_of: Callable[[int], int], batch_size: int, available: int | None) -> str:
    """Return a line with the memory of a training, and with what is available. Arguments as in `choose_batch_size`.

    Example:
        >>> memory_line(lambda batch_size: 10**7 * batch_size, 32, available=10**9)
        'about 320 MB of memory at batch size 32; 1.0 GB available, enough for batch size 64'
        >>> memory_line(lambda batch_size: 10**7 * batch_size, 32, available=10**6)
        'about 320 MB of memory at batch size 32; 1 MB available, too little for any batch size'
    """
    line = f"about {size(bytes_of(batch_size))} of memory at batch size {batch_size}"
    if available is None:
        return line
    fitting = largest_fitting(bytes_of, available)
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
