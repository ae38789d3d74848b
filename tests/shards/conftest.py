"""A tiny model with classes and a job, whose compiled functions all tests of shards share."""

import numpy as np
import pytest

import pixelcnn
from models import shake
from pixelcnn.shards import sample_shard

COUNT, SIZE = 11, 4  # the last of three parts is shorter


@pytest.fixture(scope="session")
def model():
    tiny = {"num_blocks": 1, "num_filters": 2}
    distribution = pixelcnn.PixelCNN((3, 3, 1), high=3, class_names=("above", "below"), **tiny)
    shake(distribution)
    return distribution


@pytest.fixture(scope="session")
def draw(model):
    """A function that runs one shard of a job."""

    def run(folder, shard=(0, 1), model=model, **changed):
        job = {"count": COUNT, "labels": ["below", "above"], "seed": 5, "part_size": SIZE, "temperature": 0.9}
        return sample_shard(model, folder, **{**job, **changed}, shard=shard)

    return run


@pytest.fixture(scope="session")
def whole(draw, tmp_path_factory):
    """The folder of the job, written by one shard."""
    folder = tmp_path_factory.mktemp("whole") / "images"
    draw(folder)
    return folder


@pytest.fixture(scope="session")
def data():
    """Images and labels."""
    random = np.random.default_rng(0)
    return random.integers(0, 4, (COUNT, 3, 3, 1), dtype="uint8"), np.arange(COUNT) % 2


@pytest.fixture(scope="session")
def content():
    """A function that returns the bytes of all files of a folder."""
    return lambda folder: {path.name: path.read_bytes() for path in folder.iterdir()}
