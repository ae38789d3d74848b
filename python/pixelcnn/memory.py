"""Freed memory stays with the process, because each training step allocates the same arrays again."""

import ctypes
import functools
import os
import platform

# Parameters of glibc's mallopt, from its malloc.h.
TRIM_THRESHOLD, MMAP_MAX = -1, -4


@functools.cache
def keep_freed_memory():
    """Have the C library glibc keep freed memory for later allocations, and not return it to the system.

    The backends allocate tensors through the C library. By default, glibc returns large freed arrays to the system,
    which then clears and maps the pages of new arrays again. After a while glibc keeps arrays of up to 32 MiB. But when
    TensorFlow reads a Python generator or data set, under Python 3.11 and later, TensorFlow makes glibc return all
    arrays above 128 KiB, to avoid a leak (https://github.com/tensorflow/tensorflow/issues/65675). In such a `fit`,
    mapping pages took half of the time.

    This function does nothing with another C library, or where an environment variable (`MALLOC_…`, `GLIBC_TUNABLES`)
    configures the allocator. The first distribution of a process calls this function.

    Source: mallopt(3), https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    if platform.libc_ver()[0] != "glibc" or any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return
    library = ctypes.CDLL(None)
    library.mallopt(MMAP_MAX, 0)  # large arrays come from the heap, whatever TensorFlow sets later
    library.mallopt(TRIM_THRESHOLD, 2**26)  # glibc returns the free end of the heap above 64 MiB, its own largest limit
