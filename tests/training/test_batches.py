"""The order of images is a function of seed and epoch."""

import numpy as np
import pytest

from pixelcnn.training.batches import ShuffledBatches


def all_labels(batches):
    return np.concatenate([batches[i][1] for i in range(len(batches))]).tolist()


def batches(seed=0, epoch=0, size=4):
    made = ShuffledBatches(np.arange(10).reshape(10, 1, 1, 1), np.arange(10), size, seed)
    made.set_epoch(epoch)
    return made


def test_same_seed_and_epoch_same_order():
    assert all_labels(batches(3, 7)) == all_labels(batches(3, 7))


def test_other_epoch_or_seed_other_order():
    assert len({tuple(all_labels(batches(*key))) for key in [(0, 0), (0, 1), (1, 0), (1, 1)]}) == 4


def test_each_image_once_with_its_label_in_whole_batches():
    made = batches(size=4)
    assert len(made) == 2
    assert len(set(all_labels(made))) == 8
    images, labels = made[0]
    np.testing.assert_array_equal(images[:, 0, 0, 0], labels)


def test_few_images_make_one_batch():
    assert len(batches(size=100)) == 1 and len(batches(size=100)[0][1]) == 10


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="images is empty"):
        ShuffledBatches(np.zeros((0, 2, 2, 1)), np.zeros(0), 4)
    with pytest.raises(ValueError, match="labels has 3"):
        ShuffledBatches(np.zeros((4, 2, 2, 1)), np.zeros(3), 4)
