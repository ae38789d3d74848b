import os
import resource
import sys

import numpy as np
import pytest
from PIL import Image

from pixelcnn.data import folder


def save(path, mode="L", size=(4, 6), colour=None):
    path.parent.mkdir(exist_ok=True)
    Image.new(mode, size, colour or 0).save(path)


@pytest.fixture
def zoo(tmp_path):
    save(tmp_path / "bat" / "b.png", colour=20)
    save(tmp_path / "bat" / "a.PNG", colour=10)
    save(tmp_path / "ant" / "x.jpg", colour=30)
    return tmp_path


def test_sub_folders_are_classes_in_the_order_of_names(zoo):
    images, labels, names = folder(str(zoo))
    assert (images.shape, images.dtype, labels.tolist(), names) == ((3, 6, 4, 1), np.uint8, [0, 1, 1], ("ant", "bat"))
    assert images[:, 0, 0, 0].tolist() == [30, 10, 20]


def test_one_coloured_image_makes_all_of_them_rgb(zoo):
    save(zoo / "bat" / "c.png", "RGB", colour=(1, 2, 3))
    images = folder(zoo).images
    assert images.shape == (4, 6, 4, 3)
    assert images[3, 0, 0].tolist() == [1, 2, 3]
    assert images[1, 0, 0].tolist() == [10, 10, 10]
    assert folder(zoo, image_shape=(6, 4, 1)).images.shape == (4, 6, 4, 1)


def test_other_kinds_of_pixels(tmp_path):
    save(tmp_path / "a" / "1.png", "1", colour=1)
    Image.fromarray(np.full((6, 4), 65535, np.uint16)).save(tmp_path / "a" / "16.png")
    assert folder(tmp_path).images.reshape(2, -1).min(axis=1).tolist() == [255, 255]
    save(tmp_path / "a" / "clear.png", "RGBA", colour=(9, 9, 9, 0))
    assert folder(tmp_path).images[2].min() == 255


def test_sizes_that_differ_need_an_image_shape(zoo):
    save(zoo / "bat" / "wide.png", size=(9, 6))
    with pytest.raises(ValueError, match="wide.png is 6 x 9, but .*x.jpg is 6 x 4; give image_shape=.* or size="):
        folder(zoo)
    assert folder(zoo, image_shape=(5, 7)).images.shape == (4, 5, 7, 1)
    assert folder(zoo, image_shape=(5.0, 7, 3)).images.shape == (4, 5, 7, 3)


def test_sizes_are_looked_at_before_pictures_are_read(tmp_path, monkeypatch):
    for name in ("a", "b", "c"):
        save(tmp_path / "big" / f"{name}.png", "1", (8000, 6000))
    save(tmp_path / "z" / "small.png")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match="small.png is 6 x 4, but .* is 6000 x 8000; give .* size="):
        folder(tmp_path)
    (tmp_path / "z" / "small.png").unlink()
    monkeypatch.setattr(sys.modules["pixelcnn.data.folder"], "MOST_BYTES", 10**8)
    with pytest.raises(ValueError, match=r"more than 100,000,000 bytes of pictures of 6000 x 8000; give size=\(H, W\)"):
        folder(tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes; a picture has 48 MB


def test_pictures_that_exif_turns_have_one_size(tmp_path):
    save(tmp_path / "a" / "upright.jpg", size=(4, 6))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (6, 4)).save(tmp_path / "a" / "turned.jpg", exif=exif)
    assert folder(tmp_path).images.shape == (2, 6, 4, 1)


def test_a_damaged_file_is_named(zoo):
    (zoo / "bat" / "z.png").write_bytes((zoo / "bat" / "b.png").read_bytes()[:40])
    with pytest.raises(ValueError, match="z.png cannot be read as an image"):
        folder(zoo)


def test_folders_without_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not fit: expected one sub-folder with pictures"):
        folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere' does not fit: expected a folder"):
        folder(tmp_path / "nowhere")


