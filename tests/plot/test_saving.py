"""Files of figures and films: whole or absent, and exact."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from pixelcnn import plot


def random_images(*shape, high=255, seed=0):
    return np.random.default_rng(seed).integers(0, high + 1, shape)


def test_save_leaves_the_old_file_when_it_fails(tmp_path):
    path = tmp_path / "new folder" / "picture.png"
    picture = plot.grid(random_images(1, 4, 4))
    plot.save(picture, path)
    before = path.read_bytes()
    with pytest.raises(OSError):  # PNG has no such mode
        plot.save(Image.new("CMYK", (2, 2)), path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["picture.png"]


def test_save_names_what_is_no_picture_or_no_path(tmp_path):
    with pytest.raises(ValueError, match="picture of type ndarray does not fit: expected a PIL.Image.Image"):
        plot.save(random_images(1, 4, 4), tmp_path / "a.png")
    with pytest.raises(ValueError, match="path=None does not fit: expected a path"):
        plot.save(plot.grid(random_images(1, 4, 4)), None)


def test_save_names_an_unknown_format(tmp_path):
    with pytest.raises(ValueError, match="path=.*xyz.* does not fit: expected a name that ends in .*png"):
        plot.save(plot.grid(random_images(1, 4, 4)), tmp_path / "picture.xyz")
    assert not list(tmp_path.iterdir())


def pictures_of(path, mode):
    with Image.open(path) as file:
        assert file.info["loop"] == 0
        return [np.asarray(frame.convert(mode)) for frame in ImageSequence.Iterator(file)]


@pytest.mark.parametrize("suffix, channels", [(".gif", 1), (".png", 1), (".png", 3)])
def test_a_film_keeps_every_level_of_every_frame(suffix, channels, tmp_path):
    frames = plot.film(random_images(4, 16, 16, channels), invert=False, scale=1)
    plot.save_film(frames, tmp_path / f"film{suffix}")
    written = pictures_of(tmp_path / f"film{suffix}", frames[0].mode)
    np.testing.assert_array_equal(written, [np.asarray(frame) for frame in frames])


def test_a_gif_in_colour_has_few_colours_and_every_frame(tmp_path):
    ramp = np.arange(256).reshape(1, 16, 16, 1)
    frames = plot.film(np.concatenate([ramp, ramp[:, ::-1], 255 - ramp], axis=-1), scale=1)
    plot.save_film(frames, tmp_path / "film.gif")
    written = pictures_of(tmp_path / "film.gif", "RGB")
    assert len(written) == len(frames) and np.abs(written[-1] - np.asarray(frames[-1], "float")).mean() < 8


def test_a_film_needs_frames_and_a_suffix(tmp_path):
    with pytest.raises(ValueError, match="path's suffix='.jpg' does not fit: expected one of '.gif', '.png'"):
        plot.save_film(plot.film(np.zeros((1, 4, 4))), tmp_path / "film.jpg")
    with pytest.raises(ValueError, match="frames is empty"):
        plot.save_film([], tmp_path / "film.gif")
