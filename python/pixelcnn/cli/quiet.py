"""Import Keras and its backend without the messages of their libraries."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pixelcnn import installed


def import_keras(query_devices: bool = True) -> None:
    """Import Keras and its backend, and hide messages of C++ libraries about processors and drivers.

    File descriptor 2 leads to the null device during the import, because the libraries write to this descriptor before
    TensorFlow's log level applies.

    Args:
        query_devices: Whether to query the devices too, whose first query writes a message if a driver is missing. JAX
            joins other machines only before this query, which takes memory of a GPU.

    Raises:
        ImportError: If Keras or its backend is not installed, or cannot be imported.
    """
    if "keras" in sys.modules:
        return
    if problem := installed.problem():
        raise ImportError(problem)
    # TensorFlow reads this variable when it is imported, and applies it to later messages.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _no_standard_error():
        import keras  # noqa: F401

        from pixelcnn.backend import has_accelerator

        if query_devices:
            has_accelerator()


@contextmanager
def _no_standard_error() -> Iterator[None]:
    try:
        kept = os.dup(2)
    except OSError:  # a process without a console has no descriptor 2
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
