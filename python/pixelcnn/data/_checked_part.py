"""A file that grows at its end. Checksums of its blocks lie in a second file, so that damaged bytes are not used."""

import os
import zlib
from pathlib import Path
from typing import Any, Self

from pixelcnn.files import naming, open_file, read_json, write_bytes, write_json

BLOCK = 1 << 22  # bytes for each checksum; a check of a file's first rows reads at most this many bytes more


def sums_of(path: Path) -> Path:
    """Return the path of the checksums of a file."""
    return path.with_suffix(".sums")


def sound_bytes(path: Path, end: int) -> int:
    """Check the first `end` bytes of a file, and return how many bytes from its beginning may be used.

    Bytes from the first damaged block on may not be used, and bytes without a checksum may not be used. If the file of
    checksums is missing, all bytes may be used, because older versions wrote no checksums.
    """
    if not path.exists():
        return 0
    if not sums_of(path).exists():
        return path.stat().st_size
    size, sums = _recorded(path)
    with open_file(path) as file:
        for place, expected in zip(range(0, min(size, end), BLOCK), sums, strict=False):
            if zlib.crc32(file.read(min(BLOCK, size - place))) != expected:
                return place
    return size


def _recorded(path: Path) -> tuple[int, list[int]]:
    """Return the recorded number of bytes and the CRC-32 of each block; (0, []) if the record is damaged."""
    try:
        size, sums = read_json(sums_of(path))
        if type(size) is int and len(sums) == -(-size // BLOCK):
            return size, sums
    except (ValueError, TypeError):
        pass
    return 0, []


def begin(path: Path, content: bytes) -> None:
    """Replace a file. The checksums are written first, because a file without checksums is trusted."""
    write_json(sums_of(path), [len(content), [zlib.crc32(content)]])
    write_bytes(path, content)


class Appending:
    """A file to which bytes are appended after the first `size` bytes.

    The bytes are synced to the disk, and then their checksums are written: after each block of 4 MiB, and at the end of
    the `with` statement.

    Args:
        path: The file, which is created if it is missing.
        size: The number of bytes to keep, as `sound_bytes` returned it.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size
        path.touch()
        recorded, sums = _recorded(path) if sums_of(path).exists() else (0, [])
        self.sums = sums[: -(-size // BLOCK)] if recorded >= size else _sums(path, size)
        self.file = path.open("r+b", buffering=0)
        self.file.seek(size)

    def __enter__(self) -> Self:
        self.keep()  # at once, because the bytes of a file without checksums are trusted
        return self

    def __exit__(self, *_: Any) -> None:
        try:
            self.keep()
        finally:
            self.file.close()

    def append(self, content: bytes) -> None:
        """Append bytes."""
        while content:
            if self.size % BLOCK == 0:
                self.sums.append(0)
            with naming(self.path):
                count = self.file.write(content[: BLOCK - self.size % BLOCK])
            self.sums[-1] = zlib.crc32(content[:count], self.sums[-1])
            self.size, content = self.size + count, content[count:]
            if self.size % BLOCK == 0:
                self.keep()

    def keep(self) -> None:
        """Sync the bytes to the disk, and then write their checksums."""
        os.fsync(self.file.fileno())
        write_json(sums_of(self.path), [self.size, self.sums[: -(-self.size // BLOCK)]])


def _sums(path: Path, size: int) -> list[int]:
    """Return the CRC-32 of each block of the first `size` bytes of a file."""
    with open_file(path) as file:
        return [zlib.crc32(file.read(min(BLOCK, size - place))) for place in range(0, size, BLOCK)]
