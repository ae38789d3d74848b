"""Splits are apart, classes keep their names, and bad requests are named."""

import numpy as np
import pytest
from PIL import Image

from pixelcnn.training.data_source import DataSource


@pytest.fixture
def folder(tmp_path):
    for k, name in enumerate(("ant", "bat", "cat")):
        (tmp_path / name).mkdir()
        for i in range(25):
            Image.new("L", (4, 6), 50 * k + i).save(tmp_path / name / f"{i:02d}.png")
    return f"folder:{tmp_path}"


def test_folder_splits_are_apart_and_complete(folder):
    train, test = DataSource(folder).load("train"), DataSource(folder).load("test")
    assert train[2] == test[2] == ("ant", "bat", "cat")
    assert np.bincount(train[1]).tolist() == [23] * 3 and np.bincount(test[1]).tolist() == [2] * 3
    values = [set(part[0][:, 0, 0, 0].tolist()) for part in (train, test)]
    assert not values[0] & values[1] and len(values[0] | values[1]) == 75


def test_folder_classes_are_chosen_and_ordered_by_name(folder):
    images, labels, names = DataSource(folder, classes=["cat", "ant"], per_class=5).load("train")
    assert names == ("cat", "ant") and labels.tolist() == [0] * 5 + [1] * 5
    assert images[0, 0, 0, 0] == 100 and images[5, 0, 0, 0] == 0


def test_doodle_splits_differ_and_repeat():
    source = DataSource("doodles", classes=("bee", "sun"), per_class=20)
    train, test = source.load("train"), source.load("test")
    assert len(train[0]) == 40 and len(test[0]) == 4
    np.testing.assert_array_equal(train[0], source.load("train")[0])
    assert not any((train[0] == image).all(axis=(1, 2, 3)).any() for image in test[0])


@pytest.mark.parametrize(
    "make, named",
    [
        (lambda folder: DataSource("quickdraws"), "quickdraws"),
        (lambda folder: DataSource("doodles", per_class=0), "per_class is 0"),
        (lambda folder: DataSource(folder).load("valid"), "valid"),
        (lambda folder: DataSource(folder, classes=("dog",)).load("train"), "dog"),
    ],
)
def test_errors_name_what_was_given(folder, make, named):
    with pytest.raises(ValueError, match=named):
        make(folder)


def test_a_class_too_small_to_split_is_named(folder, tmp_path):
    for file in sorted((tmp_path / "bat").iterdir())[2:]:
        file.unlink()
    with pytest.raises(ValueError, match="'bat' has 2 images"):
        DataSource(folder).load("train")
