"""QuickDraw's bitmap files: a .npy header, then rows of 784 bytes."""

import ast
from pathlib import Path
from typing import NamedTuple

import numpy as np

MAGIC = b"\x93NUMPY"
ROW = 784  # bytes of one 28x28 drawing
FIRST_BYTES = 128  # what NumPy writes before the rows of such a file; Google's files have 80


class Header(NamedTuple):
    """Where the rows begin, and how many there are."""

    offset: int
    rows: int

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self.at(self.rows)

    def at(self, row: int) -> int:
        """Return the position of the first byte of a row."""
        return self.offset + ROW * row


def header_size(start: bytes, source: str) -> int:
    """Return how many bytes the header of a .npy takes, from the first 12 bytes of the file."""
    if not start.startswith(MAGIC):
        raise ValueError(f"{source} is not a .npy file: it starts with {start[:60]!r}, a .npy with {MAGIC!r}.")
    if len(start) < 12:
        raise ValueError(f"{source} is truncated: {len(start)} bytes are no .npy header.")
    wide = 4 if start[6] > 1 else 2  # version 1.0 has a length of two bytes, later ones of four
    return 8 + wide + int.from_bytes(start[8 : 8 + wide], "little")


def parse_header(start: bytes, source: str) -> Header:
    """Read and check the header in the first bytes of a bitmap file; `source` names it in errors."""
    offset = header_size(start, source)
    if len(start) < offset:
        raise ValueError(f"{source} is truncated: {len(start)} bytes, of which the header alone takes {offset}.")
    text = start[12 if start[6] > 1 else 10 : offset].decode("latin-1")
    try:
        fields = ast.literal_eval(text.strip())
        kind, fortran, shape = np.dtype(fields["descr"]), fields["fortran_order"], tuple(fields["shape"])
    except (ValueError, SyntaxError, TypeError, KeyError) as error:
        raise ValueError(f"{source} has a damaged .npy header: {text[:80]!r}.") from error
    if kind != np.uint8 or fortran or len(shape) != 2 or shape[1] != ROW:
        order = "Fortran" if fortran else "C"
        raise ValueError(
            f"{source} holds {kind} of shape {shape} in {order} order; a QuickDraw bitmap file holds uint8 of "
            f"shape (n, {ROW}) in C order."
        )
    return Header(offset, shape[0])


def read_header(path: Path) -> Header:
    """Read the header of a bitmap file on disk."""
    with path.open("rb") as file:
        start = file.read(12)
        start += file.read(max(header_size(start, str(path)) - len(start), 0))
    return parse_header(start, str(path))


def read_rows(path: Path, position: int, count: int) -> np.ndarray:
    """Return `count` drawings, (count, 28, 28, 1), that begin at byte `position`; nothing else is read."""
    if count == 0:  # an empty file cannot be mapped
        return np.zeros((0, 28, 28, 1), np.uint8)
    rows = np.memmap(path, np.uint8, mode="r", offset=position, shape=(count, 28, 28, 1))
    return np.array(rows)
