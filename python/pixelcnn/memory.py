"""Memory that was freed is used again: every training step asks for the same arrays."""

import ctypes
import functools
import os
import platform

# Parameters of glibc's mallopt, from its malloc.h.
TRIM_THRESHOLD, MMAP_MAX = -1, -4


@functools.cache
def keep_freed_memory():
    """Have the C library keep freed memory for what is allocated next, and not hand it back to the system.

    The backends allocate tensors through the C library. glibc hands large ones back to the system as they are freed,
    and the pages of the next ones are cleared and mapped anew. By itself it soon learns to keep arrays of up to 32 MiB,
    but where TensorFlow reads a Python generator or data set, under Python 3.11 and later, TensorFlow forbids it to
    keep any above 128 KiB (its remedy for a leak: https://github.com/tensorflow/tensorflow/issues/65675). `fit` on a
    data set was then seen to spend half of its time on mapping pages.

    Does nothing where the C library is another one, or where an environment variable (`MALLOC_…`, `GLIBC_TUNABLES`)
    says how it is to allocate. The first distribution that is built calls it.

    Source: mallopt(3), https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    if platform.libc_ver()[0] != "glibc" or any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return
    library = ctypes.CDLL(None)
    library.mallopt(MMAP_MAX, 0)  # large arrays are taken from the heap, whatever TensorFlow says later
    library.mallopt(TRIM_THRESHOLD, 2**26)  # whose free end is handed back from 64 MiB on, glibc's own most
