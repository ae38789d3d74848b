"""The order of images is a function of seed and epoch."""

import keras
import numpy as np
import pytest

from pixelcnn.data import arrays
from pixelcnn.data.batches import ShuffledBatches
from pixelcnn.data.binarized_batches import BinarizedBatches
from pixelcnn.training.callbacks import EpochSeed


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


def orders_seen(made, callbacks=(), **arguments):
    """The order of each epoch of a `fit`."""
    seen = []
    note = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: seen.append(tuple(made.order)))
    model = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(made, verbose=0, shuffle=False, callbacks=[*callbacks, note], **arguments)
    assert all(one == other for one, other in zip(seen[::2], seen[1::2], strict=True))  # two batches an epoch
    return seen[::2]


def binarized(size):
    return BinarizedBatches(arrays(np.full((10, 1, 1), 128), np.arange(10)), size)


@pytest.mark.parametrize("make", [lambda: batches(size=4), lambda: binarized(4)])
def test_each_epoch_of_a_fit_has_its_own_order(make):
    made = make()
    seen = orders_seen(made, epochs=3) + orders_seen(made, epochs=1)  # another fit goes on
    assert len(set(seen)) == 4
    assert len({frozenset(order[8:]) for order in seen}) > 1  # not always the same two are left out


def test_a_resumed_training_has_the_orders_of_its_epochs():
    whole, rest = batches(size=4), batches(size=4)
    seen = orders_seen(whole, [EpochSeed(whole)], epochs=4)
    assert orders_seen(rest, [EpochSeed(rest)], initial_epoch=2, epochs=4) == seen[2:]


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="images is empty"):
        ShuffledBatches(np.zeros((0, 2, 2, 1)), np.zeros(0), 4)
    with pytest.raises(ValueError, match="labels of length 3 does not fit"):
        ShuffledBatches(np.zeros((4, 2, 2, 1)), np.zeros(3), 4)
    for seed in (-1, 2**32, 0.5, None):
        with pytest.raises(ValueError, match="seed="):
            batches(seed)
    for size in (0, -1, 2.5, "4"):
        with pytest.raises(ValueError, match="batch_size="):
            batches(size=size)
