"""A run that is killed at random moments, also amid a write, loses the steps since its last checkpoint only."""

import multiprocessing
import signal
import time
from contextlib import contextmanager

import numpy as np
import pytest

import pixelcnn
from pixelcnn.files import PARTIAL
from pixelcnn.training import DataSource, Preset, RunConfig, RunFolder, train
from pixelcnn.training.callbacks import list_all_checkpoints, read_history
from pixelcnn.training.position import Position

KILLS, STEPS_OF_EPOCH = 30, 200
# Forks of a server that has imported the package, and computed nothing, start sooner than new processes.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["pixelcnn.training.run"])


def work(output, log, minutes):
    """Begin a run, or go on with it, and write a line for each step into a file."""
    preset = Preset("nano", 1, 1, 2, 1, 0.5, 1e-3, 4, 2, 0.99, "tests")
    data = DataSource("doodles", ("bee", "sun"), 2 * STEPS_OF_EPOCH + 2)  # 2 of each class are validation images
    config = RunConfig(
        preset, data, 2, None, 4, 1e-3, "float32", condition_dropout=0.2, held_out=4, sample_rows=0,
        checkpoint_minutes=minutes,
    )  # fmt: skip
    resume = RunFolder(output).config.exists()
    with log.open("wb", buffering=0) as file:
        train(config, output, resume, every=0.0, say=lambda line: file.write(f"{line}\n".encode()))


@contextmanager
def training(output, log, minutes=1e-9):
    """A process that trains. A checkpoint after each step makes most kills come amid a write."""
    process = CONTEXT.Process(target=work, args=(output, log, minutes))
    process.start()
    yield process
    process.join()


def last(folder):
    """The position in the last checkpoint, and its file."""
    (epochs, _), path = list_all_checkpoints(folder.checkpoints)[-1]
    return Position.from_archive(path, epochs), path


@pytest.mark.full
def test_a_run_that_is_killed_at_random_moments_ends_as_an_uninterrupted_one(tmp_path):
    whole, run, random = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "run"), np.random.default_rng(0)
    with training(whole.path, tmp_path / "log", minutes=1e9) as process:
        pass
    assert process.exitcode == 0
    done, lost, amid_a_write = 0, [], 0
    for kill in range(KILLS):
        before = list_all_checkpoints(run.checkpoints)
        with training(run.path, tmp_path / f"log-{kill}") as process:
            while process.is_alive() and list_all_checkpoints(run.checkpoints) == before:
                time.sleep(0.01)
            time.sleep(random.uniform(0, 0.6))
            process.kill()
        assert process.exitcode == -signal.SIGKILL, "the run ended before it was killed"
        lines = (tmp_path / f"log-{kill}").read_text().splitlines()
        done += sum(line[:8].strip()[:1].isdigit() and "validation" not in line for line in lines if ":" in line)
        amid_a_write += any(run.checkpoints.glob(f"{PARTIAL}*"))
        position, _ = last(run)
        lost.append(done - position.steps)
        done = position.steps
    with training(run.path, tmp_path / "log") as process:
        pass
    assert process.exitcode == 0
    print(f"{KILLS} kills, {amid_a_write} amid a write; steps lost: {lost}; steps before the last kill: {done}")
    assert max(lost) <= 1
    for ours, theirs in zip(*(pixelcnn.load(one.model).get_weights() for one in (whole, run)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(read_history(whole.history), read_history(run.history), strict=True):
        assert ours | {"seconds": ""} == theirs | {"seconds": ""}
    assert not list(run.checkpoints.glob(f"{PARTIAL}*"))
