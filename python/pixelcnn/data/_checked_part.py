"""A file that grows at its end, with checksums of its blocks beside it: bytes that were damaged later are not used."""

import os
import zlib
from pathlib import Path
from typing import Any

from pixelcnn.files import naming, open_file, read_json, write_bytes, write_json

BLOCK = 1 << 22  # bytes of a checksum: to check the first rows of a file, at most so many bytes more are read


def sums_of(path: Path) -> Path:
    """Return the path of the checksums of a file."""
    return path.with_suffix(".sums")


def sound_bytes(path: Path, end: int) -> int:
    """Return how many bytes from the beginning of a file may be used, of which the first `end` are checked.

    Bytes after a damaged block may not be used, nor those after the last that was written down as on the disk. In a
    file without checksums, as older versions wrote them, all bytes may be used.
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
    """Return the number of bytes that were written down, and the CRC-32 of each block; none if they are damaged."""
    try:
        size, sums = read_json(sums_of(path))
        if type(size) is int and len(sums) == -(-size // BLOCK):
            return size, sums
    except (ValueError, TypeError):
        pass
    return 0, []


def begin(path: Path, content: bytes) -> None:
    """Begin a file anew. Its checksums are written first, because a file without checksums would be trusted."""
    write_json(sums_of(path), [len(content), [zlib.crc32(content)]])
    write_bytes(path, content)


class Appending:
    """A file to which bytes are appended after the first `size`. At the end of a block, and at the end of a `with`
    block, the bytes are synced to the disk, and then their checksums are written down.

    Args:
        path: the file; it is made where it is missing.
        size: the number of bytes that are kept, as `sound_bytes` returned it.
    """

    def __init__(self, path: Path, size: int):
        self.path, self.size = path, size
        path.touch()
        known, sums = _recorded(path) if sums_of(path).exists() else (0, [])
        self.sums = sums[: -(-size // BLOCK)] if known >= size else _sums(path, size)
        self.file = path.open("r+b", buffering=0)
        self.file.seek(size)

    def __enter__(self):
        self.keep()  # a file without checksums counts as an old one, whose bytes are trusted
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
        """Sync the bytes to the disk, and then write down their checksums."""
        os.fsync(self.file.fileno())
        write_json(sums_of(self.path), [self.size, self.sums[: -(-self.size // BLOCK)]])


def _sums(path: Path, size: int) -> list[int]:
    with open_file(path) as file:
        return [zlib.crc32(file.read(min(BLOCK, size - place))) for place in range(0, size, BLOCK)]
