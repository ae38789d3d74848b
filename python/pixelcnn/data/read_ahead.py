"""Batches that are read from files in threads, before the training asks for them."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

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
