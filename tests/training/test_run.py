"""A run folder is whole, and a resumed run ends where an uninterrupted one does."""

import dataclasses
import errno
import json
import re
import resource
import shutil
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image

import pixelcnn
from pixelcnn import training
from pixelcnn.files import read_json, write_json
from pixelcnn.training import DataSource, Preset, RunConfig, RunFolder, train
from pixelcnn.training.callbacks import list_checkpoints, read_history
from pixelcnn.training.position import MEMBER

NANO = Preset("nano", 1, 1, 4, 2, 0.1, 1e-2, 4, 2, None, "tests")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two classes of 8x8 drawings, bright above and bright below."""
    path, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for name, rows in (("above", slice(0, 4)), ("below", slice(4, 8))):
        (path / name).mkdir()
        for i in range(29):
            pixels = random.integers(0, 40, (8, 8), dtype="uint8")
            pixels[rows] += 200
            Image.fromarray(pixels).save(path / name / f"{i:02d}.png")
    return path


def config(pictures, **changes):
    more = {"sample_rows": 1, "held_out": 4, "shift": 1, "flip": ("above",)}
    base = RunConfig(NANO, DataSource(f"folder:{pictures}"), 2, None, 4, 1e-2, **more)
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


def test_a_run_that_stops_within_an_epoch_ends_as_an_uninterrupted_one(finished, pictures, tmp_path):
    whole, folder = finished
    lines = []

    def interrupt(line):
        # The line of step 15 comes before its checkpoint, so this step is done again. An epoch has 12 steps.
        lines.append(line)
        if sum(bool(re.match(r" *[0-9:]+ +\d+ +[\d,]+ ", line)) for line in lines) == 15:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config(pictures, checkpoint_minutes=1e-9), tmp_path, every=0.0, say=interrupt)
    part = RunFolder(tmp_path)
    assert not part.model.exists() and part.last_checkpoint()[:2] == (1, 2)
    resumed = run(part.read_config(), tmp_path, resume=True)
    for ours, theirs in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(read_history(folder.history), read_history(part.history), strict=True):
        assert ours | {"seconds": ""} == theirs | {"seconds": ""}
    kept = [path.name for path in sorted(part.checkpoints.iterdir()) if path.suffix]
    assert kept == ["epoch-002-batch-000010.keras", "epoch-002-batch-000011.keras", "epoch-002.keras"]


def test_resuming_a_finished_run_changes_nothing(finished):
    whole, folder = finished
    again = run(folder.read_config(), folder.path, resume=True)
    assert len(read_history(folder.history)) == 2
    for ours, theirs in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_damaged_checkpoint_is_passed_over(finished, pictures, tmp_path):
    whole, folder = finished
    for damage in (truncated, flipped):
        copy = RunFolder(tmp_path / damage.__name__)
        shutil.copytree(folder.path, copy.path)
        last = copy.checkpoints / "epoch-002.keras"
        last.write_bytes(damage(last.read_bytes()))
        with pytest.warns(UserWarning, match=r"is skipped: .*epoch-002\.keras' cannot be read"):
            again = run(copy.read_config(), copy.path, resume=True)
        for ours, theirs in zip(whole.get_weights(), again.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert [row["steps"] for row in read_history(copy.history)] == [
            row["steps"] for row in read_history(folder.history)
        ]


def truncated(content):
    return content[:-100]


def flipped(content):
    """One byte of the weights changed; Keras by itself reads such a file."""
    place = content.rindex(b"\x89HDF\r\n\x1a\n") + 3000
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_a_run_without_a_whole_checkpoint_is_not_begun_anew(finished, tmp_path):
    _, folder = finished
    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(folder.path, copy.path)
    before = copy.model.read_bytes(), copy.history.read_bytes()
    for path in copy.checkpoints.iterdir():
        path.write_bytes(b"damaged")
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="none of the 2 checkpoints in"):
        run(copy.read_config(), copy.path, resume=True)
    shutil.rmtree(copy.checkpoints)
    with pytest.raises(ValueError, match="lacks the checkpoints"):
        run(copy.read_config(), copy.path, resume=True)
    assert (copy.model.read_bytes(), copy.history.read_bytes()) == before


def without_positions(folder):
    """Make the checkpoints of a run those of an older version."""
    for path in folder.checkpoints.glob("*.keras"):
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist() if name != MEMBER}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)


@pytest.mark.parametrize(
    "rows", [*(pytest.param(rows, marks=pytest.mark.full) for rows in (None, "", "header")), "first"]
)
def test_without_position_and_row_of_the_history_a_run_takes_the_steps_from_the_checkpoint(finished, tmp_path, rows):
    _, folder = finished
    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(folder.path, copy.path)
    copy.model.unlink()
    without_positions(copy)
    lines = copy.history.read_text().splitlines(keepends=True)
    if rows is None:
        copy.history.unlink()
    else:
        copy.history.write_text({"": "", "header": lines[0], "first": lines[0] + lines[1]}[rows])
    longer = dataclasses.replace(copy.read_config(), epochs=3)
    with pytest.warns(UserWarning, match="lacks the row of epoch 2"):
        run(longer, copy.path, resume=True)
    found = {row["epoch"]: int(row["steps"]) for row in read_history(copy.history)}
    steps = int(lines[1].split(",")[2])  # of an epoch
    assert found == ({"1": steps} if rows == "first" else {}) | {"3": 3 * steps}
    without_positions(copy)
    with pytest.raises(ValueError, match="how much of the 5 minutes is spent"):
        (copy.history).unlink()
        run(dataclasses.replace(longer, epochs=None, minutes=5.0), copy.path, resume=True)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 5},
        {"batch_size": 3},
        {"held_out": 0},
        {"shift": 2},
        {"flip": ()},
        {"balance": 0.5},
        {"held_out_split": "test"},
        {"learning_rate": 0.5},
        {"condition_dropout": 0.5},
        {"orders": 4},
    ],
    ids=str,
)
def test_a_run_is_not_resumed_with_other_settings_than_it_began_with(finished, change):
    _, folder = finished
    ((name, value),), before = change.items(), folder.model.read_bytes()
    with pytest.raises(
        ValueError, match=rf"^{name}={re.escape(repr(value))} does not fit: expected .*, with which this run began"
    ):
        run(dataclasses.replace(folder.read_config(), **change), folder.path, resume=True)
    assert folder.model.read_bytes() == before


def test_validation_images_come_from_the_training_split_and_are_not_trained_on(pictures):
    begun = config(pictures)
    images, labels, _ = begun.data.load("train")
    (rest, of_rest), (validation, _) = training.run._with_held_out(begun, images, labels)
    assert (len(rest), len(validation)) == (len(images) - 4, 4) and len(of_rest) == len(rest)
    whole = {image.tobytes() for image in images}
    assert {image.tobytes() for image in rest} | {image.tobytes() for image in validation} == whole
    assert not {image.tobytes() for image in rest} & {image.tobytes() for image in validation}
    (rest, _), validation = training.run._with_held_out(config(pictures, held_out=0), images, labels)
    assert len(rest) == len(images) and validation is None


def test_a_run_that_began_on_test_images_goes_on_as_it_began(pictures, tmp_path):
    old = config(pictures, held_out_split="test", sample_rows=0, epochs=1)
    run(old, tmp_path)
    record = read_json(tmp_path / "config.json")
    del record["held_out_split"]  # which older versions did not write
    write_json(tmp_path / "config.json", record)
    begun, lines = RunFolder(tmp_path).read_config(), []
    assert begun.held_out_split == "test"
    longer = dataclasses.replace(begun, epochs=2)
    train(longer, tmp_path, resume=True, every=float("inf"), say=lines.append)
    assert "each epoch measures test images, with which this run began" in lines
    assert [row["steps"] for row in read_history(tmp_path / "history.csv")] == ["13", "26"]  # of all 54 images


def test_a_run_is_resumed_with_the_configuration_of_its_program(finished, pictures, tmp_path):
    _, folder = finished
    copy, begun = RunFolder(tmp_path / "run"), folder.read_config()
    shutil.copytree(folder.path, copy.path)
    for changes in ({}, {"batch_size": "auto", "dtype": "auto"}):
        run(config(pictures, **changes), copy.path, resume=True)
        assert copy.read_config() == begun
    moved = shutil.copytree(pictures, tmp_path / "moved")
    run(config(moved), copy.path, resume=True)
    assert copy.read_config().data.kind == f"folder:{moved}"
    others = DataSource(f"folder:{pictures}", per_class=9)
    with pytest.raises(ValueError, match="^data=.*per_class=9.* does not fit: expected .*with which this run began"):
        run(config(pictures, data=others), copy.path, resume=True)
    shutil.copy(moved / "above" / "00.png", moved / "below" / "01.png")
    with pytest.raises(ValueError, match=f"checksum=.* does not fit: expected {begun.checksum}, because this run"):
        run(config(moved), copy.path, resume=True)


def test_a_batch_size_above_the_number_of_images_is_resumed(finished, pictures, tmp_path):
    _, folder = finished
    copy = RunFolder(tmp_path / "run")
    shutil.copytree(folder.path, copy.path)
    copy.write_config(dataclasses.replace(copy.read_config(), batch_size=54, epochs=1))  # of 54 images
    run(config(pictures, batch_size=64, epochs=1), copy.path, resume=True)
    assert copy.read_config().batch_size == 54
    with pytest.raises(ValueError, match="batch_size=53 does not fit: expected 54, with which this run began"):
        run(config(pictures, batch_size=53, epochs=1), copy.path, resume=True)


def test_what_devices_cannot_share_is_refused_before_the_data_are_read(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(training.run, "devices_in_use", lambda: 5)
    absent = {"data": DataSource(f"folder:{tmp_path / 'nowhere'}")}
    with pytest.raises(ValueError, match="batch_size=4 does not fit a model on 5 devices"):
        run(config(pictures, **absent), tmp_path / "run")
    if keras.backend.backend() == "tensorflow":
        with pytest.raises(ValueError, match="accumulate=2 does not fit 5 devices on TensorFlow: expected 1, because"):
            run(config(pictures, **absent, batch_size=5, accumulate=2), tmp_path / "run")
    images, labels, names = DataSource(f"folder:{pictures}").load("train")
    chosen = training.run._with_data(config(pictures, batch_size=60), images, labels, names)
    assert (len(images), chosen.batch_size) == (54, 50)
    with pytest.raises(ValueError, match="data of 4 training images does not fit 5 devices: expected at least 5 im"):
        training.run._with_data(config(pictures), images[:4], labels[:4], names)


def test_a_folder_in_use_is_refused(finished, pictures, tmp_path):
    _, folder = finished
    with RunFolder(tmp_path / "run").locked():
        with pytest.raises(OSError, match="another process trains in"):
            run(config(pictures), tmp_path / "run")
        assert [path.name for path in (tmp_path / "run").iterdir()] == [".lock"]
    with folder.locked(), pytest.raises(OSError, match="another process trains in"):
        run(folder.read_config(), folder.path, resume=True)
    with folder.locked():  # the lock is free again
        pass


def test_a_file_system_without_locks_is_told_of(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.warns(UserWarning, match="has no locks"), RunFolder(tmp_path).locked():
        pass


def test_an_occupied_folder_is_refused_and_left_alone(finished, pictures, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    for output in (tmp_path, finished[1].path):
        with pytest.raises(ValueError, match="not empty"):
            run(config(pictures), output)
    with pytest.raises(ValueError, match="no config.json"):
        run(config(pictures), tmp_path, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_unfit_data_leaves_no_folder(pictures, tmp_path):
    with pytest.raises((ValueError, OSError)):
        run(config(pictures, data=DataSource(f"folder:{tmp_path / 'nowhere'}")), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"epochs": None}, "epochs and minutes"),
        ({"epochs": 0}, "epochs=0"),
        ({"minutes": -1.0}, "minutes=-1"),
        ({"minutes": float("inf")}, "minutes=inf"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_errors_name_the_argument(pictures, changes, named):
    with pytest.raises(ValueError, match=named):
        config(pictures, **changes)


WRONG = {
    None: (
        "preset",
        "data",
        "batch_size",
        "learning_rate",
        "dtype",
        "seed",
        "held_out",
        "sample_rows",
        "condition_dropout",
        "orders",
    ),
    2.5: (
        "preset",
        "data",
        "epochs",
        "batch_size",
        "dtype",
        "seed",
        "held_out",
        "sample_rows",
        "keep",
        "image_shape",
        "orders",
    ),
    True: ("epochs", "minutes", "batch_size", "learning_rate", "dtype", "seed", "keep", "class_names", "versions"),
    "two": ("preset", "data", "epochs", "minutes", "batch_size", "learning_rate", "dtype", "keep", "class_names"),
    10**400: ("epochs", "minutes", "batch_size", "learning_rate", "seed", "condition_dropout"),
}
WRONG_IN_DATA = {
    None: ("kind", "source", "seed"),
    2.5: ("kind", "classes", "per_class", "data_dir", "source", "seed"),
    "two": ("kind", "classes", "per_class", "source", "seed"),
    "more": ("more",),
}
WRONG_IN_PRESET = {
    None: ("name", "num_filters", "dropout_p", "learning_rate", "batch_size", "epochs", "purpose"),
    2.5: ("name", "num_resnet", "num_filters", "dropout_p", "batch_size", "ema_momentum"),
    "two": ("num_resnet", "num_hierarchies", "num_logistic_mix", "learning_rate", "ema_momentum"),
}


@pytest.mark.parametrize("part, wrong", [(None, WRONG), ("data", WRONG_IN_DATA), ("preset", WRONG_IN_PRESET)])
def test_a_wrong_type_in_a_configuration_is_an_error_that_names_file_and_field(finished, tmp_path, part, wrong):
    _, folder = finished
    copy = RunFolder(tmp_path)
    for value, names in wrong.items():
        for name in names:
            record = read_json(folder.config)
            (record if part is None else record[part])[name] = value
            write_json(copy.config, record)
            with pytest.raises(
                ValueError,
                match=rf"(?s)config\.json does not fit: expected the config.*{name if name != 'kind' else 'data'}",
            ):
                copy.read_config()


@pytest.mark.parametrize(
    "size",
    [{"num_filters": 10**6}, {"num_logistic_mix": 10**8}, {"num_resnet": 10**6}, {"num_hierarchies": 10**6}],
)
def test_a_huge_preset_in_a_configuration_is_refused_before_memory_goes_into_it(finished, tmp_path, size):
    _, folder = finished
    record = read_json(folder.config)
    record["preset"] |= size
    write_json(tmp_path / "config.json", record | {"dtype": "auto"})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=f"{tmp_path}/config.json.*({next(iter(size))}|weights)"):
        run(RunFolder(tmp_path).read_config(), tmp_path, resume=True)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


def test_whole_floats_become_whole_numbers(pictures):
    changed = config(pictures, batch_size=4.0, keep=2.0)  # as R has them
    assert type(changed.batch_size) is int and type(changed.keep) is int


def test_a_foreign_configuration_is_named():
    with pytest.raises(ValueError, match="expected the configuration of a pixelcnn run"):
        RunConfig.from_json({"name": "something else"})


def test_devices_share_the_memory_of_a_batch(monkeypatch):
    begun = config("pictures", image_shape=(64, 64, 1), class_names=("bee", "sun"), dtype="float32")
    cost = dataclasses.replace(training.run._cost(begun, (64, 64, 1), ("bee", "sun")), initializes=False)
    monkeypatch.setattr(training.run, "_cost", lambda *_: cost)  # the first pass is not shared
    of_auto = dataclasses.replace(begun, batch_size="auto")
    enough_for_eight = 1.16 * cost.training_bytes(8, dtype="float32", dropout=True)
    monkeypatch.setattr(training.run, "available_memory", lambda: int(enough_for_eight))
    assert training.run._with_memory(of_auto, 100, ignore_memory=False, resumed=False)[0].batch_size == 8
    monkeypatch.setattr(training.run, "has_accelerator", lambda: True)
    for devices, batch_size in ((2, 16), (3, 15), (4, 32)):
        monkeypatch.setattr(training.run, "devices_in_use", lambda count=devices: count)
        assert training.run._with_memory(of_auto, 100, ignore_memory=False, resumed=False)[0].batch_size == batch_size
    too_large = dataclasses.replace(begun, batch_size=64)
    with pytest.raises(ValueError, match="batch_size=64 does not fit: expected at most 32"):
        training.run._with_memory(too_large, 100, ignore_memory=False, resumed=False)


def test_a_run_with_fewer_steps_than_an_update_takes_is_refused(pictures, tmp_path):
    with pytest.raises(ValueError, match="accumulate=100 does not fit 24 steps: expected at most that many"):
        run(config(pictures, accumulate=100), tmp_path / "run")
    assert not (tmp_path / "run" / "config.json").exists()


def test_a_run_that_minutes_ended_within_an_epoch_goes_on_to_all_its_epochs(pictures, finished, tmp_path):
    run(config(pictures, minutes=1e-9), tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    assert [row["steps"] for row in read_history(folder.history)] == ["1"]
    run(config(pictures), folder.path, resume=True)
    last, whole = (read_history(place.history)[-1] for place in (folder, finished[1]))
    assert last["steps"] == whole["steps"]
    assert float(last["learning_rate"]) == pytest.approx(float(whole["learning_rate"]))


def test_numbers_of_numpy_are_plain_numbers_of_a_run(pictures):
    numbers = {"minutes": 1.5, "balance": 0.5, "condition_dropout": 0.25, "learning_rate": 0.5}
    of_numpy = {name: np.float32(number) for name, number in numbers.items()}
    preset = dataclasses.replace(NANO, num_filters=np.int64(4), dropout_p=np.float32(0.5))
    record = json.loads(json.dumps(config(pictures, preset=preset, orders=np.int64(1), **of_numpy).to_json()))
    assert {name: record[name] for name in numbers} == numbers
    assert (record["orders"], record["preset"]["num_filters"], record["preset"]["dropout_p"]) == (1, 4, 0.5)
