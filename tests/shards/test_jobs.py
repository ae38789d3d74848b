"""Shards draw and score the same images, however many there are, and each part is written once and whole."""

import os
import shutil

import numpy as np
import pytest

import pixelcnn
from models import shake
from pixelcnn.evaluation import measure_likelihood
from pixelcnn.evaluation.labelled_images import LabelledImages
from pixelcnn.shards import merge_scores, missing_parts, read_parts, sample_shard, score_shard

pytestmark = pytest.mark.quick
COUNT, SIZE = 10, 4  # the last of three parts is shorter


def make_model():
    model = pixelcnn.PixelCNN((3, 3, 1), high=3, num_classes=2, num_blocks=1, num_filters=2, condition_dropout=0.1)
    shake(model)
    return model


MODEL = None


@pytest.fixture(scope="module")
def model():
    return make_model()


def draw(model, folder, shard=(0, 1), **changed):
    job = {"count": COUNT, "labels": [1, 0], "seed": 5, "part_size": SIZE, "temperature": 0.9}
    return sample_shard(model, folder, **{**job, **changed}, shard=shard)


@pytest.fixture(scope="module")
def whole(model, tmp_path_factory):
    """The folder of a job in one shard."""
    folder = tmp_path_factory.mktemp("whole")
    draw(model, folder)
    return folder


@pytest.fixture
def copy(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "copy")


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("number", [2, 3, 7])
def test_any_number_of_shards_writes_the_same_files(number, model, whole, tmp_path):
    written = [path for i in reversed(range(number)) for path in draw(model, tmp_path, (i, number))]
    assert sorted(path.name for path in written) == sorted(path.name for path in whole.glob("*.npz"))
    assert content(tmp_path) == content(whole)


def test_image_k_is_the_image_k_of_the_seed(model, whole):
    parts = list(read_parts(whole))
    labels = np.concatenate([part["labels"] for part in parts])
    assert np.concatenate([part["numbers"] for part in parts]).tolist() == list(range(COUNT))
    assert labels.tolist() == [1, 0] * (COUNT // 2)
    drawn = model.sample(seed=5, conditional_input=labels, temperature=0.9, batch_size=4, verbose=0)
    assert np.array_equal(np.concatenate([part["images"] for part in parts]), drawn)
