"""Validation images are the end of each class, are not trained on, and are the same in memory and in files."""

import numpy as np
import pytest

from pixelcnn.data.image_data import ImageData
from pixelcnn.data.in_files import read_all
from pixelcnn.data.quickdraw import quickdraw
from pixelcnn.data.validation import set_aside

COUNTS = [30, 9, 57]


def numbered(count, side=2):
    return np.broadcast_to(np.arange(count, dtype="uint8")[:, None, None, None], (count, side, side, 1))


@pytest.mark.parametrize("most, sizes", [(1024, [3, 0, 5]), (4, [1, 0, 2]), (1, [0, 0, 0])])
def test_the_end_of_each_class_is_set_aside(most, sizes):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(3), COUNTS))
    images = numbered(len(labels))
    (train, of_train), (validation, of_validation) = set_aside(images, labels, most)
    assert np.bincount(of_validation, minlength=3).tolist() == sizes
    for label, size in enumerate(sizes):
        rows = np.flatnonzero(labels == label)
        split = len(rows) - size
        np.testing.assert_array_equal(train[of_train == label][:, 0, 0, 0], rows[:split])
        np.testing.assert_array_equal(validation[of_validation == label][:, 0, 0, 0], rows[split:])
    assert (np.diff(train[:, 0, 0, 0].astype(int)) > 0).all()  # the images to train on keep their order


def test_images_without_labels_are_one_class():
    (train, no_labels), (validation, _) = set_aside(numbered(40), None, 1024)
    assert no_labels is None and train[:, 0, 0, 0].tolist() == [*range(36)]
    assert validation[:, 0, 0, 0].tolist() == [*range(36, 40)]


@pytest.mark.parametrize("most", [1024, 5])
def test_images_in_files_are_set_aside_alike(tmp_path, most):
    for name, count in (("bee", 50), ("sun", 23)):
        np.save(tmp_path / f"{name}.npy", numbered(count, 28).reshape(count, 784))
    in_files = quickdraw(["sun", "bee"], data_dir=tmp_path, in_memory=False)
    in_memory = read_all(in_files)
    parts = zip(set_aside(in_files.images, in_files.labels, most), set_aside(*in_memory[:2], most), strict=True)
    for ours, expected in parts:
        images, labels, _ = read_all(ImageData(*ours, ()))
        np.testing.assert_array_equal(images, expected[0])
        np.testing.assert_array_equal(labels, expected[1])
