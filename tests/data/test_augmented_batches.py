"""Shifts and flips move pixels and change nothing else, and are functions of (seed, epoch, index of the batch)."""

import numpy as np
import pytest

from pixelcnn.data import arrays
from pixelcnn.data.augmented_batches import AugmentedBatches, shifted
from pixelcnn.data.batches import ShuffledBatches


def drawings(count=12, side=6):
    """Images with one pixel of ink each, off the middle, of three classes."""
    images = np.zeros((count, side, side, 1), "uint8")
    images[:, 2, 1] = 1 + np.arange(count)[:, None] % 255
    return arrays(images, np.arange(count) % 3, ("bee", "sun", "tree"))


def test_without_shift_and_flip_they_are_the_shuffled_batches():
    data = drawings()
    ours, plain = AugmentedBatches(data, 4, seed=3), ShuffledBatches(data.images, data.labels, 4, seed=3)
    for epoch in (0, 1):
        ours.set_epoch(epoch)
        plain.set_epoch(epoch)
        for index in range(3):
            for one, other in zip(ours[index], plain[index], strict=True):
                np.testing.assert_array_equal(one, other)


def test_a_shift_moves_each_image_as_a_whole_and_all_shifts_occur():
    images = drawings(2000).images
    moved = shifted(images, np.random.default_rng(0), 1)
    _, rows, columns, _ = np.nonzero(moved)
    assert len(rows) == 2000  # no pixel of ink is lost or doubled, because it lies inside
    np.testing.assert_array_equal(moved.max(axis=(1, 2, 3)), images.max(axis=(1, 2, 3)))
    places, counts = np.unique(np.stack([rows, columns]), axis=1, return_counts=True)
    assert places.T.tolist() == [[row, column] for row in (1, 2, 3) for column in (0, 1, 2)]
    assert (np.abs(counts - 2000 / 9) < 6 * np.sqrt(2000 / 9)).all()


@pytest.mark.parametrize("background, outside", [(0, 0), (7, 7), (None, 9)])
def test_what_comes_in_from_outside_is_the_background_or_the_edge(background, outside):
    moved = shifted(np.full((50, 5, 4, 1), 9, "uint8"), np.random.default_rng(0), 2, background)
    assert set(np.unique(moved)) == {9, outside}
    assert (moved[:, 2:3, 2:2] == 9).all()


def test_only_the_classes_of_flip_are_mirrored_and_half_of_them():
    batches = AugmentedBatches(drawings(600), 600, flip=["sun", 2])
    images, labels = batches[0]
    at_right = images[:, 2, 4, 0] > 0
    assert not at_right[labels == 0].any() and (images[~at_right, 2, 1, 0] > 0).all()
    for label in (1, 2):
        assert 0.35 < at_right[labels == label].mean() < 0.65
    no_labels = AugmentedBatches(arrays(drawings(600).images), 600, flip="all")
    assert 0.4 < (no_labels[0][0][:, 2, 4, 0] > 0).mean() < 0.6


def test_a_batch_is_a_function_of_seed_epoch_and_index():
    one, other = (AugmentedBatches(drawings(), 4, seed=1, shift=1, flip="all") for _ in range(2))
    for epoch in (2, 0):
        one.set_epoch(epoch)
        for index in (2, 0, 1):
            other.set_epoch(epoch)
            for ours, theirs in zip(one[index], other[index], strict=True):
                np.testing.assert_array_equal(ours, theirs)
    assert (AugmentedBatches(drawings(), 12, seed=1, shift=1)[0][0] != one[0][0][:1]).any()


@pytest.mark.parametrize(
    "change, named", [({"shift": 6}, "shift=6"), ({"shift": -1}, "shift=-1"), ({"flip": ["dog"]}, "dog")], ids=str
)
def test_what_does_not_fit_is_named(change, named):
    with pytest.raises(ValueError, match=named):
        AugmentedBatches(drawings(), 4, **change)


def test_classes_of_images_without_labels_are_refused():
    with pytest.raises(ValueError, match=r"flip=.*does not fit images without labels"):
        AugmentedBatches(arrays(drawings().images), 4, flip=["sun"])


def test_balance_gives_scarce_classes_larger_shares_and_takes_all_their_images():
    counts = [100, 25, 4]
    data = arrays(np.zeros((129, 4, 4), "uint8"), np.repeat(np.arange(3), counts))
    for balance, shares in ((0.0, counts), (0.5, [76, 38, 15]), (1.0, [43, 43, 43])):
        batches = AugmentedBatches(data, 129, balance=balance)
        for epoch in (0, 1):
            batches.set_epoch(epoch)
            rows = np.asarray(batches.order)
            times = np.bincount(rows, minlength=129)
            assert np.bincount(data.labels[rows]).tolist() == shares
            for label, share in enumerate(shares):  # images of a class occur equally often, up to one time
                assert set(times[data.labels == label]) <= {share // counts[label], -(-share // counts[label])}
        assert not (batches.order[:20] == AugmentedBatches(data, 129, balance=balance).order[:20]).all()
    with pytest.raises(ValueError, match="balance=0.5 does not fit images without labels"):
        AugmentedBatches(arrays(np.zeros((9, 4, 4), "uint8")), 4, balance=0.5)
    with pytest.raises(ValueError, match="balance=1.5"):
        AugmentedBatches(data, 4, balance=1.5)
