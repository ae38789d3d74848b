"""A run folder is whole, and a resumed run ends where an uninterrupted one does."""

import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image

import pixelcnn
from pixelcnn.training import DataSource, Preset, RunConfig, RunFolder, train
from pixelcnn.training.callbacks import list_checkpoints, read_history

NANO = Preset("nano", 1, 1, 4, 2, 0.1, 1e-2, 4, 2, None, "tests")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two classes of 8x8 drawings, bright above and bright below."""
    path, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for name, rows in (("above", slice(0, 4)), ("below", slice(4, 8))):
        (path / name).mkdir()
        for i in range(26):
            pixels = random.integers(0, 40, (8, 8), dtype="uint8")
            pixels[rows] += 200
            Image.fromarray(pixels).save(path / name / f"{i:02d}.png")
    return path


def config(pictures, **changes):
    base = RunConfig(NANO, DataSource(f"folder:{pictures}"), 2, None, 4, 1e-2, sample_rows=1, held_out=4)
    return dataclasses.replace(base, **changes)


def quiet(line):
    pass


def run(configuration, output, **arguments):
    return train(configuration, output, every=float("inf"), say=quiet, **arguments)


@pytest.fixture(scope="module")
def finished(pictures, tmp_path_factory):
    output = tmp_path_factory.mktemp("runs") / "whole"
    return run(config(pictures), output), RunFolder(output)


def test_a_run_folder_has_all_its_files(finished):
    _, folder = finished
    assert len(read_history(folder.history)) == 2
    assert [epochs for epochs, _ in list_checkpoints(folder.checkpoints)] == [1, 2]
    assert sorted(path.name for path in folder.samples.iterdir()) == ["epoch-001.png", "epoch-002.png"]
    assert not [path for path in folder.path.rglob("*") if "partial" in path.name]


def test_the_saved_model_is_the_returned_one(finished):
    model, folder = finished
    loaded = pixelcnn.load(folder.model)
    assert tuple(loaded.class_names) == ("above", "below")
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_configuration_survives_json(finished):
    _, folder = finished
    read = folder.read_config()
    assert RunConfig.from_json(read.to_json()) == read
    assert read.image_shape == (8, 8, 1) and read.class_names == ("above", "below")
    assert "keras" in read.versions


def test_training_learns(finished):
    _, folder = finished
    rows = read_history(folder.history)
    assert float(rows[-1]["bits_per_dim"]) < float(rows[0]["bits_per_dim"])
    assert float(rows[-1]["val_bits_per_dim"]) < float(rows[0]["val_bits_per_dim"])
    assert float(rows[0]["seconds"]) < float(rows[1]["seconds"])


def test_a_resumed_run_ends_as_an_uninterrupted_one(finished, pictures, tmp_path):
    whole, folder = finished
    output = tmp_path / "resumed"

    lines = []

    def interrupt(line):
        # The second epoch's report comes after its last step and before its checkpoint: that epoch is done again.
        lines.append(line)
        if sum("held-out" in line for line in lines) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config(pictures, sample_rows=0), output, every=float("inf"), say=interrupt)
    part = RunFolder(output)
    assert not part.model.exists() and part.last_checkpoint()[0] == 1
    resumed = run(part.read_config(), output, resume=True)
    for ours, theirs in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    columns = ("epoch", "steps", "learning_rate", "bits_per_dim")
    for ours, theirs in zip(read_history(folder.history), read_history(part.history), strict=True):
        assert [ours[name] for name in columns[:3]] == [theirs[name] for name in columns[:3]]
        assert float(ours["bits_per_dim"]) == pytest.approx(float(theirs["bits_per_dim"]), rel=1e-3)


def test_resuming_a_finished_run_changes_nothing(finished):
    whole, folder = finished
    again = run(folder.read_config(), folder.path, resume=True)
    assert len(read_history(folder.history)) == 2
    for ours, theirs in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_occupied_folder_is_refused_and_left_alone(finished, pictures, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    for output in (tmp_path, finished[1].path):
        with pytest.raises(ValueError, match="not empty"):
            run(config(pictures), output)
    with pytest.raises(ValueError, match="no config.json"):
        run(config(pictures), tmp_path, resume=True)
    with pytest.raises(ValueError, match="no config.json"):
        RunFolder(tmp_path).clear()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_unfit_data_leaves_no_folder(pictures, tmp_path):
    with pytest.raises((ValueError, OSError)):
        run(config(pictures, data=DataSource(f"folder:{tmp_path / 'nowhere'}")), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_clear_removes_a_run_and_nothing_else(finished, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(finished[1].path, copy)
    (copy / "notes.txt").write_text("mine")
    RunFolder(copy).clear()
    assert [path.name for path in copy.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"epochs": None}, "epochs and minutes"),
        ({"epochs": 0}, "epochs is 0"),
        ({"minutes": -1.0}, "minutes is -1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_errors_name_the_argument(pictures, changes, named):
    with pytest.raises(ValueError, match=named):
        config(pictures, **changes)


def test_a_foreign_configuration_is_named():
    with pytest.raises(ValueError, match="not the configuration"):
        RunConfig.from_json({"name": "something else"})
