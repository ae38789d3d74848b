"""Write files that are whole or absent, and read files of limited size.

A file is written under a temporary name, synced to the disk, and then renamed.
"""

import errno
import io
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PARTIAL = ".partial-"  # beginning of temporary names
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)  # the disk is full, or fails
MOST_BYTES = 1 << 24  # largest text file, because 16 MiB of JSON can take 0.4 GiB of memory


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; rename it to `path` after the block, or remove it on an error.

    A reader sees the old file or the new file and never a part of one, even if this process is killed, the power fails
    or other processes write the same file, because the content is on the disk before the file gets its name.
    The temporary name keeps the suffix, because Keras and Pillow select the format by the suffix.

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
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_name(target)
    try:
        with naming(target):
            yield temporary
            _sync_file(temporary)
        temporary.replace(target)
        _sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: str | os.PathLike[str], may_replace: Callable[[Path], bool]) -> Iterator[Path]:
    """As `replacing`, for a folder that the block makes. An older folder stays until the new one is whole.

    Args:
        path: The folder to write. Missing parent folders are created. A link is followed.
        may_replace: A function that tells whether an existing folder may be replaced, and deleted.

    Raises:
        FileExistsError: If something exists at `path` that may not be replaced.
        OSError: If the folder cannot be written.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as parent:
        ...     target = pathlib.Path(parent) / "notes"
        ...     with replacing_folder(target, lambda folder: False) as temporary:
        ...         temporary.mkdir()
        ...         _ = (temporary / "a.txt").write_text("whole")
        ...     [file.name for file in target.iterdir()]
        ['a.txt']
    """
    target = Path(path).resolve()
    if target.exists() and not (target.is_dir() and may_replace(target)):
        raise FileExistsError(
            f"{str(path)!r} does not fit: expected a new name, because what exists there is not of this kind."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary, before = _temporary_name(target), _temporary_name(target)
    try:
        with naming(target):
            yield temporary
            for file in temporary.rglob("*"):
                _sync_folder(file) if file.is_dir() else _sync_file(file)
        if target.exists():
            target.rename(before)
        try:
            temporary.rename(target)
        except OSError:
            if before.exists():
                before.rename(target)
            raise
        _sync_folder(target.parent)
    finally:
        for folder in (temporary, before):
            shutil.rmtree(folder, ignore_errors=True)


def _temporary_name(target: Path) -> Path:
    """A name beside `target`. The process id tells the user which process left it; threads and machines differ too."""
    return target.with_name(f"{PARTIAL}{os.getpid()}-{secrets.token_hex(4)}{target.suffix}")


def _sync_file(file: Path) -> None:
    with file.open("r+b") as stream:
        os.fsync(stream.fileno())


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Return a context whose OSErrors name a file: those without a name, as of a full disk, or with a temporary name.

    Args:
        path: The file.
    """
    try:
        yield
    except OSError as error:
        temporary = PARTIAL in str(error.filename)
        if error.errno is None or (error.filename is not None and not temporary):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def require_writable(name: str, path: str | os.PathLike[str]) -> None:
    """Check before long work that a file or a folder can be written at `path`. The check leaves no file behind.

    The check writes a file without a name to the nearest folder that exists, because permissions do not tell whether a
    disk is full or read-only.

    Args:
        name: The name of the argument, for the error.
        path: The path of a file or a folder, which need not exist.

    Raises:
        ValueError: If a parent of `path` is a file.
        OSError: If no file can be written at `path`.

    Example:
        >>> require_writable("--output", "figure.png")
    """
    target = Path(path).absolute()
    try:
        folder = target if target.is_dir() else next(parent for parent in target.parents if os.path.lexists(parent))
        if not folder.is_dir():
            raise ValueError(f"{name}={str(target)!r} does not fit: expected a folder, but {str(folder)!r} is a file.")
        with suppress(FileNotFoundError):
            target.lstat()  # raises an OSError if the name is too long for the file system
        with tempfile.TemporaryFile(dir=folder, prefix=PARTIAL) as file:
            file.write(b"x")
    except OSError as error:
        raise OSError(error.errno, f"{name} cannot be written ({error.strerror})", str(target)) from None


def _sync_folder(folder: Path) -> None:
    """Sync the names in a folder to the disk. Windows and some network file systems refuse and do not need this."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def on_hugging_face(path: str | os.PathLike[str]) -> bool:
    """Whether a path names a repository of the Hugging Face Hub, such as hf://user/name."""
    return str(path).startswith("hf://")


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file that is whole or absent.

    Args:
        path: The file to write.
        content: The whole content of the file.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file (UTF-8) that is whole or absent.

    Args:
        path: The file to write.
        text: The whole content of the file.
    """
    write_bytes(path, text.encode())


def write_json(path: str | os.PathLike[str], record: Any) -> None:
    """Write a file of indented JSON that is whole or absent.

    Args:
        path: The file to write.
        record: A value that `json` can write.
    """
    write_text(path, json.dumps(record, indent=2) + "\n")


def open_file(path: str | os.PathLike[str]) -> io.BufferedReader:
    """Open a regular file to read bytes. Pipes and devices are refused, because reading one blocks until another
    program writes to it, which may never happen.

    Args:
        path: The file to read.

    Raises:
        OSError: If the file is not a regular file, or cannot be opened.
    """
    file = Path(path)
    if file.exists() and not file.is_file():
        raise OSError(f"{path} is not a regular file.")
    return file.open("rb")


def read_text(path: str | os.PathLike[str]) -> str:
    """Read a text file (UTF-8, with or without a byte order mark) of at most 16 MiB.

    Args:
        path: The file to read.

    Raises:
        ValueError: If the file is larger, or is not UTF-8.
        OSError: If the file cannot be read, or is a pipe or a device.
    """
    with open_file(path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"{path} does not fit: expected a text file of at most {MOST_BYTES:,} bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} does not fit: expected UTF-8 text ({error}).") from None


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file of at most 16 MiB.

    Args:
        path: The file to read.

    Raises:
        ValueError: If the file is larger, or is not JSON.
        OSError: If the file cannot be read.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # Python refuses numbers of thousands of digits by a ValueError
        raise ValueError(f"{path} does not fit: expected JSON ({error}).") from None
