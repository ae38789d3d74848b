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
    (tmp_path / "ant" / "notes.txt").write_text("no image")
    (tmp_path / ".git").mkdir()
    (tmp_path / "readme.md").write_text("no class")
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
    with pytest.raises(ValueError, match="wide.png is 6 x 9, but .*x.jpg is 6 x 4; give `image_shape="):
        folder(zoo)
    assert folder(zoo, image_shape=(5, 7)).images.shape == (4, 5, 7, 1)
    assert folder(zoo, image_shape=(5.0, 7, 3)).images.shape == (4, 5, 7, 3)


def test_a_damaged_file_is_named(zoo):
    (zoo / "bat" / "z.png").write_bytes((zoo / "bat" / "b.png").read_bytes()[:40])
    with pytest.raises(ValueError, match="z.png cannot be read as an image"):
        folder(zoo)


def test_folders_without_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no PNG or JPEG file in a sub-folder"):
        folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere' is not a folder"):
        folder(tmp_path / "nowhere")


@pytest.mark.parametrize("shape", [(5,), (0, 5), (5, 5, 2), (5.5, 5)])
def test_image_shape_is_checked(zoo, shape):
    with pytest.raises(ValueError, match="`image_shape` must be"):
        folder(zoo, image_shape=shape)
