"""What surrounds the steps, on a model of one dense layer: any Keras model will do."""

import os

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.training.callbacks import (
    EpochCheckpoint,
    HistoryFile,
    Progress,
    SampleGrid,
    list_checkpoints,
    read_history,
)
from pixelcnn.training.schedule import Budget, Clock, CosineAnnealing, TimeBudget

pytestmark = pytest.mark.eager

X, Y = np.linspace(-1, 1, 32)[:, None], np.linspace(2, 5, 32)[:, None]


def dense():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(0.1), loss="mse")
    return model


def fit(model, *callbacks, epochs=3, **arguments):
    model.fit(X, Y, epochs=epochs, batch_size=8, verbose=0, callbacks=list(callbacks), **arguments)


def test_only_the_last_checkpoints_stay(tmp_path):
    fit(dense(), EpochCheckpoint(tmp_path / "last", keep=2), EpochCheckpoint(tmp_path / "all", keep=None))
    assert [epochs for epochs, _ in list_checkpoints(tmp_path / "last")] == [2, 3]
    assert [epochs for epochs, _ in list_checkpoints(tmp_path / "all")] == [1, 2, 3]


def test_a_number_of_checkpoints_that_keeps_none_is_refused(tmp_path):
    for keep in (-1, 0, 1.5):
        with pytest.raises(ValueError, match=f"keep={keep} does not fit: expected a whole number of at least 1"):
            EpochCheckpoint(tmp_path, keep=keep)
    assert EpochCheckpoint(tmp_path, keep=2.0).keep == 2


def loaded(path):
    return keras.saving.load_model(path).get_weights()


def test_a_second_training_in_a_folder_loses_neither(tmp_path):
    first = EpochCheckpoint(tmp_path, keep=2)
    fit(dense(), first, epochs=9)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    model, second = dense(), EpochCheckpoint(tmp_path, keep=2)
    assert second.last is None
    fit(model, second, epochs=3)
    assert [number for number, _ in list_checkpoints(tmp_path)] == [8, 9, 11, 12]
    assert second.last == list_checkpoints(tmp_path)[-1][1]
    for ours, theirs in zip(model.get_weights(), loaded(second.last), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_folder_that_cannot_be_written_is_told_of_before_the_first_epoch(tmp_path):
    (tmp_path / "notes.txt").touch()
    epochs = []
    begun = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(epoch))
    for folder, error in ((tmp_path / "notes.txt", ValueError), ("/proc/x", OSError)):
        with pytest.raises(error, match="folder"):
            fit(dense(), begun, EpochCheckpoint(folder))
    assert not epochs


def test_only_files_are_checkpoints(tmp_path):
    os.mkfifo(tmp_path / "epoch-001.keras")
    (tmp_path / "epoch-002.keras").mkdir()
    (tmp_path / "epoch-1000.keras").touch()
    assert list_checkpoints(tmp_path) == [(1000, tmp_path / "epoch-1000.keras")]


def test_one_callback_in_two_fits_counts_on(tmp_path):
    model, checkpoint = dense(), EpochCheckpoint(tmp_path, keep=3)
    fit(model, checkpoint, epochs=2)
    fit(model, checkpoint, epochs=2)
    fit(model, checkpoint, initial_epoch=4, epochs=5)
    assert [number for number, _ in list_checkpoints(tmp_path)] == [3, 4, 5]


