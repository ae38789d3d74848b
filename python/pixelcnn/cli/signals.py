"""SIGTERM and SIGHUP end a command as Ctrl-C does: the command cleans up and tells the user how to go on."""

import signal
import threading
from contextlib import contextmanager

NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP


@contextmanager
def raised_as_interrupts():
    """A context in which these signals raise KeyboardInterrupt; it yields a list to which received signals are added.

    A signal that is ignored, as SIGHUP is under `nohup`, or that has a handler already is left alone.
    """
    received = []

    def interrupt(number, frame):
        received.append(number)
        raise KeyboardInterrupt

    known = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        known = []  # Python allows only the main thread to set handlers
    taken = [number for number in known if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield received
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
