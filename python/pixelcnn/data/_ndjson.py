"""QuickDraw's `.ndjson` files of strokes: one JSON object in each line, plain or compressed by gzip."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pixelcnn.files import open_file

LONGEST_LINE = 1 << 24  # bytes
MOST_EXPANDED = 100  # unpacked bytes for each byte of a .gz; files of strokes have three to five


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (number, line) for each line of a file that is not blank. A file that gzip compressed is unpacked."""
    with open_file(path) as packed:
        is_gzip = packed.read(2) == b"\x1f\x8b"
        packed.seek(0)
        file = gzip.GzipFile(fileobj=packed) if is_gzip else packed
        left = MOST_EXPANDED * path.stat().st_size + (1 << 20)
        number = 1
        try:
            while line := file.readline(LONGEST_LINE + 1):
                left -= len(line)
                if len(line) > LONGEST_LINE:
                    raise ValueError(f"{path}, line {number} has too many bytes: expected at most {LONGEST_LINE:,}.")
                if left < 0:
                    raise ValueError(
                        f"{path}, line {number}: the file unpacks to more than {MOST_EXPANDED} times its size."
                    )
                if not line.isspace():
                    yield number, line
                number += 1
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}, line {number} cannot be unpacked: {error}") from error


def parse(line: bytes, source: str) -> list:
    """Return the drawing of a line: a list of strokes, each of two or three lists. Strokes without points are left out.

    `source` is the name of the line in errors.
    """
    try:
        drawing = json.loads(line.decode("utf-8-sig"))["drawing"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f'{source} is {line[:60]!r}, which does not fit: expected a JSON object with "drawing".'
        ) from error
    if not isinstance(drawing, list) or not all(_is_stroke(stroke) for stroke in drawing):
        raise ValueError(f"{source} is {line[:60]!r}: expected a drawing of strokes [xs, ys] or [xs, ys, times].")
    return [stroke for stroke in drawing if any(stroke)]


def _is_stroke(stroke: Any) -> bool:
    return isinstance(stroke, list) and len(stroke) in (2, 3) and all(isinstance(column, list) for column in stroke)
