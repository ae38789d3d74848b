"""Progress: one bar with images, rate and time left, on standard error alone."""

import re

import keras
import numpy as np
import pytest
import tqdm.auto

import pixelcnn
from pixelcnn import progress

COUNTED = r"{}: 100%\|.*\| {}/{} {} \[\d\d:\d\d<\d\d:\d\d, *[\d.]+ {}/s\]"


@pytest.fixture(scope="module")
def dist():
    return pixelcnn.PixelCNN((4, 4, 1), class_names=["bee", "sun"], high=3, num_blocks=1, num_filters=2)


IMAGES = np.zeros((5, 4, 4, 1), "uint8")


def compressed(dist):
    return pixelcnn.codec.compress(dist, IMAGES, "bee", verbose=0)


WORK = {
    "sample": (lambda dist, **verbose: dist.sample(5, seed=0, conditional_input="bee", **verbose), "Drawing"),
    "complete": (
        lambda dist, **verbose: dist.complete(IMAGES, np.eye(4), "bee", seed=0, **verbose),
        "Drawing",
    ),
    "log_prob": (lambda dist, **verbose: dist.log_prob(IMAGES, "bee", batch_size=2, **verbose), "Likelihood"),
    "bits_per_dim": (lambda dist, **verbose: dist.bits_per_dim(IMAGES, "bee", **verbose), "Likelihood"),
    "compress": (lambda dist, **verbose: pixelcnn.codec.compress(dist, IMAGES, "bee", **verbose), "Compressing"),
    "decompress": (
        lambda dist, **verbose: pixelcnn.codec.decompress(dist, compressed(dist), **verbose),
        "Decompressing",
    ),
    "classify": (lambda dist, **verbose: dist.classify(IMAGES, **verbose), "Classes"),
}


@pytest.mark.parametrize("name", WORK)
def test_a_bar_shows_the_number_the_rate_and_the_time_left_on_standard_error(name, dist, capsys):
    work, description = WORK[name]
    count, unit = ("2", "classes") if name == "classify" else ("5", "images")
    work(dist, verbose=1)
    printed = capsys.readouterr()
    last = printed.err.replace("\n", "\r").rstrip("\r").rsplit("\r", 1)[-1]
    assert re.search(COUNTED.format(description, count + r"\.0", count, unit, unit), last), last
    assert printed.out == ""


@pytest.mark.parametrize("name", WORK)
def test_without_progress_nothing_is_printed(name, dist, capfd):
    WORK[name][0](dist, verbose=0)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name, total", [("log_prob", 5), ("classify", 2), ("complete", 5 * 4), ("decompress", 5 * 16)])
def test_a_function_is_told_what_is_done_up_to_the_end(name, total, dist):
    told = []
    WORK[name][0](dist, verbose=lambda done, of: told.append((done, of)))
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("name", WORK)
def test_verbose_that_does_not_fit_is_named(name, dist):
    with pytest.raises(ValueError, match="verbose='yes' does not fit: expected one of 0, 1, 2"):
        WORK[name][0](dist, verbose="yes")


def test_a_notebook_gets_its_own_bar():
    assert progress.tqdm is tqdm.auto.tqdm


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch compiles nothing")
def test_the_bar_says_that_a_draw_is_compiled_first(capsys):
    pixelcnn.PixelCNN((4, 4, 1), high=1, num_blocks=1, num_filters=2).sample(1, seed=0)
    assert "Drawing, compiling first: " in capsys.readouterr().err
