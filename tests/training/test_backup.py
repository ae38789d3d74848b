"""A training that is stopped at any step and goes on ends with the weights and the history of one that was not."""

import shutil
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.training import Backup
from pixelcnn.training.callbacks import list_all_checkpoints

pytestmark = pytest.mark.quick

random = np.random.default_rng(0)
IMAGES = random.integers(0, 4, (11, 2, 2, 1))
LABELS = random.integers(0, 3, 11)
EPOCHS, BATCHES = 2, 3  # the last batch of an epoch is smaller


class Stopped(Exception):
    """Ends a training as a crash does."""


class StopAt(keras.callbacks.Callback):
    """End the training after a number of its steps."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise Stopped


def model():
    """A distribution with all that changes from step to step: dropout, orders, averages, gradients that add up."""
    keras.utils.set_random_seed(0)
    dist = pixelcnn.PixelCNN(
        (2, 2, 1), num_classes=3, num_blocks=1, num_filters=2, high=3, dropout_p=0.3, condition_dropout=0.3, orders=4
    )
    dist.compile(keras.optimizers.Adam(0.01, gradient_accumulation_steps=2), ema_momentum=0.9)
    return dist


def fit(dist, folder, *callbacks, epochs=EPOCHS, minutes=1e-9, **arguments):
    backup = Backup(folder, minutes=minutes, keep=None, seed=0)
    arguments = {"x": IMAGES, "y": LABELS, "batch_size": 4} | arguments
    return dist.fit(**arguments, epochs=epochs, callbacks=[backup, *callbacks], verbose=0)


def state(dist):
    """All numbers that the next step depends on."""
    return [keras.ops.convert_to_numpy(variable) for variable in [*dist.variables, *dist.optimizer.variables]]


def assert_same(dist, history, whole):
    assert history.history == whole.history.history and history.epoch == whole.history.epoch
    for ours, theirs in zip(state(dist), whole.state, strict=True):
        np.testing.assert_array_equal(ours, theirs)


class Whole(NamedTuple):
    """A training without interruption."""

    dist: object
    folder: Path  # with a checkpoint of each step
    history: object
    state: list


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder, dist = tmp_path_factory.mktemp("whole"), model()
    return Whole(dist, folder, fit(dist, folder), state(dist))


def folder_of(whole, step, folder):
    """A folder as it is after a crash between a step and the next one."""
    folder.mkdir()
    shutil.copy(list_all_checkpoints(whole.folder)[step - 1][1], folder)
    return folder


def test_a_training_saves_a_checkpoint_of_each_step(whole):
    places = [place for place, _ in list_all_checkpoints(whole.folder)]
    assert places == [(0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0)]


@pytest.mark.parametrize("step", range(1, EPOCHS * BATCHES + 1))
def test_a_training_that_stops_at_any_step_ends_as_a_whole_one(whole, tmp_path, step):
    history = fit(whole.dist, folder_of(whole, step, tmp_path / "run"))
    assert_same(whole.dist, history, whole)


@pytest.mark.full
def test_a_training_that_crashes_again_and_again_ends_as_a_whole_one(whole, tmp_path):
    for steps in (1, 1, 2):
        with pytest.raises(Stopped):
            fit(model() if steps == 1 else whole.dist, tmp_path, StopAt(steps))
    assert_same(whole.dist, fit(whole.dist, tmp_path), whole)
