"""A lock on a folder, so that one process at a time trains in it."""

import errno
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

LOCK = ".lock"  # name of the file
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)  # errors of file systems without locks


@contextmanager
def locked(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Lock a folder for a `with` block, so that no other process trains in it. A missing folder is created.

    The operating system releases the lock when the process ends, even by a crash. The file `.lock` stays: its presence
    does not mean that the folder is locked.

    Args:
        folder: The folder.

    Raises:
        BlockingIOError: If another process trains in the folder.
    """
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path / LOCK, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise BlockingIOError(
            f"another process trains in {str(path)!r}: wait until it has ended, or give another folder, "
            "because two processes would overwrite each other's checkpoints."
        ) from None
    except (NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in NO_LOCKS:
            raise
        warnings.warn(
            f"the file system of {str(path)!r} has no locks: let no other process train in this folder.",
            stacklevel=3,
        )
    try:
        yield
    finally:
        lock.release()
