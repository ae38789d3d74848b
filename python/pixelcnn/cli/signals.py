"""SIGTERM and SIGHUP end a command as Ctrl-C does: what is under way is put away, and the user is told how to go on."""

import signal
import threading
from contextlib import contextmanager

NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP


@contextmanager
def raised_as_interrupts():
    """Have the signals raise KeyboardInterrupt for the length of a `with` block, and yield a list of those that came.

    A signal that is ignored, as SIGHUP is after `nohup`, or that has a handler stays as it is.
    """
    received = []

    def interrupt(number, frame):
        received.append(number)
        raise KeyboardInterrupt

    known = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        known = []  # Python lets the main thread alone set handlers
    taken = [number for number in known if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield received
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
