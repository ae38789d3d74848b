"""The headers of `.npy` files, and QuickDraw's bitmap files: a header, then rows of 784 bytes."""

import io
from typing import IO, NamedTuple

import numpy as np
from numpy.lib import format as npy

ROW = 784  # bytes of one 28x28 drawing
FIRST_BYTES = 128  # the header of a .npy file that NumPy writes; headers of Google's files take 80 bytes
LONGEST_HEADER = 10_000  # bytes; NumPy has the same limit
MOST_ROWS = 1 << 20  # three times the rows of Google's largest class
READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


class Layout(NamedTuple):
    """The content of the header of a `.npy` file; `offset` is the length of the header in bytes."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype
    offset: int


class Header(NamedTuple):
    """The position of the first row of a bitmap file, in bytes, and the number of rows."""

    offset: int
    rows: int

    @property
    def size(self) -> int:
        """Size of the whole file in bytes."""
        return self.at(self.rows)

    def at(self, row: int) -> int:
        """Return the position of the first byte of a row."""
        return self.offset + ROW * row


def header_size(start: bytes, source: str) -> int:
    """Return the length in bytes of the header of a `.npy` file, from the first 12 bytes of the file."""
    if not start.startswith(npy.MAGIC_PREFIX):
        raise ValueError(f"{source} is not a .npy file: it starts with {start[:60]!r}; expected {npy.MAGIC_PREFIX!r}.")
    if len(start) < 12:
        raise ValueError(f"{source} is truncated: it has {len(start)} bytes, fewer than a .npy header.")
    wide = 4 if start[6] > 1 else 2  # bytes of the length: two in version 1.0, four in later versions
    length = int.from_bytes(start[8 : 8 + wide], "little")
    if length > LONGEST_HEADER:
        raise ValueError(f"{source} has a damaged .npy header: {length:,} bytes, expected at most {LONGEST_HEADER:,}.")
    return 8 + wide + length


def read_start(file: IO[bytes], source: str) -> bytes:
    """Read the header of a `.npy` file; a header that declares more than 10 kB is refused."""
    start = file.read(12)
    return start + file.read(max(header_size(start, source) - len(start), 0))


def parse_layout(start: bytes, source: str) -> Layout:
    """Parse the header in the first bytes of a `.npy` file; `source` is the name of the file in errors."""
    size = header_size(start, source)
    if len(start) < size:
        raise ValueError(f"{source} is truncated: it has {len(start)} bytes, and its header takes {size}.")
    stream = io.BytesIO(start)
    try:
        return Layout(*READERS[npy.read_magic(stream)](stream), size)
    except Exception as error:  # NumPy parses the header as Python code, which raises many kinds of errors
        raise ValueError(f"{source} has a damaged .npy header: {start[10:size][:80]!r} ({error}).") from error


def parse_header(start: bytes, source: str) -> Header:
    """Parse and check the header in the first bytes of a bitmap file; `source` is the name of the file in errors."""
    shape, fortran, dtype, offset = parse_layout(start, source)
    if dtype != np.uint8 or fortran or len(shape) != 2 or shape[1] != ROW or not 0 <= shape[0] <= MOST_ROWS:
        order = "Fortran" if fortran else "C"
        raise ValueError(
            f"{source} holds {dtype} of shape {shape} in {order} order: expected a QuickDraw bitmap file: uint8 "
            f"of shape (n, {ROW}) in C order, where n is at most {MOST_ROWS:,}."
        )
    return Header(offset, shape[0])
