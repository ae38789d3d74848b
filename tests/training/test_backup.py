"""A training that is stopped at any step and goes on ends with the weights and the history of one that was not."""

import json
import shutil
import signal
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.files import PARTIAL
from pixelcnn.training import Backup, ShuffledBatches
from pixelcnn.training.callbacks import list_all_checkpoints
from pixelcnn.training.checked_batches import CheckedBatches
from pixelcnn.training.folder_lock import locked
from pixelcnn.training.position import MEMBER
from pixelcnn.training.resumed_fit import PositionedBatches
from pixelcnn.training.waiting_signals import WaitingSignals
from stopping import StopAt, Stopped

pytestmark = pytest.mark.quick

random = np.random.default_rng(0)
IMAGES = random.integers(0, 4, (11, 2, 2, 1))
LABELS = random.integers(0, 3, 11)
EPOCHS, BATCHES = 2, 3  # the last batch of an epoch is smaller


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


# Signals --------------------------------------------------------------------------------------------------------------


class SignalAt(keras.callbacks.Callback):
    """Send signals to this process before a batch, as a user or a scheduler does."""

    def __init__(self, batch, *numbers):
        super().__init__()
        self.batch, self.numbers = batch, numbers

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.batch:
            for number in self.numbers:
                signal.raise_signal(number)


@pytest.fixture
def handlers():
    """Handlers as in a command of a terminal: a shell's background jobs start with SIGINT ignored."""
    received = []

    def interrupt(number, frame):
        received.append(number)
        raise KeyboardInterrupt

    before = {signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler)}
    before[signal.SIGTERM] = signal.signal(signal.SIGTERM, interrupt)
    yield received
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is interrupt
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_checkpoint_of_its_step(whole, tmp_path, handlers, number):
    folder = folder_of(whole, BATCHES, tmp_path / "run")
    with pytest.raises(KeyboardInterrupt, match="after 1 epochs and 2 of 3 batches; the same call of .*batch-000002"):
        fit(whole.dist, folder, SignalAt(1, number), minutes=None)
    assert handlers == [number] * (number == signal.SIGTERM)
    assert [place for place, _ in list_all_checkpoints(folder)] == [(1, 0), (1, 2)]
    assert_same(whole.dist, fit(whole.dist, folder, minutes=None), whole)


def test_a_second_signal_acts_at_once(whole, tmp_path, handlers):
    with pytest.raises(KeyboardInterrupt):
        fit(whole.dist, tmp_path, SignalAt(1, signal.SIGINT, signal.SIGTERM), minutes=None)
    assert handlers == [signal.SIGTERM] and list_all_checkpoints(tmp_path) == []


def test_a_signal_acts_at_once_if_no_step_would_be_lost(whole, tmp_path, handlers):
    with pytest.raises(KeyboardInterrupt):
        fit(whole.dist, tmp_path, SignalAt(0, signal.SIGINT), minutes=None)
    assert list_all_checkpoints(tmp_path) == []


@pytest.mark.parametrize("handler", [None, signal.SIG_IGN, print], ids=["of C", "none", "of Python and C, as R's"])
def test_a_signal_that_is_ignored_or_has_a_foreign_handler_is_left_alone(monkeypatch, handler):
    monkeypatch.setattr("signal.getsignal", lambda number: handler)
    with WaitingSignals(lambda: True) as signals:
        assert signals.before == {}


# Checkpoints ----------------------------------------------------------------------------------------------------------


def test_the_newest_checkpoints_and_that_of_the_best_epoch_are_kept(whole, tmp_path):
    backup = Backup(tmp_path, minutes=None, keep=2)
    backup.set_model(whole.dist)
    backup.batches = SimpleNamespace(order=range(BATCHES))
    for epoch, bits in enumerate([3.0, 1.0, np.nan, 2.0, 1.5]):
        backup.on_epoch_end(epoch, {"bits_per_dim": 0.0, "val_bits_per_dim": bits})
    assert [place for place, _ in list_all_checkpoints(tmp_path)] == [(2, 0), (4, 0), (5, 0)]


