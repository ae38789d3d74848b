"""Shards draw and score the same images, however many there are, and a part is written once and whole."""

import os
import shutil
import threading

import numpy as np
import pytest

import pixelcnn
from pixelcnn.evaluation.measures import likelihood_record
from pixelcnn.shards import merge_scores, missing_parts, read_parts, sample_shard, score_shard

PARTS = ["part-00000.npz", "part-00001.npz", "part-00002.npz"]


@pytest.fixture
def copy(whole, tmp_path):
    """A copy of the whole job, which a test may damage."""
    return shutil.copytree(whole, tmp_path / "copy")


# The same files ------------------------------------------------------------------------------------------------------


@pytest.mark.quick
@pytest.mark.parametrize("number", [2, 3, 7])
def test_any_number_of_shards_writes_the_same_files(number, draw, whole, content, tmp_path):
    written = [path.name for i in reversed(range(number)) for path in draw(tmp_path, (i, number))]
    assert sorted(written) == PARTS
    assert content(tmp_path) == content(whole)


def test_image_k_is_the_image_k_of_the_seed(model, whole):
    arrays = {
        name: np.concatenate([part[name] for part in read_parts(whole)]) for name in ("numbers", "labels", "images")
    }
    count = len(arrays["images"])
    assert arrays["numbers"].tolist() == list(range(count))
    assert arrays["labels"].tolist() == [1, 0] * (count // 2) + [1]
    drawn = model.sample(seed=5, conditional_input=arrays["labels"], temperature=0.9, batch_size=4, verbose=0)
    assert np.array_equal(arrays["images"], drawn)


def test_two_processes_of_one_shard_leave_the_same_files(draw, whole, content, tmp_path):
    threads = [threading.Thread(target=draw, args=(tmp_path,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert content(tmp_path) == content(whole)


@pytest.mark.quick
@pytest.mark.parametrize("number", [1, 2, 3, 7])
def test_scores_of_shards_are_those_of_all_images(number, model, data, tmp_path):
    for i in range(number):
        score_shard(model, tmp_path, data, shard=(i, number), part_size=4, name="tests")
    images, labels = data
    bits = model.bits_per_dim(
        images, labels, batch_size=4
    )  # the size of a part, because other sizes may round otherwise
    record = likelihood_record(bits, labels, model.class_names, model.image_shape)
    merged = merge_scores(tmp_path)
    assert {name: merged[name] for name in record} == record
    assert merged["data"] == "tests" and sorted(path.name for path in tmp_path.glob("*.npz")) == PARTS


def test_a_model_without_classes_has_no_labels(data, draw, tmp_path):
    model = pixelcnn.PixelCNN((3, 3, 1), high=3, num_blocks=1, num_filters=2)
    score_shard(model, tmp_path, data, part_size=4)
    assert [sorted(part) for part in read_parts(tmp_path)] == [["log_prob", "numbers"]] * 3
    assert merge_scores(tmp_path)["bits_per_dim"] == pytest.approx(model.bits_per_dim(data[0]).mean(), rel=1e-6)
    with pytest.raises(ValueError, match="no condition"):
        draw(tmp_path / "images", model=model)


# Lost and damaged parts ----------------------------------------------------------------------------------------------


def flip(path):
    content = bytearray(path.read_bytes())
    content[-50] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "absent": lambda folder: (folder / PARTS[1]).unlink(),
    "a byte of the part": lambda folder: flip(folder / PARTS[1]),
    "cut": lambda folder: os.truncate(folder / PARTS[1], 100),
    "no checksum": lambda folder: (folder / "part-00001.sha256").unlink(),
    "another part's bytes": lambda folder: shutil.copy(folder / PARTS[0], folder / PARTS[1]),
    "no text": lambda folder: (folder / "part-00001.sha256").write_bytes(b"\xff\xfe"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_lost_part_is_redone_alone_with_the_same_bytes(damage, draw, copy, whole, content):
    damage(copy)
    assert missing_parts(copy) == [1]
    with pytest.raises(ValueError, match=r"part-00001\.npz is absent or damaged"):
        list(read_parts(copy))
    assert draw(copy, (0, 2)) == []  # the other shard's part
    assert draw(copy, (1, 2)) == [copy / PARTS[1]]
    assert content(copy) == content(whole) and missing_parts(copy) == []


def test_a_part_of_another_job_does_not_count(draw, copy, tmp_path):
    draw(tmp_path / "other", seed=6)
    for suffix in ("npz", "sha256"):
        shutil.copy(tmp_path / "other" / f"part-00002.{suffix}", copy)
    assert missing_parts(copy) == [2]


def test_what_a_killed_process_left_is_no_obstacle(draw, tmp_path):
    (tmp_path / ".partial-1-abcd.json").write_text("{")
    assert len(draw(tmp_path)) == 3


# Refused -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [{"seed": 6}, {"count": 12}, {"part_size": 5}, {"temperature": 1.0}, {"labels": [0]}, {"labels": [0, 1]}],
    ids=str,
)
def test_a_folder_of_another_job_is_refused(changed, draw, copy, whole, content):
    (name,) = changed
    with pytest.raises(ValueError, match=f"another job.*{name} .there"):
        draw(copy, **changed)
    assert content(copy) == content(whole)


def test_a_folder_of_another_model_or_version_is_refused(draw, copy, monkeypatch):
    other = pixelcnn.PixelCNN((3, 3, 1), high=3, class_names=("above", "below"), num_blocks=1, num_filters=2)
    with pytest.raises(ValueError, match="another job.*model .there"):
        draw(copy, model=other)
    monkeypatch.setattr(pixelcnn, "__version__", "9.9")
    with pytest.raises(ValueError, match=r"another job.*versions .there.*9\.9"):
        draw(copy)


def test_a_folder_of_scores_holds_no_images(model, data, draw, copy):
    with pytest.raises(ValueError, match="another job.*kind"):
        score_shard(model, copy, data, part_size=4)
    with pytest.raises(ValueError, match="kind 'log_prob'"):
        merge_scores(copy)


def test_other_images_are_refused(model, data, tmp_path):
    score_shard(model, tmp_path, data, shard=(0, 2), part_size=4)
    with pytest.raises(ValueError, match="absent or damaged"):
        merge_scores(tmp_path)
    images, labels = data
    with pytest.raises(ValueError, match="test_checksum"):
        score_shard(model, tmp_path, (images, 1 - labels), shard=(1, 2), part_size=4)


def test_a_folder_of_other_files_is_refused(draw, tmp_path):
    (tmp_path / PARTS[0]).write_text("mine")
    with pytest.raises(ValueError, match=r"holds part-00000\.npz"):
        draw(tmp_path)
    with pytest.raises(ValueError, match="a file: expected a folder"):
        draw(tmp_path / PARTS[0])
    with pytest.raises(ValueError, match=r"expected a folder with a manifest\.json"):
        missing_parts(tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    "wrong, named",
    [
        ({"shard": (2, 2)}, "shard="),
        ({"shard": (0, 0)}, "shard="),
        ({"shard": (-1, 2)}, "shard="),
        ({"shard": "0/2"}, "shard="),
        ({"shard": 1}, "shard="),
        ({"count": 0}, "count=0"),
        ({"part_size": 0.5}, "part_size=0.5"),
        ({"seed": None}, "seed=None"),
        ({"temperature": 0}, "temperature=0"),
        ({"guidance": 1}, "guidance=1"),
        ({"labels": ["beside"]}, "beside"),
        ({"labels": []}, "labels of shape"),
        ({"labels": [[0, 1]]}, "labels of shape"),
        ({"labels": None}, "conditional_input"),
    ],
)
def test_wrong_arguments_leave_no_folder(wrong, named, draw, tmp_path):
    with pytest.raises(ValueError, match=named):
        draw(tmp_path / "images", **wrong)
    assert not (tmp_path / "images").exists()


def test_other_conditions_than_classes_are_refused(draw, tmp_path):
    model = pixelcnn.PixelCNN((3, 3, 1), conditional_shape=(2,), high=3, num_blocks=1, num_filters=2)
    with pytest.raises(ValueError, match="condition of numbers"):
        draw(tmp_path / "images", model=model)


@pytest.mark.parametrize("labels", [1, np.int64(1), "below", [1]])
def test_one_label_is_that_of_all_images(labels, model, tmp_path):
    sample_shard(model, tmp_path, 3, seed=0, labels=labels)
    assert np.concatenate([part["labels"] for part in read_parts(tmp_path)]).tolist() == [1, 1, 1]
