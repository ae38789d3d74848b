"""Memory that was freed stays with the process: every training step asks for the same arrays again."""

import ctypes
import functools
import os
import platform

# Parameters of glibc's mallopt, from its malloc.h.
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX, ARENA_MAX = -1, -2, -4, -8


@functools.cache
def keep_freed_memory():
    """Have the C library keep freed memory for what is allocated next, and not hand it back to the system.

    The backends allocate tensors through the C library. glibc returns large ones to the system as they are freed, and
    the pages of the next ones are cleared and mapped anew. It soon learns to keep arrays of up to 32 MiB, but from
    where TensorFlow reads a Python generator or data set, under Python 3.11 and later, TensorFlow forbids it to keep
    any above 128 KiB (its remedy for a leak: https://github.com/tensorflow/tensorflow/issues/65675). `fit` on a data
    set was then seen to spend half of its time on mapping pages.

    Does nothing where the C library is another one, or where an environment variable (`MALLOC_…`, `GLIBC_TUNABLES`)
    says how it is to allocate. The first distribution that is built calls it.

    Source: mallopt(3), https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    library = _glibc()
    if library is None or any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return
    library.mallopt(MMAP_MAX, 0)  # large arrays are taken from the heap, whatever TensorFlow says later
    library.mallopt(TRIM_THRESHOLD, -1)  # which does not shrink
    library.mallopt(TOP_PAD, 2**26)  # the size of a thread's own heap: one that falls empty stays
    library.mallopt(ARENA_MAX, 1)  # and new threads share one heap: less is kept, and arrays of any size fit


def give_back_freed_memory():
    """Hand what is kept and not in use back to the system, when it will not be needed soon."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@functools.cache
def _glibc():
    """The C library, or None if it is not glibc."""
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