def test_a_killed_process_leaves_no_partial_file_behind_the_next_one(whole, tmp_path):
    for name in (f"{PARTIAL}1-0.keras", f"{PARTIAL}notes.txt"):
        (tmp_path / name).touch()
    fit(whole.dist, tmp_path, epochs=0)
    assert {path.name for path in tmp_path.iterdir()} == {".lock", f"{PARTIAL}notes.txt"}


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": -1},
        {"batch": 0.5},
        {"steps": None, "seconds": "soon"},
        {"random": [[1, 2]]},
        {"metrics": ["a"]},
        {"logs": [1]},
        {"more": 1},
        [],
    ],
    ids=str,
)
def test_a_damaged_position_is_passed_over(whole, tmp_path, change):
    folder = folder_of(whole, 4, tmp_path / "run")
    good = list_all_checkpoints(whole.folder)[1][1]
    shutil.copy(good, folder)
    (_, damaged) = list_all_checkpoints(folder)[-1]
    with zipfile.ZipFile(damaged) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    record = json.loads(members[MEMBER])
    members[MEMBER] = json.dumps(record | change if isinstance(change, dict) else change).encode()
    with zipfile.ZipFile(damaged, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.warns(UserWarning, match="a damaged checkpoint is skipped"):
        position = Backup(folder).load(whole.dist)
    assert (position.epoch, position.batch) == (0, 2)


def test_a_checkpoint_is_a_model_file(whole):
    _, path = list_all_checkpoints(whole.folder)[0]
    assert pixelcnn.load(path).image_shape == (2, 2, 1)


# Data -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_of_a_data_set_go_on_in_their_order(shuffle):
    batches = PositionedBatches(
        CheckedBatches(ShuffledBatches(IMAGES, LABELS, 2, seed=3), lambda batch, index: batch, None), 0, shuffle
    )
    batches.set_epoch(7)
    whole = [batches[index][1].tolist() for index in range(batches.num_batches)]
    for first in range(len(whole)):
        batches.set_epoch(3)
        batches.first = first
        batches.set_epoch(7)
        assert [batches[index][1].tolist() for index in range(len(batches))] == whole[first:]


REFUSED = {
    "iterator": (lambda: {"x": iter([(IMAGES, LABELS)]), "y": None}, "x does not fit a training with Backup"),
    "iterable": (lambda: {"x": Iterable(), "y": None}, "x does not fit a training with Backup"),
    "steps": (lambda: {"steps_per_epoch": 2}, "steps_per_epoch=2 does not fit a training with Backup"),
    "batches": (lambda: {"batch_size": 3}, "x of 4 batches does not fit: expected 3 batches"),
    "two": (lambda: {"second": True}, "callbacks holds 2 of Backup"),
    "seed": (lambda: {"seed": 5}, "seed=5 does not fit: expected 0, with which the training in"),
}


class Iterable:
    """A data set that can be read from its first batch on only."""

    def __len__(self):
        return 1

    def __iter__(self):
        return iter([(IMAGES, LABELS)])


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_go_on_is_refused(whole, tmp_path, name):
    make, error = REFUSED[name]
    folder = folder_of(whole, 1, tmp_path / "run")
    arguments = {"x": IMAGES, "y": LABELS} | make()
    callbacks = [Backup(folder, seed=arguments.pop("seed", 0))] * (1 + arguments.pop("second", 0))
    before = [path.name for path in folder.iterdir()]
    if "batch_size" not in arguments and isinstance(arguments["x"], np.ndarray):
        arguments["batch_size"] = 4
    with pytest.raises(ValueError, match=error):
        whole.dist.fit(**arguments, callbacks=callbacks, verbose=0)
    assert [path.name for path in folder.iterdir() if path.name != ".lock"] == before


@pytest.mark.parametrize("arguments", [{"minutes": 0}, {"keep": 0}, {"seed": -1}, {"minutes": "5"}], ids=str)
def test_errors_name_the_argument(tmp_path, arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"{name}={value!r} does not fit"):
        Backup(tmp_path, **arguments)


def test_a_model_of_keras_is_refused(tmp_path):
    other = keras.Sequential([keras.layers.Dense(1)])
    other.compile("sgd", "mse")
    with pytest.raises(ValueError, match="callbacks with Backup do not fit a model of type Sequential"):
        other.fit(np.zeros((2, 1)), np.zeros((2, 1)), callbacks=Backup(tmp_path), verbose=0)


def test_one_process_at_a_time_trains_with_a_folder(whole, tmp_path):
    with locked(tmp_path), pytest.raises(BlockingIOError, match="another process trains in"):
        fit(whole.dist, tmp_path)
