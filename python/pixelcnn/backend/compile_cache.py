"""A folder of compiled functions, so that the next process need not compile them again.

A file holds what a backend compiled, behind its SHA-256. Its name is the hash of the function, of the processor and of
the versions, so a file fits exactly or is not found. A damaged file counts as absent. All files together have at most
`MOST_BYTES`; those that were used last stay. Where the folder cannot be used, functions are compiled as without it.
"""

import functools
import hashlib
import os
import platform
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import platformdirs

from pixelcnn.files import PARTIAL, write_bytes
from pixelcnn.threads import cores

VARIABLE = "PIXELCNN_COMPILE_CACHE"  # "off", or a folder
MOST_BYTES = 1 << 28  # 256 MiB, some 25 samplers of the largest preset
SUFFIX = ".compiled"
OURS = re.compile(rf"[0-9a-f]{{64}}{re.escape(SUFFIX)}")
LEFT = re.compile(rf"{re.escape(PARTIAL)}\d+-[0-9a-f]+{re.escape(SUFFIX)}")  # by a process that was killed as it wrote
DAY = 86_400  # seconds, after which such a file is deleted
DIGEST = hashlib.sha256().digest_size
OF_PROCESSOR = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags", "CPU part", "Features")
FLAGS = ("XLA_FLAGS", "TF_XLA_FLAGS", "TF_ENABLE_ONEDNN_OPTS")


def folder() -> Path | None:
    """Return the folder of compiled functions, or None if the user wants none."""
    named = os.environ.get(VARIABLE, "")
    if named.lower() == "off":
        return None
    if not named:
        return Path(platformdirs.user_cache_dir("pixelcnn", appauthor=False)) / "compiled"
    try:
        return Path(named).expanduser()
    except RuntimeError:  # `~` where the user has no home folder
        return None


def problem() -> str | None:
    """Return why compiled functions are not kept, or None if they are. Makes the folder."""
    where = folder()
    if where is None:
        return f"{VARIABLE} is off"
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = where.stat()
    except OSError as error:
        return f"{where}: {error.strerror}"
    if not os.access(where, os.W_OK | os.X_OK):
        return f"{where} cannot be written"
    # Whoever can write a file there decides what this process runs.
    if hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
        return f"{where} can be written by others"
    return None


def files(names: re.Pattern[str] = OURS) -> list[tuple[Path, os.stat_result]]:
    """Return the files of compiled functions with their status, the one that was used last first."""
    where = folder()
    found: list[tuple[Path, os.stat_result]] = []
    with suppress(OSError):
        for path in where.iterdir() if where else ():
            if names.fullmatch(path.name):
                with suppress(OSError):  # another process may have deleted it
                    found.append((path, path.lstat()))
    return sorted(found, key=lambda pair: -pair[1].st_mtime)


def key(backend: str, *parts: bytes | str) -> str:
    """Return the name of a function in the cache.

    Args:
        backend: Name and version of the backend.
        parts: All that the compiled code depends on, but for the processor and the flags of XLA.
    """
    texts = [backend, *_machine(), *(f"{name}={os.environ.get(name, '')}" for name in FLAGS)]
    total = hashlib.sha256()
    for part in (
        *(text.encode() for text in texts),
        *(part if isinstance(part, bytes) else part.encode() for part in parts),
    ):
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


@functools.cache
def _machine() -> tuple[str, ...]:
    """What XLA's code depends on: the kind of processor, and the number of cores that share its work."""
    lines: Iterable[str] = ()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    known = sorted(line for line in lines if line.partition(":")[0].strip() in OF_PROCESSOR)
    return platform.system(), platform.machine(), str(cores()), *(known or [platform.processor()])


def read(name: str) -> bytes | None:
    """Return what `write` kept under a name, or None if it is absent or damaged."""
    if problem():
        return None
    path = _path(name)
    try:
        with path.open("rb") as file:
            digest, kept = file.read(DIGEST), file.read()
    except OSError:
        return None
    if hashlib.sha256(kept).digest() != digest:
        return None
    with suppress(OSError):
        os.utime(path)  # it was used now
    return kept


def write(name: str, kept: bytes) -> None:
    """Keep a compiled function under a name, if the folder can be written, and delete what was not used for long."""
    if problem() or DIGEST + len(kept) > MOST_BYTES:
        return
    with suppress(OSError):
        write_bytes(_path(name), hashlib.sha256(kept).digest() + kept)
    _limit()


def remove(name: str) -> None:
    """Delete what is kept under a name."""
    with suppress(OSError):
        _path(name).unlink()


def _path(name: str) -> Path:
    where = folder()
    assert where is not None
    return where / f"{name}{SUFFIX}"


def _limit() -> None:
    """Delete the files that were not used for the longest time, until all have at most `MOST_BYTES`."""
    old = [path for path, status in files(LEFT) if status.st_mtime < time.time() - DAY]
    total = 0
    for path, status in files():
        total += status.st_size
        if total > MOST_BYTES:
            old.append(path)
    for path in old:
        with suppress(OSError):
            path.unlink()
