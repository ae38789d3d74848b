"""A film shows what the sampler had drawn after each row, and ends with the images."""

import numpy as np
import pytest

import pixelcnn
from pixelcnn import plot
from pixelcnn.orders import Orders
from pixelcnn.plot.layout import PAPER
from pixelcnn.sampling.sampler import Batch, Draw, Pixels

MODEL = {"high": 3, "num_blocks": 1, "num_filters": 2, "orders": 8}


@pytest.fixture(scope="module")
def dist():
    return pixelcnn.PixelCNN((4, 4, 1), **MODEL)


def pixels_of(frame, count, side=4):
    """The images (B, H, W) of a frame of one row of images of the scale 1."""
    page = np.asarray(frame)
    return np.stack([page[2 : 2 + side, 2 + k * (side + 2) : 2 + k * (side + 2) + side] for k in range(count)])


def test_the_last_frame_is_what_sample_returns(dist):
    images = dist.sample(3, seed=1, verbose=0)
    frames = plot.film(images, high=3, scale=1, columns=3, invert=False)
    assert len(frames) == 1 + 4
    np.testing.assert_array_equal(frames[-1], plot.grid(images, high=3, scale=1, columns=3, invert=False))
    np.testing.assert_array_equal(pixels_of(frames[-1], 3), 85 * images[..., 0])
    assert np.all(pixels_of(frames[0], 3) == PAPER)


def test_a_frame_holds_what_the_sampler_has_drawn_so_far(dist):
    """The sampler itself tells its levels after each row."""
    images, told = dist.sample(2, seed=1, verbose=0), []
    sampler = dist._sampler("cached")
    blank = np.zeros((2, 4, 4, 1), "float32")
    pixels = Pixels(pixelcnn.noise.uniforms(1, 0, 2, (4, 4, 1)), blank, blank.astype(bool))
    arrays, _ = dist.condition.check(None, order=0)
    batch = Batch(pixels, dist.condition.flatten(arrays, (2,)))
    prepared = sampler.prepare(dist.values_of(dist.network.variables))
    sampler.draw(prepared, batch, Draw(1, by_block=True), lambda rows, levels: told.append(levels()))
    frames = plot.film(images, high=3, scale=1, columns=2, invert=False)
    for done, (frame, levels) in enumerate(zip(frames[1:], told, strict=True), start=1):
        np.testing.assert_array_equal(pixels_of(frame, 2)[:, :done], 85 * levels[:, :done, :, 0])
        assert np.all(pixels_of(frame, 2)[:, done:] == PAPER)


@pytest.mark.parametrize("order", range(8))
def test_pixels_appear_in_the_order_of_the_drawing(dist, order):
    images = np.full((1, 4, 4, 1), 3)
    frames = plot.film(images, order=order, high=3, scale=1, invert=False)
    orders = Orders(8, (4, 4, 1))
    for rows, frame in enumerate(frames):
        drawn = (pixels_of(frame, 1) == 255)[..., None]
        turned = orders.to_order(drawn, np.array([order]))[0, ..., 0]
        np.testing.assert_array_equal(turned, np.arange(4)[:, None] < rows + np.zeros(4, int))


def test_a_completion_begins_with_what_is_known(dist):
    images, mask = pixelcnn.occlude(dist.sample(2, seed=1, verbose=0), box=(0, 0, 4, 2))
    completed = dist.complete(images, mask, seed=2, verbose=0)
    order = dist.condition.orders.fitting(np.broadcast_to(mask[..., None], images.shape))
    frames = plot.film(completed, mask, order, high=3, scale=1, columns=2, invert=False)
    first = pixels_of(frames[0], 2)
    assert np.all(first[:, ~mask] == PAPER)
    np.testing.assert_array_equal(first[:, mask], 85 * images[:, mask, 0])
    np.testing.assert_array_equal(pixels_of(frames[-1], 2), 85 * completed[..., 0])
    assert len(plot.film(completed, np.ones((4, 4), bool), high=3)) == 1


@pytest.mark.parametrize("channels", [1, 3])
def test_classes_have_panels_of_one_size(channels):
    images = np.random.default_rng(0).integers(0, 256, (5, 2, 6, 8, channels))
    names = [f"class {k}" for k in range(5)]
    frames = plot.film(images, class_names=names)
    assert len({frame.size for frame in frames}) == 1 and len(frames) == 7
    figure = plot.real_vs_generated(None, images, names)
    np.testing.assert_array_equal(frames[-1], figure)


@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"order": 8}, "order=8 does not fit: expected a whole number 0 … 7"),
        ({"order": [0, 1, 2]}, "order of length 3 does not fit: expected one number, or 2"),
        ({"known": np.ones((3, 4))}, r"known of shape \(3, 4\) does not fit"),
        (
            {"class_names": ["bee"]},
            r"images of shape \(2, 4, 4, 1\) does not fit: expected \(K, n, H, W, C\) with K = 1",
        ),
    ],
)
def test_arguments_of_a_film_that_do_not_fit_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        plot.film(np.zeros((2, 4, 4, 1)), **arguments)