def test_a_resumed_training_writes_its_epochs_again(tmp_path):
    fit(dense(), EpochCheckpoint(tmp_path, keep=None), epochs=4)
    (tmp_path / "epoch-004.keras").write_bytes(b"damaged")
    model = dense()
    fit(model, EpochCheckpoint(tmp_path, keep=2, resume=True), initial_epoch=3, epochs=4)
    assert [number for number, _ in list_checkpoints(tmp_path)] == [3, 4]
    for ours, theirs in zip(model.get_weights(), loaded(tmp_path / "epoch-004.keras"), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_step_budget_ends_in_the_middle_of_an_epoch():
    clock = Clock(total_steps=6)
    fit(dense(), Budget(clock), epochs=100)
    assert clock.steps == 6 and clock.fraction() == 1.0


def test_a_time_budget_ends_the_training():
    budget = TimeBudget(minutes=0.01)
    fit(dense(), budget, epochs=1_000_000)
    assert budget.clock.seconds >= 0.6


def test_the_rate_is_annealed_at_the_end():
    model, clock = dense(), Clock(total_steps=12)
    fit(model, CosineAnnealing(0.1, clock, warmup_steps=2), Budget(clock))
    rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    assert 0 < rate < 0.01


def test_history_drops_what_is_done_again(tmp_path):
    path = tmp_path / "history.csv"
    fit(dense(), HistoryFile(path, Clock(total_steps=100), 8), epochs=3)
    assert [row["epoch"] for row in read_history(path)] == ["1", "2", "3"]
    fit(dense(), HistoryFile(path, Clock(total_steps=100), 8, initial_epoch=1), initial_epoch=1, epochs=2)
    assert [row["epoch"] for row in read_history(path)] == ["1", "2"]


def test_a_second_training_keeps_the_rows_of_the_first(tmp_path):
    path = tmp_path / "history.csv"
    fit(dense(), HistoryFile(path, Clock(total_steps=100), 8), epochs=3)
    before = read_history(path)
    second = HistoryFile(path, Clock(total_steps=100), 8)
    fit(dense(), second, epochs=2)
    fit(dense(), second, epochs=1)  # one callback in two trainings
    assert read_history(path)[:3] == before
    assert [row["epoch"] for row in read_history(path)] == ["1", "2", "3", "4", "5", "6"]


def test_a_training_that_goes_on_from_its_beginning_drops_all_rows(tmp_path):
    path = tmp_path / "history.csv"
    fit(dense(), HistoryFile(path, Clock(total_steps=100), 8), epochs=1)
    fit(dense(), HistoryFile(path, Clock(total_steps=100), 8, initial_epoch=0), epochs=2)
    assert [row["epoch"] for row in read_history(path)] == ["1", "2"]


def test_a_second_training_keeps_the_drawings_of_the_first(tmp_path):
    model = pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=2, high=1)
    for resume, names in ((False, {"1"}), (False, {"1", "2"}), (True, {"1", "2"})):
        grid = SampleGrid(tmp_path, None, rows=1, resume=resume)
        grid.set_model(model)
        grid.on_epoch_end(0)
        assert {path.name for path in tmp_path.iterdir()} == {f"epoch-00{name}.png" for name in names}
    with pytest.raises(ValueError, match="resume="):
        SampleGrid(tmp_path, None, resume="no")


@pytest.mark.eager
def test_drawings_of_an_epoch_have_the_guidance_that_is_asked_for(tmp_path):
    arguments = {"num_classes": 2, "num_blocks": 1, "num_filters": 2, "condition_dropout": 0.5}
    model, guidances = pixelcnn.PixelCNN((2, 2, 1), high=1, **arguments), []
    sample = model.sample
    model.sample = lambda *args, guidance, **more: (
        guidances.append(guidance),
        sample(*args, guidance=guidance, **more),
    )[1]
    for guidance in (0.0, 2.0):
        grid = SampleGrid(tmp_path, 2, rows=1, guidance=guidance)
        grid.set_model(model)
        grid.on_epoch_end(0)
    assert guidances == [0.0, 2.0]
    with pytest.raises(ValueError, match="guidance="):
        SampleGrid(tmp_path, 2, guidance="much")


def test_progress_reports_the_mean_since_the_line_before():
    lines, clock = [], Clock(total_steps=10)
    progress = Progress(clock, batch_size=8, every=0.0, say=lines.append)
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    for means in (4.0, 3.0, 2.0):  # means of the epoch so far: the batches are 4, 2 and 0
        clock.step()
        progress.on_train_batch_end(0, {"bits_per_dim": means})
    assert [line.split()[3] for line in lines[1:]] == ["4.000", "2.000", "0.000"]
    assert [line.split()[2] for line in lines[1:]] == ["8", "16", "24"]


ROW = "1,2.5,8,64,1.000e-03,3.2,1.1,"


@pytest.mark.parametrize(
    "rows",
    [
        ROW.replace("2.5", "9" * 200_000),
        ROW.replace("1,2.5", "0,2.5"),
        ROW.replace("8", "8.5"),
        ROW.replace("2.5", "nan"),
        ROW.replace("2.5", "soon"),
        ROW + ",more",
        "1,2.5",
        '"1,2.5' + "\0" * 3,
    ],
    ids=["long", "epoch 0", "steps", "nan", "text", "more", "fewer", "zeros"],
)
def test_a_damaged_history_is_named(tmp_path, rows):
    path, header = tmp_path / "history.csv", ",".join(HistoryFile.columns)
    path.write_text(f"{header}\n{ROW}\n")
    assert read_history(path)[0]["steps"] == "8"
    path.write_text(f"{header}\n{rows}\n")
    with pytest.raises(ValueError, match=r"history\.csv is damaged"):
        read_history(path)


def test_another_table_is_no_history(tmp_path):
    path = tmp_path / "history.csv"
    assert read_history(path) == []
    path.touch()
    assert read_history(path) == []
    path.write_text("epoch,loss\n1,3\n")
    with pytest.raises(ValueError, match=r"its columns are epoch, loss"):
        read_history(path)
