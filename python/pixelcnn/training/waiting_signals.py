"""Signals that end a training wait until the training has saved a checkpoint."""

import signal
import sys
import threading
import types
from collections.abc import Callable
from typing import Any, Self

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class WaitingSignals:
    """A context in which the first SIGINT, SIGTERM or SIGHUP waits for `pass_on`. A second signal acts at once.

    A signal acts as it would without the context: its Python handler is called, or the system ends the process. A
    signal that is ignored, as SIGHUP under `nohup`, or that has a handler of another language, as R's, is left alone.

    Args:
        may_wait: Function that tells whether the training will call `pass_on` soon.
    """

    def __init__(self, may_wait: Callable[[], bool]):
        self.may_wait = may_wait
        self.number: int | None = None  # of the signal that waits
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Take the signals, if this is the main thread: Python lets only the main thread set handlers."""
        self.number, self.before = None, {}
        if threading.current_thread() is threading.main_thread():
            numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
            handlers = {number: signal.getsignal(number) for number in numbers}
            self.before = {number: handler for number, handler in handlers.items() if _is_of_python(handler)}
            for number in self.before:
                signal.signal(number, self._receive)
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        """Give the signals back. If the block ended without an error, pass on a signal that still waits."""
        for number, handler in self.before.items():
            signal.signal(number, handler)
        if kind is None:
            self.pass_on("training stopped")

    def pass_on(self, told: str) -> None:
        """Let the signal that waits act, if there is one.

        Args:
            told: Text that tells the user how to go on: the message of the KeyboardInterrupt that the handler raises,
                or a line on standard error if the signal ends the process.
        """
        if self.number is None:
            return
        number, self.number = self.number, None
        if not callable(self.before[number]):
            print(told, file=sys.stderr, flush=True)
        try:
            self._act(number, None)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(told) from None

    def _receive(self, number, frame):
        if self.number is None and self.may_wait():
            self.number = number
        else:
            self._act(number, frame)

    def _act(self, number, frame):
        handler = self.before[number]
        if callable(handler):
            handler(number, frame)
        else:
            signal.signal(number, handler)
            signal.raise_signal(number)


def _is_of_python(handler):
    """Whether a handler is the system's default or Python's. A function in C is a part of another language's handler,
    such as that of R's package reticulate: `signal.signal` would remove the other part, and could not restore it.
    """
    if handler in (signal.SIG_DFL, signal.default_int_handler):
        return True
    return callable(handler) and not isinstance(handler, types.BuiltinFunctionType)
