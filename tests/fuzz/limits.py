"""What a reader may take: memory, processor time and time, each far above what a sound reader of a small file needs."""

import resource
import signal
from contextlib import contextmanager
from pathlib import Path

MEMORY = 1 << 30  # bytes beside what the process has already
PROCESSOR_SECONDS, SECONDS = 10, 120  # the latter for what waits, as a pipe does


class TooLong(BaseException):
    """Not an `Exception`, so that no reader takes it for an error of the file."""


@contextmanager
def limits():
    """Within this context, memory beyond the bound is a MemoryError, and time beyond it `TooLong`."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    handlers = {number: signal.signal(number, _stop) for number in (signal.SIGPROF, signal.SIGALRM)}
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, before[1]))
    signal.setitimer(signal.ITIMER_PROF, PROCESSOR_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _stop(number, frame):
    raise TooLong(f"a reader was not done after {PROCESSOR_SECONDS} s of processor time or {SECONDS} s in all")