def test_what_is_no_picture_of_a_class_is_skipped_and_named(zoo):
    (zoo / "ant" / "notes.txt").write_text("no image")
    (zoo / "ant" / "._x.png").write_bytes(b"AppleDouble")
    (zoo / "ant" / "more.png").mkdir()
    save(zoo / "__MACOSX" / "x.png")
    save(zoo / ".ipynb_checkpoints" / "x.png")
    for name in ("empty", "text", "broken"):
        (zoo / name).mkdir()
    (zoo / "text" / "x.txt").write_text("no image")
    (zoo / "broken" / "x.png").write_text("no image")
    for place in (zoo, zoo / "ant"):
        (place / ".DS_Store").write_bytes(b"Bud1")
    with pytest.warns(UserWarning) as warned:
        images, labels, names = folder(zoo)
    assert (len(images), labels.tolist(), names) == (3, [0, 1, 1], ("ant", "bat"))
    (text,) = (str(warning.message) for warning in warned)
    for name in (
        *(" __MACOSX,", " .ipynb_checkpoints,", " .DS_Store,", "ant/.DS_Store", "ant/._x.png", "ant/notes.txt"),
        *("ant/more.png", "empty (no picture)", "text (no picture)", "x.png cannot be read as an image"),
    ):
        assert name in text


def test_every_kind_of_picture_is_read(tmp_path):
    kinds = ("png", "jpeg", "JPG", "bmp", "webp", "tif", "tiff", "gif", "pgm")
    for level, kind in enumerate(kinds):
        save(tmp_path / "a" / f"{level}.{kind}", colour=100 + level)
    images = folder(tmp_path, size=(6, 4, 1)).images
    np.testing.assert_allclose(images[:, 0, 0, 0], 100 + np.arange(len(kinds)), atol=2)


def test_a_size_crops_and_an_image_shape_stretches(tmp_path):
    save(tmp_path / "a" / "wide.png", size=(8, 4), colour=200)
    picture = Image.open(tmp_path / "a" / "wide.png")
    picture.paste(0, (0, 0, 2, 4))
    picture.save(tmp_path / "a" / "wide.png")
    assert folder(tmp_path, size=4).images[0, 0, :, 0].tolist() == [200] * 4
    assert folder(tmp_path, image_shape=(4, 4)).images[0, 0, 0, 0] < 50
    assert folder(tmp_path, size=(2, 3, 3)).images.shape == (1, 2, 3, 3)
    with pytest.raises(ValueError, match="image_shape=.* and size=.* are both given: expected one"):
        folder(tmp_path, image_shape=(4, 4), size=4)
    with pytest.raises(ValueError, match="size=.* does not fit: expected .H, W"):
        folder(tmp_path, size=(4, 4, 2))


def test_class_names_that_look_like_numbers(tmp_path):
    for name in ("1", "2", "10"):
        save(tmp_path / name / "x.png", colour=int(name))
    images, labels, names = folder(tmp_path)
    assert (labels.tolist(), names, images[:, 0, 0, 0].tolist()) == ([0, 1, 2], ("1", "10", "2"), [1, 10, 2])


def test_a_pipe_and_a_bomb_are_named(zoo):
    os.mkfifo(zoo / "bat" / "pipe.png")
    with pytest.raises(OSError, match="pipe.png is not a regular file"):
        folder(zoo)
    (zoo / "bat" / "pipe.png").unlink()
    Image.new("1", (13_000, 13_000)).save(zoo / "bat" / "bomb.png")
    with pytest.raises(ValueError, match="bomb.png .* 13000 x 13000 pixels; at most 67,108,864 are read"):
        folder(zoo)


@pytest.mark.parametrize("shape", [(5,), (0, 5), (5, 5, 2), (5.5, 5)])
def test_image_shape_is_checked(zoo, shape):
    with pytest.raises(ValueError, match="image_shape=.* does not fit: expected .H, W"):
        folder(zoo, image_shape=shape)
