"""Images that stay in their files are the images in memory."""

import copy
import os
import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from pixelcnn.data import in_files as module
from pixelcnn.data import quickdraw, quickdraw_classes
from pixelcnn.training import ShuffledBatches

CLASSES = ["bee", "sun", "cat"]


@pytest.mark.parametrize("more", [{}, {"per_class": 20}, {"split": "test"}, {"split": "train", "per_class": 3}])
def test_the_rows_are_those_in_memory(drawings, more):
    expected, data = (quickdraw(CLASSES, data_dir=drawings, in_memory=in_memory, **more) for in_memory in (True, False))
    assert data.class_names == expected.class_names
    count = len(expected.images)
    indices = [
        slice(None), slice(3, -2), slice(None, None, -2), slice(5, 5), 0, -1, np.int64(2), [], [count - 1, 0, -count],
        np.random.default_rng(0).integers(0, count, (4, 5)),
    ]  # fmt: skip
    for ours, array in ((data.images, expected.images), (data.labels, expected.labels)):
        assert (len(ours), ours.shape, ours.dtype, ours.nbytes) == (count, array.shape, array.dtype, array.nbytes)
        np.testing.assert_array_equal(np.asarray(ours), array)
        for rows in indices:
            chosen = array[np.asarray(rows, int) if isinstance(rows, list) else rows]
            np.testing.assert_array_equal(ours[rows], chosen)


def test_rows_that_do_not_exist_are_refused(drawings):
    images = quickdraw(CLASSES, data_dir=drawings, in_memory=False).images
    for rows in (96, [-97], np.zeros(96, bool), 1.5, "a"):
        with pytest.raises(IndexError, match="does not fit"):
            images[rows]
    with pytest.raises(ValueError, match="copy=False does not fit"):
        np.asarray(images, copy=False) if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else images.__array__(
            copy=False
        )


def test_more_files_than_may_be_open_are_opened_in_turn(drawings, monkeypatch):
    monkeypatch.setattr(module, "MOST_OPEN", 1)
    data = quickdraw(CLASSES, data_dir=drawings, in_memory=False)
    for _ in range(2):
        np.testing.assert_array_equal(
            data.images[[0, 95, 40]], quickdraw(CLASSES, data_dir=drawings).images[[0, 95, 40]]
        )
    assert data.images.opened.cache_info().currsize == 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda data: pickle.loads(pickle.dumps(data))])
def test_copies_read_the_same_rows(drawings, copied):
    data = quickdraw(CLASSES, data_dir=drawings, in_memory=False, per_class=20)
    expected, labels, _ = quickdraw(CLASSES, data_dir=drawings, per_class=20)
    data.images[0]  # the first file is open
    copy = copied(data)
    np.testing.assert_array_equal(copy.images[:], expected)
    np.testing.assert_array_equal(copy.labels[:], labels)


def test_a_file_that_is_cut_off_later_is_named(tmp_path):
    np.save(tmp_path / "bee.npy", np.zeros((30, 784), np.uint8))
    images = quickdraw(["bee"], data_dir=tmp_path, in_memory=False).images
    with (tmp_path / "bee.npy").open("r+b") as file:
        file.truncate(5000)
    with pytest.raises(ValueError, match="bee.npy is truncated: it ends 784 bytes early"):
        images[[1, 29]]


def test_50_million_drawings_take_no_memory(whole_quickdraw):
    tracemalloc.start()
    images, labels, names = quickdraw(quickdraw_classes(), data_dir=whole_quickdraw, in_memory=False)
    assert images.nbytes > 36.8 * 2**30 and len(names) == 345
    batches = ShuffledBatches(images, labels, batch_size=128, seed=0)
    classes = np.concatenate([batches[index][1] for index in range(20)])
    batches.set_epoch(1)
    batches[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(set(classes)) > 300  # shuffled over all files
    assert peak < 1 << 23


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_forked_processes_read_their_own_rows(drawings):
    code = (
        "import os, sys, numpy as np; from pixelcnn.data import quickdraw\n"
        f"read = lambda kind: quickdraw({CLASSES!r}, data_dir={str(drawings)!r}, in_memory=kind)\n"
        "whole, data = read(True), read(False)\n"
        "data.images[0]\n"
        "children = []\n"
        "for child in range(2):\n"
        "    if not (pid := os.fork()):\n"
        "        rows = np.random.default_rng(child).integers(0, 30, 3000)\n"
        "        os._exit(int(any((data.images[row] != whole.images[row]).any() for row in rows)))\n"
        "    children.append(pid)\n"
        "sys.exit(max(os.waitpid(pid, 0)[1] for pid in children) != 0)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
