"""SIGTERM and SIGHUP end a command as Ctrl-C does: the command cleans up, and prints how to go on."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP


@contextmanager
def raised_as_interrupts() -> Iterator[list[int]]:
    """Return a context in which SIGTERM and SIGHUP raise KeyboardInterrupt; it yields the list of received signals.

    The context does not change a signal that is ignored, as SIGHUP is under `nohup`, or that has a handler.
    """
    received: list[int] = []

    def interrupt(number: int, frame: Any) -> None:
        received.append(number)
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []  # because Python allows only the main thread to set handlers
    taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield received
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
