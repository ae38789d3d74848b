"""Batches that are read from files in threads, before the training asks for them."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import keras

AHEAD = 8  # batches, each read by a thread of its own, because a disk serves several requests at once


class ReadAhead:
    """The results of a function of 0, 1, 2, …: a request for one number begins the work on the next numbers.

    After a request that does not follow the last one, nothing is computed ahead, because the next number is not known.

    Args:
        read: The function. It is called in threads, and must return the same result for the same number.

    Example:
        >>> read = ReadAhead(lambda number: number * number)
        >>> [read(number, 4) for number in range(4)]
        [0, 1, 4, 9]
    """

    def __init__(self, read: Callable[[int], Any]):
        self.read, self.last = read, -1
        self.futures: dict[int, Any] = {}  # of `concurrent.futures`
        self.pool = ThreadPoolExecutor(AHEAD, "pixelcnn-read-ahead")
        self.lock = threading.Lock()  # because TensorFlow may begin a pass in a thread before the last pass has ended

    def __call__(self, number: int, count: int) -> Any:
        """Return the result for a number, below the `count` of all numbers."""
        with self.lock:
            ahead = AHEAD if number == self.last + 1 else 0
            wanted = range(number, min(number + ahead, count - 1) + 1)
            futures = {one: self.futures.pop(one, None) or self.pool.submit(self.read, one) for one in wanted}
            for unwanted in self.futures.values():
                unwanted.cancel()
            self.last, self.futures = number, futures
            future = futures.pop(number)
        return future.result()


class BatchesInOrder(keras.utils.PyDataset, ABC):
    """A `PyDataset` whose batch i is a function of i and of the order of an epoch, read ahead by threads if it reads
    files. A subclass has `_read(order, index)`, which returns a batch, and calls `_set_order`.

    Args:
        reads_ahead: Whether threads read the next batches.
    """

    def __init__(self, reads_ahead: bool):
        super().__init__(workers=1)
        self.reads_ahead = reads_ahead

    def _set_order(self, order: Any) -> None:
        """Set the order of this epoch, in the form that `_read` takes."""
        self.order = order
        # A function of this order, because threads of the last epoch may still read in the last order.
        self._read_ahead = ReadAhead(partial(self._read, order)) if self.reads_ahead else None

    def __getitem__(self, index: int) -> Any:
        return self._read_ahead(index, self.num_batches) if self._read_ahead else self._read(self.order, index)

    @abstractmethod
    def _read(self, order: Any, index: int) -> Any:
        """Return a batch."""

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the threads, which a worker process starts anew."""
        return {name: value for name, value in vars(self).items() if name != "_read_ahead"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_order(self.order)
