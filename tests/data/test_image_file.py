"""One reader of pictures: upright, on white, in eight bits, grey where the file stores grey."""

import io
import os
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from pixelcnn.data.image_file import MOST_PIXELS, check_shape, read_image

GREY = np.array([[0, 40, 80], [120, 200, 255]], np.uint8)


def png(size, depth, colour, rows):
    """Return a PNG file of a kind that Pillow does not write."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def read(tmp_path):
    """Save a picture and read it."""

    def read(picture, suffix=".png", size=None, channels=None, stretch=False, **options):
        path = tmp_path / f"x{suffix}"
        picture.save(path, **options)
        return read_image(path, size, channels, stretch)

    return read


def palette(*colours, transparency=None):
    picture = Image.new("P", (2, 1))
    picture.putpalette([level for colour in colours for level in colour])
    picture.putdata([0, 1])
    if transparency is not None:
        picture.info["transparency"] = transparency
    return picture


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff", ".gif", ".webp", ".pgm"])
def test_every_kind_of_file_gives_its_levels(read, suffix):
    options = {"lossless": True} if suffix == ".webp" else {}
    images = read(Image.fromarray(GREY), suffix, channels=1, **options)
    assert (images.dtype, images[..., 0].tolist()) == (np.uint8, GREY.tolist())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_a_picture_stands_upright(tmp_path, orientation, suffix):
    """A dark first row, as the eye sees it, whichever way the camera was held."""
    seen = np.full((16, 32), 200, np.uint8)
    seen[:8, :16] = 20
    turned = {
        1: seen, 2: seen[:, ::-1], 3: seen[::-1, ::-1], 4: seen[::-1], 5: seen.T, 6: np.rot90(seen),
        7: seen[::-1, ::-1].T, 8: np.rot90(seen, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"tiffinfo": {274: orientation}} if suffix == ".tif" else {"exif": exif}
    Image.fromarray(np.ascontiguousarray(turned[orientation])).save(tmp_path / f"x{suffix}", **options)
    image = read_image(tmp_path / f"x{suffix}", (16, 32), 1)[..., 0].astype(int)
    assert np.abs(image - seen)[2:6, 2:14].max() < 9 and np.abs(image - seen)[10:, 18:].max() < 9


@pytest.mark.parametrize(
    "picture, expected",
    [
        (Image.new("RGBA", (1, 1), (9, 9, 9, 0)), [255] * 3),
        (Image.new("RGBA", (1, 1), (0, 0, 255, 51)), [204, 204, 255]),
        (Image.new("LA", (1, 1), (9, 0)), [255]),
        (Image.new("LA", (1, 1), (0, 51)), [204]),
        (Image.new("LA", (1, 1), (9, 255)), [9]),
        (Image.new("1", (1, 1), 1), [255]),
        (Image.new("RGB", (1, 1), (1, 2, 3)), [1, 2, 3]),
        (Image.new("RGB", (1, 1), (7, 7, 7)), [7, 7, 7]),
    ],
)
def test_transparency_goes_onto_white_and_stored_grey_is_one_channel(read, picture, expected):
    assert read(picture).ravel().tolist() == expected


@pytest.mark.parametrize("mode, level", [("1", 0), ("L", 7)])
def test_the_transparent_level_of_a_grey_png_is_white(read, mode, level):
    picture = Image.new(mode, (2, 1), level)
    picture.putpixel((1, 0), 255)
    assert read(picture, transparency=level).tolist() == [[[255], [255]]]


def test_sixteen_bits_keep_the_upper_eight_in_grey_and_in_colour(tmp_path, read):
    assert read(Image.fromarray(np.array([[0, 257, 40000, 65535]], np.uint16))).ravel().tolist() == [0, 1, 156, 255]
    grey = Image.fromarray(np.array([[300, 40000]], np.uint16))
    assert read(grey, transparency=40000).ravel().tolist() == [1, 255]
    assert read(grey, ".tif").ravel().tolist() == [1, 156]
    path = tmp_path / "x.png"
    colour = zlib.compress(b"\0" + np.array([40000, 257, 65535], ">u2").tobytes())
    path.write_bytes(png((1, 1), 16, 2, colour))
    assert read_image(path).ravel().tolist() == [156, 1, 255]
    transparent_grey = zlib.compress(b"\0" + np.array([40000, 65535, 40000, 0], ">u2").tobytes())
    path.write_bytes(png((2, 1), 16, 4, transparent_grey))
    assert read_image(path).tolist() == [[[156], [255]]]


@pytest.mark.parametrize("mode", ["I", "F"])
def test_pixels_without_a_range_are_refused(read, mode):
    with pytest.raises(ValueError, match="x.tif cannot be read as an image: its pixels are .*32"):
        read(Image.new(mode, (2, 2), 70000), ".tif")


@pytest.mark.parametrize("suffix", [".png", ".gif"])
def test_a_palette_of_greys_is_grey(read, suffix):
    assert read(palette((5, 5, 5), (9, 9, 9), (1, 2, 3)), suffix).ravel().tolist() == [5, 9]
    assert read(palette((5, 5, 5), (9, 9, 8)), suffix).shape == (1, 2, 3)
    assert read(palette((5, 5, 5), (9, 9, 8)), suffix, transparency=1).tolist() == [[[5], [255]]]


def test_the_first_of_several_frames_is_read(read):
    frames = [Image.new("L", (2, 2), level) for level in (10, 20, 30)]
    for suffix in (".gif", ".tif", ".png", ".mpo"):
        image = read(frames[0], suffix, save_all=True, append_images=frames[1:])
        assert set(image.ravel().tolist()) == {10}, suffix


def test_a_size_crops_evenly_or_stretches(read):
    columns = Image.fromarray(np.repeat(np.array([[0] * 4 + [100] * 4 + [200] * 4], np.uint8), 4, axis=0))
    assert set(read(columns, size=(4, 4)).ravel().tolist()) == {100}
    assert set(read(columns, size=(2, 2), channels=3).ravel().tolist()) <= set(range(90, 111))
    stretched = read(columns, size=(4, 3), stretch=True)[0, :, 0].astype(int)
    assert stretched[0] < 20 < 90 < stretched[1] < 110 < 180 < stretched[2]


@pytest.mark.parametrize("value", [0, (5,), (5, 5, 2), (5.5, 5), "28", (1 << 14, 1 << 14), (10**400, 1), True])
def test_a_shape_is_checked(value):
    with pytest.raises(ValueError, match="size=.* does not fit: expected .H, W"):
        check_shape("size", value)


@pytest.mark.parametrize("side", [8193, 13_000, 20_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, side):
    (tmp_path / "x.png").write_bytes(png((side, side), 8, 6, zlib.compress(bytes(1000))))
    tracemalloc.start()
    with pytest.raises(ValueError, match=f"x.png cannot be read as an image: .*{side}|x.png .* image: Image size"):
        read_image(tmp_path / "x.png")
    assert tracemalloc.get_traced_memory()[1] < 1e7 and side**2 > MOST_PIXELS
    tracemalloc.stop()


def test_a_jpeg_of_thousands_of_scans_is_refused(tmp_path):
    path, whole = tmp_path / "x.jpg", io.BytesIO()
    Image.fromarray(np.resize(GREY, (64, 64))).save(whole, "JPEG", progressive=True)
    content = whole.getvalue()
    last_scan = content[content.rindex(b"\xff\xda") : -2]
    path.write_bytes(content[:-2] + last_scan * 20 + b"\xff\xd9" + b"\xff\xda" * 1000)  # a video may lie behind
    assert read_image(path).shape == (64, 64, 1)
    path.write_bytes(content[:-2] + last_scan * 1000 + b"\xff\xd9")
    with pytest.raises(ValueError, match="x.jpg cannot be read as an image: it has more than 100 scans"):
        read_image(path)


def test_what_is_no_picture_is_named(tmp_path):
    whole = io.BytesIO()
    Image.fromarray(GREY).save(whole, "PNG")
    for content in (b"", b"text", whole.getvalue()[:50], b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"):
        (tmp_path / "x.png").write_bytes(content)
        with pytest.raises(ValueError, match="x.png cannot be read as an image"):
            read_image(tmp_path / "x.png")
    with pytest.raises(FileNotFoundError, match="nothing.png"):
        read_image(tmp_path / "nothing.png")
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("pipe.png", "."):
        with pytest.raises(OSError, match="is not a regular file"):
            read_image(tmp_path / name)
