"""Written files that are whole or absent, and read files that are not larger than expected.

A file is written under a temporary name, synced to the disk, and then renamed.
"""

import errno
import json
import os
import secrets
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

PARTIAL = ".partial-"  # how temporary names begin
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)  # the disk is full, or fails
MOST_BYTES = 1 << 24  # of a text file; 16 MiB of JSON can take 0.4 GiB of memory


@contextmanager
def replacing(path):
    """Yield a temporary path beside `path`; rename it to `path` when the block ends well, remove it when it does not.

    A reader sees the old file or the new one and never a part of one, even if this process is killed, the power fails
    or other processes write the same file, because the content is on the disk before the file gets its name.
    The temporary name keeps the suffix, because Keras and Pillow choose the format by it.

    Args:
        path: The file to write. Missing parent folders are created.

    Raises:
        OSError: If the file cannot be written.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     target = pathlib.Path(folder) / "notes" / "a.txt"
        ...     with replacing(target) as temporary:
        ...         _ = temporary.write_text("whole")
        ...     target.read_text()
        'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process id shows a user which process left the file; the rest differs between threads and machines.
    temporary = path.with_name(f"{PARTIAL}{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")
    try:
        with naming(path):
            yield temporary
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def naming(path):
    """A context that adds the name of a file to errors of the system that lack it, such as those of a full disk.

    Args:
        path: The file.

    Raises:
        OSError: with the name.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def require_writable(name, path):
    """Check before long work that a file or a folder can be written at `path`. Nothing is left there.

    The nearest folder that exists is given a file without a name, because permissions alone do not tell whether a disk
    is full or read-only.

    Args:
        name: What the user calls the path, for the error.
        path: Of a file or a folder, which need not exist.

    Raises:
        ValueError: If a file stands where a folder is needed.
        OSError: If no file can be written there.

    Example:
        >>> require_writable("--output", "figure.png")
    """
    path = Path(path).absolute()
    try:
        place = path if path.is_dir() else next(place for place in path.parents if os.path.lexists(place))
        if not place.is_dir():
            raise ValueError(f"{name} is {str(path)!r}, but {str(place)!r} is a file; expected a folder.")
        with suppress(FileNotFoundError):
            path.lstat()  # a name that is too long for the file system is an error here
        with tempfile.TemporaryFile(dir=place, prefix=PARTIAL) as file:
            file.write(b"x")
    except OSError as error:
        raise OSError(error.errno, f"{name} cannot be written ({error.strerror})", str(path)) from None


def _sync_folder(folder):
    """Write the names in a folder to the disk. Windows and some network file systems refuse, and need it not."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_bytes(path, content):
    """Write `content` to `path` in one piece.

    Args:
        path: The file to write.
        content: Its whole content.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path, text):
    """Write `text` to `path` in one piece (UTF-8).

    Args:
        path: The file to write.
        text: Its whole content.
    """
    write_bytes(path, text.encode())


def write_json(path, record):
    """Write `record` to `path` as indented JSON, in one piece.

    Args:
        path: The file to write.
        record: Anything `json` can write.
    """
    write_text(path, json.dumps(record, indent=2) + "\n")


def open_file(path):
    """Open a regular file to read its bytes. A pipe or a device is refused, because reading it may wait for ever.

    Args:
        path: The file to read.

    Raises:
        OSError: If the file is not a regular one, or cannot be opened.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise OSError(f"{path} is not a regular file.")
    return path.open("rb")


def read_text(path):
    """Read a text file (UTF-8, with or without a byte order mark) of at most 16 MiB.

    Args:
        path: The file to read.

    Raises:
        ValueError: If the file is larger, or not UTF-8.
        OSError: If the file cannot be read, or is a pipe or a device.
    """
    with open_file(path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"{path} has more than {MOST_BYTES:,} bytes; expected a text file of at most that size.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text ({error}).") from None


def read_json(path):
    """Read a JSON file of at most 16 MiB.

    Args:
        path: The file to read.

    Raises:
        ValueError: If the file is larger, or not JSON.
        OSError: If the file cannot be read.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a ValueError too
        raise ValueError(f"{path} is not valid JSON ({error}).") from None
