"""The messages that a backend's C++ code writes to the standard error.

When TensorFlow or JAX loads compiled code, they write errors that are none: that a file in binary is no text, and that
the processor lacks features such as `+prefer-no-scatter`, which are hints of the compiler and no features. XLA after
TensorFlow 2.21 and JAX 0.10 leaves out the second message.
"""

import ctypes
import functools
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

FATAL = 3  # the highest level; a message of this level ends the process
_lock, _within, _before = threading.Lock(), 0, 0


def can_be_silenced() -> bool:
    """Whether `only_fatal_messages` works with this release of the backend."""
    return _level_functions() is not None


@contextmanager
def only_fatal_messages() -> Iterator[None]:
    """A context in which C++ code of the backend writes fatal messages only, in all threads."""
    global _within, _before
    level, set_level = _level_functions()
    with _lock:
        if not _within:
            _before = level()
            set_level(max(FATAL, _before))
        _within += 1
    try:
        yield
    finally:
        with _lock:
            _within -= 1
            if not _within:
                set_level(_before)


@functools.cache
def _level_functions():
    """Functions that read and set the lowest level of messages that are written, or None."""
    try:
        return {"tensorflow": _of_tensorflow, "jax": _of_jax}[keras.backend.backend()]()
    except (KeyError, OSError, AttributeError, ImportError, TypeError):
        return None


def _of_tensorflow():
    """Python code of TensorFlow has no such functions, but its library exports those of Abseil, which C++ calls."""
    import tensorflow as tf

    options = Path(tf.sysconfig.get_include(), "absl", "base", "options.h").read_text()
    space = re.search(r"define ABSL_OPTION_INLINE_NAMESPACE_NAME (\w+)", options)[1]
    (name,) = (flag.removeprefix("-l:") for flag in tf.sysconfig.get_link_flags() if flag.startswith("-l:"))
    library = ctypes.CDLL(str(Path(tf.sysconfig.get_lib(), name)))
    absl = f"_ZN4absl{len(space)}{space}"
    level, set_level = library[f"{absl}11MinLogLevelEv"], library[f"{absl}14SetMinLogLevelENS0_18LogSeverityAtLeastE"]
    level.argtypes, level.restype, set_level.argtypes, set_level.restype = (), ctypes.c_int, (ctypes.c_int,), None
    return level, set_level


def _of_jax():
    import jax
    from jax._src.lib import utils

    levels = {"DEBUG": 0, "INFO": 0, "WARNING": 1, "WARN": 1, "ERROR": 2, "FATAL": 3, "CRITICAL": 3}

    def level():  # JAX has no function that reads it
        return levels.get(jax.config.jax_logging_level, int(os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0")))

    return level, utils.absl_set_min_log_level
