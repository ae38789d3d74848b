"""Import Keras and its backend without what their libraries print on the way."""

import os
import sys
from contextlib import contextmanager


def import_keras():
    """Import Keras and its backend; notes of C++ libraries about processors and drivers do not reach the terminal.

    An import that fails still raises. The notes are written straight to file descriptor 2 before TensorFlow's own log
    level applies, so the descriptor is turned away for the length of the import.
    """
    if "keras" in sys.modules:
        return
    # Read by TensorFlow when it is imported; it applies to what is logged after that.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _no_standard_error():
        import keras  # noqa: F401

        from pixelcnn.backend import has_accelerator

        has_accelerator()  # a driver that is not there is noted when devices are first asked for


@contextmanager
def _no_standard_error():
    try:
        kept = os.dup(2)
    except OSError:  # a process without a console has none
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    sys.stderr.flush()
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
