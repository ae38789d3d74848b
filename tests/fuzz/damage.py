"""Kinds of damage. Each takes `draw`, which draws from a hypothesis strategy, and the bytes of a whole file.

`BYTES` fit any file; the others damage what a format means, and leave its checksums right.
"""

import functools
import io
import json
import re
import struct
import warnings
import zipfile
import zlib

from hypothesis import strategies as st

MANY = 20_000  # of what a short file repeats
BINARY = st.binary(min_size=1, max_size=64)
EXTREME_BYTES = st.sampled_from((b"\0", b"\xff", b"\x7f", b"\x80", b"\x01", b"\n", b"{", b"PK\x03\x04", b"\x93NUMPY"))
FOREIGN = st.sampled_from((b"", b"<!doctype html><title>Log in</title>", b"\x93NUMPY", b"PK\x05\x06" + bytes(18)))
EXTREME_NUMBERS = st.sampled_from((0, 1, -1, 127, 128, 255, 32767, 65535, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1))


def _place(draw, content):
    return draw(st.integers(0, len(content)))


def _part(draw, content):
    begin = _place(draw, content)
    return begin, begin + draw(st.integers(1, max(len(content) // 4, 1)))


def cut(draw, content):
    return content[: _place(draw, content)]


def beheaded(draw, content):
    return content[_place(draw, content) :]


def bits_flipped(draw, content):
    damaged = bytearray(content)
    for _ in range(draw(st.integers(1, 8)) if content else 0):
        damaged[draw(st.integers(0, len(content) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(damaged)


def overwritten(draw, content):
    begin, end = _part(draw, content)
    return content[:begin] + (draw(EXTREME_BYTES) * (end - begin))[: end - begin] + content[end:]


def number_overwritten(draw, content):
    size, order = draw(st.sampled_from((1, 2, 4, 8))), draw(st.sampled_from(("little", "big")))
    begin = _place(draw, content)
    number = draw(EXTREME_NUMBERS) % (1 << 8 * size)
    return content[:begin] + number.to_bytes(size, order) + content[begin + size :]


def part_removed(draw, content):
    begin, end = _part(draw, content)
    return content[:begin] + content[end:]


def part_repeated(draw, content):
    begin, end = _part(draw, content)
    return content[:end] + content[begin:end] * draw(st.integers(1, 50)) + content[end:]


def bytes_inserted(draw, content):
    begin = _place(draw, content)
    return content[:begin] + draw(BINARY) + content[begin:]


def bytes_appended(draw, content):
    return content + draw(BINARY) * draw(st.integers(1, 1000))


def foreign(draw, content):
    return draw(FOREIGN) + draw(st.binary(max_size=200))


BYTES = (
    cut, beheaded, bits_flipped, overwritten, number_overwritten, part_removed, part_repeated, bytes_inserted,
    bytes_appended, foreign,
)  # fmt: skip

# Text ----------------------------------------------------------------------------------------------------------------

TOKEN = re.compile(rb'-?\d+(\.\d+)?|"[^"\n]*"|[a-z]+|[^\s\w]')
TOKENS = st.sampled_from(
    (b"0", b"-1", b"2.5", b"1e400", b"NaN", b"-Infinity", b"9" * 400, b"9" * 20_000, b"null", b"true", b'""', b'"x"',
     b"[]", b"{}", b"[[]]", b'"\\ud800"', b'"\x1b[31m"', b'"\\u0000"', b"\0", b"\xff", b",", b'"', b"\n", b"", b"'")
)  # fmt: skip


def _in_place_of_a_token(draw, content, new):
    tokens = list(TOKEN.finditer(content))
    if not tokens:
        return new
    chosen = tokens[draw(st.integers(0, len(tokens) - 1))]
    return content[: chosen.start()] + new + content[chosen.end() :]


def token_replaced(draw, content):
    return _in_place_of_a_token(draw, content, draw(TOKENS))


def nested_deeply(draw, content):
    opened, closed = draw(st.sampled_from(((b"[", b"]"), (b'{"a":', b"}"), (b"[", b""))))
    depth = draw(st.sampled_from((500, 5_000, 100_000)))
    return _in_place_of_a_token(draw, content, opened * depth + b"1" + closed * depth)


def in_another_encoding(draw, content):
    return content.decode().encode(draw(st.sampled_from(("utf-16", "utf-32", "utf-8-sig", "utf-7", "cp037"))))


def lines_shuffled(draw, content):
    lines = content.splitlines(keepends=True)
    return b"".join(draw(st.lists(st.sampled_from(lines), max_size=2 * len(lines))))


def long_field(draw, content):
    return _in_place_of_a_token(draw, content, b'"' + b"x" * draw(st.sampled_from((5_000, 200_000))) + b'"')


TEXT = (token_replaced, nested_deeply, in_another_encoding, lines_shuffled, long_field)

# JSON ----------------------------------------------------------------------------------------------------------------

VALUES = st.sampled_from(
    (None, True, False, 0, -1, 2.5, 1e300, float("nan"), 10**30, 10**400, "", "x", "\x1b[31m", "\ud800", "1", [], {},
     [None], [[1, 2], [3]], {"a": 1}, [0] * MANY, "x" * MANY, 100_000, 2**31)
)  # fmt: skip


def _nodes(value, path=()):
    """The paths to all values within a JSON value."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _nodes(part, (*path, key))


def _parent(draw, value):
    """A container within a JSON value and a key of it, drawn at random."""
    *path, key = draw(st.sampled_from([path for path in _nodes(value) if path]))
    for step in path:
        value = value[step]
    return value, key


def value_replaced(draw, content):
    value = json.loads(content)
    container, key = _parent(draw, value)
    container[key] = draw(VALUES)
    return json.dumps(value).encode()


def key_dropped(draw, content):
    value = json.loads(content)
    container, key = _parent(draw, value)
    del container[key]
    return json.dumps(value).encode()


def key_added(draw, content):
    value = json.loads(content)
    container, key = _parent(draw, value)
    if isinstance(container, dict):
        container[draw(st.sampled_from(("x", "", str(key).upper(), "class_name", "__init__")))] = draw(VALUES)
    else:
        container.append(draw(VALUES))
    return json.dumps(value).encode()


JSON = (value_replaced, key_dropped, key_added)

# NumPy ---------------------------------------------------------------------------------------------------------------

TYPES = (
    "'|O'", "'<f8'", "'<U5'", "'|V8'", "'|S0'", "'|b1'", "[('a', '|u1')]", "'<M8[ns]'", "'zz'", "1", "'|u1'", "None",
)  # fmt: skip
SHAPES = (
    "()", "(5,)", "(-1, 784)", "(5, 784)", "(5, -784)", "(2**40, 784)", "(1099511627776, 784)", "(5, 10000000000)",
    "(5.0, 784)", "(True, 784)", "None", "'x'", "(0, 784)", "(1,) * 70", "(" + "1," * 40 + ")",
)  # fmt: skip


def npy_header_replaced(draw, content):
    fields = {"descr": "'|u1'", "fortran_order": "False", "shape": "(5, 784)"}
    fields["descr"] = draw(st.sampled_from(TYPES))
    fields["shape"] = draw(st.sampled_from(SHAPES))
    fields["fortran_order"] = draw(st.sampled_from(("False", "True", "0", "None")))
    for name in draw(st.lists(st.sampled_from(tuple(fields)), max_size=1)):
        del fields[name]
    text = "{" + ", ".join(f"'{name}': {value}" for name, value in fields.items()) + "}"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text) + 1) + text.encode() + b"\n" + content[128:]


def npy_length_replaced(draw, content):
    version = draw(st.sampled_from((0, 1, 2, 3, 255)))
    return content[:6] + bytes([version, 0]) + struct.pack("<I", draw(EXTREME_NUMBERS) % 2**32) + content[12:]


NPY = (npy_header_replaced, npy_length_replaced)

# ZIP -----------------------------------------------------------------------------------------------------------------


def _members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _archive(members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def _in_member(kind):
    """The damage within one member of an archive, whose checksum is that of the damaged bytes."""

    def damaged(draw, content):
        members = _members(content)
        name = draw(st.sampled_from(sorted(members)))
        return _archive({**members, name: kind(draw, members[name])}.items())

    damaged.__name__ = f"member_{kind.__name__}"
    return damaged


def member_missing(draw, content):
    members = _members(content)
    del members[draw(st.sampled_from(sorted(members)))]
    return _archive(members.items())


def members_renamed(draw, content):
    members = _members(content)
    names = draw(st.permutations(sorted(members)))
    return _archive(zip(names, members.values(), strict=True))


def member_twice(draw, content):
    members = _members(content)
    name = draw(st.sampled_from(sorted(members)))
    return _archive([*members.items(), (name, draw(BINARY))])


def member_added(draw, content):
    name = draw(st.sampled_from(("../evil", "/evil", "assets/x", "x" * 1000, "a/b/c", "model.weights.npz")))
    return _archive([*_members(content).items(), (name, draw(BINARY))])


def member_flags_replaced(draw, content):
    """Flags, such as that of an encrypted member, method and version, in the archive's directory and before members."""
    damaged = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(signature), content):
            struct.pack_into("<H", damaged, found.start() + offset, draw(st.sampled_from((1, 9, 0x41, 0xFFFF))))
    return bytes(damaged)


def member_sizes_replaced(draw, content):
    damaged = bytearray(content)
    for found in re.finditer(b"PK\x01\x02", content):
        struct.pack_into(
            "<I", damaged, found.start() + draw(st.sampled_from((20, 24, 42))), draw(EXTREME_NUMBERS) % 2**32
        )
    return bytes(damaged)


def member_inflated(draw, content):
    """A member grown to a size that only a compressed archive can have."""
    members = _members(content)
    name = draw(st.sampled_from(sorted(members)))
    return _archive({**members, name: members[name] + bytes(1 << 28)}.items(), zipfile.ZIP_DEFLATED)


COSTLY = (member_inflated,)  # takes seconds to make
ZIP = (
    *map(_in_member, BYTES), member_missing, members_renamed, member_twice, member_added, member_flags_replaced,
    member_sizes_replaced, member_inflated,
)  # fmt: skip


def in_config(kind):
    """The damage to `config.json` within an archive."""

    def damaged(draw, content):
        members = _members(content)
        return _archive({**members, "config.json": kind(draw, members["config.json"])}.items())

    damaged.__name__ = f"config_{kind.__name__}"
    return damaged


# Pictures ------------------------------------------------------------------------------------------------------------


def _chunks(content):
    position, chunks = 8, []
    while position < len(content):
        (length,) = struct.unpack(">I", content[position : position + 4])
        chunks.append((content[position + 4 : position + 8], content[position + 8 : position + 8 + length]))
        position += 12 + length
    return chunks


def _png(chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def png_chunk_damaged(draw, content):
    chunks = _chunks(content)
    index = draw(st.integers(0, len(chunks) - 1))
    kind, body = chunks[index]
    chunks[index] = kind, draw(st.sampled_from(BYTES))(draw, body)
    return _png(chunks)


def png_header_replaced(draw, content):
    sides = st.sampled_from((0, 1, 7, 8, 13_000, 2**20, 2**31 - 1, 2**32 - 1))
    fields = (
        draw(sides),
        draw(sides),
        draw(st.integers(0, 17)),
        draw(st.integers(0, 7)),
        0,
        0,
        draw(st.integers(0, 2)),
    )
    return _png([(b"IHDR", struct.pack(">IIBBBBB", *fields)), *_chunks(content)[1:]])


def png_chunks_shuffled(draw, content):
    return _png(draw(st.permutations(_chunks(content))))


@functools.cache
def _large_png(side):
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return _png([(b"IHDR", header), (b"IDAT", zlib.compress(bytes((1 + side) * side), 1)), (b"IEND", b"")])


def png_bomb(draw, content):
    return _large_png(draw(st.sampled_from((8_000, 13_000))))


PNG = (png_chunk_damaged, png_header_replaced, png_chunks_shuffled, png_bomb)


def jpeg_size_replaced(draw, content):
    start = content.find(b"\xff\xc0")
    sides = st.sampled_from((0, 1, 13_000, 65_535))
    return content[: start + 5] + struct.pack(">HH", draw(sides), draw(sides)) + content[start + 9 :]


def jpeg_segments_removed(draw, content):
    marker = bytes([0xFF, draw(st.sampled_from((0xC0, 0xC4, 0xDB, 0xDA, 0xE0)))])
    start = content.find(marker)
    (length,) = struct.unpack(">H", content[start + 2 : start + 4])
    return content[:start] + content[start + 2 + length :]


JPEG = (jpeg_size_replaced, jpeg_segments_removed)


# HTTP ----------------------------------------------------------------------------------------------------------------

HEADERS = st.sampled_from(
    b"Content-Length Content-Range Content-Type Content-Encoding Transfer-Encoding ETag Location".split()
)
HEADER_VALUES = st.sampled_from(
    (b"", b"-1", b"0", b"1e3", b"9" * 30, b"9" * 5_000, b"bytes */5", b"bytes 0-127/*", b"bytes 5-1/3",
     b"bytes 0-127/-5", b"bytes 0-127/99999999999999999999", b"text/html", b"gzip", b"br", b"chunked", b'W/"1"',
     b"\xff\xfe", b"\x1b[31m", b"x" * 70_000, b"file:///etc/passwd")
)  # fmt: skip


def status_replaced(draw, content):
    _, _, rest = content.partition(b"\r\n")
    status = draw(st.sampled_from(b"100 200 204 301 304 400 404 416 500 999 -1 x".split()))
    return b"HTTP/1.0 " + status + b" Some\r\n" + rest


def header_replaced(draw, content):
    head, _, body = content.partition(b"\r\n\r\n")
    name = draw(HEADERS)
    lines = [line for line in head.split(b"\r\n") if not line.startswith(name + b":")]
    return b"\r\n".join([*lines, name + b": " + draw(HEADER_VALUES)]) + b"\r\n\r\n" + body


def many_headers(draw, content):
    line, _, rest = content.partition(b"\r\n")
    return line + b"\r\n" + b"X-Y: z\r\n" * draw(st.sampled_from((50, 1_000))) + rest


def body_damaged(draw, content):
    head, _, body = content.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + draw(st.sampled_from((*BYTES, *NPY)))(draw, body)


HTTP = (status_replaced, header_replaced, many_headers, body_damaged)
