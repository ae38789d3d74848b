"""Several machines, as processes on this one: training equals one process', and a killed machine ends all."""

import os
import signal
import socket
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.backend import join_machines
from pixelcnn.cli import main
from pixelcnn.training import RunFolder
from pixelcnn.training.callbacks import list_all_checkpoints, read_history

WORKER = """
import sys

import pixelcnn
from pixelcnn.training import DataSource, Preset, RunConfig, RunFolder, train

output, machines, machine, coordinator = sys.argv[1:]
pixelcnn.join_machines(int(machines), int(machine), coordinator)
preset = Preset("nano", 1, 1, 2, 1, 0.5, 1e-3, 4, 2, 0.9, "tests")
config = RunConfig(
    preset, DataSource("doodles", ("bee", "sun"), 12), 2, None, 4, 1e-3, "float32", condition_dropout=0.2, held_out=4,
    sample_rows=1, checkpoint_minutes=1e-9,
)
train(config, output, RunFolder(output).config.exists())
"""


def start(output, machines):
    """Start the processes of a training, as text streams."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    return [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(output), str(machines), str(machine), coordinator],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for machine in range(machines)
    ]  # fmt: skip


def finish(processes):
    """Wait for processes, and return what they printed."""
    texts = [process.communicate(timeout=1200)[0] for process in processes]
    assert not any(process.returncode for process in processes), "\n\n".join(text[-3000:] for text in texts)
    return texts


@pytest.mark.full
def test_two_machines_train_as_one_does_though_one_of_them_was_killed(tmp_path):
    pytest.importorskip("jax")
    one, two = RunFolder(tmp_path / "one"), RunFolder(tmp_path / "two")
    finish(start(one.path, 1))
    processes = start(two.path, 2)
    while not list_all_checkpoints(two.checkpoints) and not any(process.poll() for process in processes):
        time.sleep(0.05)
    processes[1].kill()
    left, _ = processes[0].communicate(timeout=300)
    assert processes[1].wait() == -signal.SIGKILL
    assert processes[0].returncode
    assert "machines has ended" in left or "another task died" in left, left[-3000:]
    assert list_all_checkpoints(two.checkpoints)
    assert not two.model.exists()
    first, second = finish(start(two.path, 2))
    assert "validation" in first
    assert "validation" not in second
    ours, theirs = (pixelcnn.load(folder.model).get_weights() for folder in (one, two))
    for expected, weights in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(weights, expected, rtol=1e-3, atol=1e-5)
    for expected, row in zip(read_history(one.history), read_history(two.history), strict=True):
        for name in expected.keys() - {"seconds"}:
            assert float(row[name]) == pytest.approx(float(expected[name]), rel=1e-4)
    assert len(list(two.samples.iterdir())) == 2


def test_machines_that_cannot_be_joined_are_refused(capsys, tmp_path):
    with pytest.raises(ValueError, match="machine=2 does not fit"):
        join_machines(2, 2, "localhost:1")
    with pytest.raises(ValueError, match="coordinator='localhost' does not fit: expected HOST:PORT"):
        join_machines(1, 0, "localhost")
    output = ["train", "--output", str(tmp_path / "run")]
    assert main([*output, "--machines", "2"]) == 2
    assert "--machines alone does not fit" in capsys.readouterr().err
    if keras.backend.backend() != "jax":
        assert main([*output, "--machines", "2", "--machine", "0", "--coordinator", "localhost:1"]) == 2
        assert "machines=2 does not fit on" in capsys.readouterr().err
