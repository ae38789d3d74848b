"""Splits are apart, classes keep their names, and bad requests are named."""

import json

import numpy as np
import pytest
from PIL import Image

from pixelcnn.training import Preset, RunConfig
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


def numbered(path):
    for name in ("1", "2", "10"):
        (path / name).mkdir()
        for i in range(5):
            Image.new("L", (2, 2), int(name)).save(path / name / f"{i}.png")
    return f"folder:{path}"


@pytest.mark.parametrize("classes", [("1", "2"), (1, 2)])
def test_a_class_is_a_name_first_and_a_number_where_none_matches(tmp_path, classes):
    """Command lines and old `config.json` give digits as text and as numbers."""
    source = numbered(tmp_path)
    images, _, names = DataSource(source, classes=classes).load("train")
    assert names == ("1", "2") and images[:, 0, 0, 0].tolist() == [1] * 3 + [2] * 3
    assert DataSource(source, classes=("0", "10")).load("test")[2] == ("1", "10") != DataSource(source).load("test")[2]


def test_a_size_scales_and_crops_a_folder_and_is_part_of_the_record(folder):
    source = DataSource(folder, size=[3, 2, 3])
    assert source.load("train")[0].shape == (69, 3, 2, 3)
    config = RunConfig(Preset("nano", 1, 1, 4, 2, 0.0, 1e-2, 16, 1, None, "tests"), source, 1, None, 16, 1e-2)
    record = json.loads(json.dumps(config.to_json()))
    assert record["data"]["size"] == [3, 2, 3] and RunConfig.from_json(record) == config
    del record["data"]["size"]  # of a run from before there was a size
    assert RunConfig.from_json(record).data == DataSource(folder)
    for kind, size, named in (("doodles", 28, "28 does not fit data='doodles'"), (folder, (0, 2), "size=.*not fit")):
        with pytest.raises(ValueError, match=named):
            DataSource(kind, size=size)


def test_a_number_names_a_class_of_each_source(real_data):
    assert DataSource("doodles", classes=("1", "sun"), per_class=2).load("train")[2] == ("bicycle", "sun")
    source = DataSource("quickdraw", classes=("26", "bicycle"), per_class=2, data_dir=str(real_data))
    assert source.load("train")[2] == ("bee", "bicycle")


@pytest.mark.parametrize(
    "classes, named",
    [
        (("3",), "'1', '10', '2'"),
        (("\u00b2",), "'1', '10', '2'"),
        (("9" * 5000,), "'1'"),
        (("1", "0"), "more than once"),
    ],
)
def test_a_class_that_is_none_lists_those_that_are(tmp_path, classes, named):
    with pytest.raises(ValueError, match=named):
        DataSource(numbered(tmp_path), classes=classes).load("train")


def test_doodle_splits_differ_and_repeat():
    source = DataSource("doodles", classes=("bee", "sun"), per_class=20)
    train, test = source.load("train"), source.load("test")
    assert len(train[0]) == 40 and len(test[0]) == 4
    np.testing.assert_array_equal(train[0], source.load("train")[0])
    assert not any((train[0] == image).all(axis=(1, 2, 3)).any() for image in test[0])


def test_whole_floats_become_whole_numbers(folder):
    assert DataSource(folder, per_class=2.0, seed=1.0) == DataSource(folder, per_class=2, seed=1)  # as R has them
    assert len(DataSource(folder, per_class=2.0).load("train")[0]) == len(
        DataSource(folder, per_class=2).load("train")[0]
    )


@pytest.mark.parametrize(
    "make, named",
    [
        (lambda folder: DataSource("quickdraws"), "quickdraws"),
        (lambda folder: DataSource("doodles", per_class=0), "per_class=0"),
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
