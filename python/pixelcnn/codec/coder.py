"""A range coder of levels, with whole-number counts in place of probabilities (by the library `constriction`)."""

from typing import Any

import numpy as np

PRECISION = 24  # constriction's counts of all levels sum to 2^24


def counts(probs: np.ndarray) -> np.ndarray:
    """Counts (B, L) of all levels but for 1 that the coder adds to each, so that each level can be coded.

    The counts are whole numbers that sum to 2^24 - L. Then the coder need not round, and its counts are these plus 1.

    Args:
        probs: Probabilities (B, L), which sum to about 1.

    Raises:
        ValueError: If a probability is not finite.

    Example:
        >>> counts(np.array([[0.75, 0.25]])) + 1
        array([[12582911.,  4194305.]])
    """
    # cumsum adds one number after the other, so the sums are equal on all machines.
    cumulative = np.cumsum(probs, axis=-1, dtype="float64")
    total = cumulative[:, -1:]
    if not (np.all(np.isfinite(total)) and np.all(total > 0)):
        raise ValueError("the network's output for a pixel is not finite: expected finite weights and condition.")
    ends = np.floor(cumulative / total * (2**PRECISION - probs.shape[-1]))
    return np.diff(ends, axis=-1, prepend=0.0)


def constriction() -> Any:
    """The library.

    Raises:
        ImportError: If the library is not installed.
    """
    try:
        import constriction
    except ImportError:
        raise ImportError("pixelcnn.codec needs the library constriction: pip install 'pixelcnn[codec]'.") from None
    return constriction


class Encoder:
    """Collects levels, counted from the lowest, as bytes."""

    def __init__(self) -> None:
        stream = constriction().stream
        self._coder, self._model = stream.queue.RangeEncoder(), stream.model.Categorical(perfect=False)

    def encode(self, levels: np.ndarray, probs: np.ndarray) -> None:
        """Append levels (B,) with the probabilities (B, L)."""
        self._coder.encode(np.ascontiguousarray(levels, "int32"), self._model, counts(probs))

    def to_bytes(self) -> bytes:
        """The bytes of all levels."""
        return self._coder.get_compressed().astype("<u4").tobytes()


class Decoder:
    """Reads levels from the bytes of an `Encoder`, given the same probabilities.

    Args:
        data: The bytes, a multiple of 4.
    """

    def __init__(self, data: bytes) -> None:
        stream = constriction().stream
        self._coder = stream.queue.RangeDecoder(np.frombuffer(data, "<u4").astype("uint32"))
        self._model = stream.model.Categorical(perfect=False)

    def decode(self, probs: np.ndarray) -> np.ndarray:
        """The next levels (B,) for the probabilities (B, L).

        Raises:
            ValueError: If no levels have these bytes.
        """
        try:
            return self._coder.decode(self._model, counts(probs))
        except AssertionError as error:  # constriction's word for bytes that its encoder cannot have written
            raise ValueError(str(error)) from None
