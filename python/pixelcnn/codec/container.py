"""The bytes of compressed images: a checksum of all that follows, the header, checksums of the images, their levels."""

import math
import struct
import zlib
from dataclasses import dataclass

import numpy as np

from pixelcnn.codec.origin import FORMAT, Origin

MAGIC = b"PXC\x01"  # the last byte is the version of the format
# What the bytes know of the condition: nothing, because there is none; the labels; a checksum.
NO_CONDITION, LABELS, CHECKSUM = range(3)
WORD = 4  # bytes of a word of the range coder, of a checksum and of a label
AXIS = struct.Struct("<I")
FIXED = struct.Struct("<BBB")  # images of a batch, kind of the condition, number of batch axes


@dataclass(frozen=True)
class Container:
    """What the bytes hold.

    Args:
        origin: The `Origin`.
        batch_size: Number of images that are computed at once.
        batch_shape: Shape of the images without H, W and C.
        kind: `NO_CONDITION`, `LABELS` or `CHECKSUM`.
        condition: Bytes of the labels (B,), or of the checksum.
        checksums: CRC-32 of each image (B,).
        levels: Bytes of the range coder.
    """

    origin: Origin
    batch_size: int
    batch_shape: tuple[int, ...]
    kind: int
    condition: bytes
    checksums: np.ndarray
    levels: bytes

    def to_bytes(self) -> bytes:
        """All as bytes."""
        fixed = FIXED.pack(self.batch_size, self.kind, len(self.batch_shape))
        axes = b"".join(map(AXIS.pack, self.batch_shape))
        checksums = self.checksums.astype("<u4").tobytes()
        content = b"".join((self.origin.to_bytes(), fixed, axes, self.condition, checksums, self.levels))
        return MAGIC + zlib.crc32(content).to_bytes(WORD, "little") + content

    @classmethod
    def from_bytes(cls, data: bytes, label_size: int) -> "Container":
        """Read all from bytes.

        Args:
            data: The bytes.
            label_size: Bytes of a label.

        Raises:
            ValueError: If the bytes are not those of `to_bytes`.
        """
        if data[:3] != MAGIC[:3]:
            raise ValueError("data does not fit: expected bytes from compress, which begin with PXC.")
        if data[: len(MAGIC)] != MAGIC:
            raise ValueError(f"data of format version {data[3:4].hex()} does not fit: expected version 01.")
        reader = _Reader(data[len(MAGIC) :])
        checksum = int.from_bytes(reader.take(WORD), "little")
        if zlib.crc32(reader.rest) != checksum:
            raise _damaged("their checksum is another")
        origin = Origin.from_bytes(reader.take(FORMAT.size))
        batch_size, kind, axes = FIXED.unpack(reader.take(FIXED.size))
        shape = tuple(AXIS.unpack(reader.take(AXIS.size))[0] for _ in range(axes))
        count = math.prod(shape)
        if kind not in (NO_CONDITION, LABELS, CHECKSUM) or not batch_size:
            raise _damaged("their header has impossible values")
        condition = reader.take((0, label_size * count, WORD)[kind])
        checksums = np.frombuffer(reader.take(WORD * count), "<u4")
        if len(reader.rest) % WORD:
            raise _damaged("their length is no multiple of 4")
        return cls(origin, batch_size, shape, kind, condition, checksums, reader.rest)


class _Reader:
    """Takes bytes from the front of `rest`."""

    def __init__(self, rest: bytes):
        self.rest = rest

    def take(self, count: int) -> bytes:
        if count > len(self.rest):
            raise _damaged("they end too early")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken


def _damaged(why: str) -> ValueError:
    return ValueError(f"data is damaged, because {why}: expected the bytes as compress returned them.")
