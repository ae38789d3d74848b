"""Workers of Ray write the files of one process. Programs run in processes of their own, because Ray leaves threads."""

import subprocess
import sys
import time

import pytest

from pixelcnn.cli import main
from pixelcnn.shards import missing_parts
from pixelcnn.shards.on_ray import _share

SAMPLE = (
    "-m pixelcnn.cli sample --count 11 --seed 5 --temperature 0.9 --part-size 4 --classes below,above --output images"
)

# The worker that begins part 1 ends, and the worker that begins part 2 waits until SIGTERM ends the program.
DISTURBED = """
import os
import sys
import time
from pathlib import Path

import pixelcnn
from pixelcnn.cli.signals import raised_as_interrupts
from pixelcnn.shards.on_ray import sample_on_ray

here = Path.cwd()


def first_time(name):
    new = not (here / name).exists()
    (here / name).touch()
    return new


def prepare():
    model = pixelcnn.load(here / "model.keras")

    def draw(shard, **more):
        if shard[0] == 1 and first_time("lost"):
            os._exit(1)
        if shard[0] == 2 and first_time("waiting"):
            time.sleep(1000)
        job = {"count": 11, "labels": ["below", "above"], "seed": 5, "temperature": 0.9}
        return pixelcnn.shards.sample_shard(model, **job, shard=shard, **more)

    return draw


try:
    with raised_as_interrupts():
        print([path.name for path in sample_on_ray(prepare, "images", 11, part_size=4, workers=2)])
except KeyboardInterrupt:
    sys.exit(3)
"""


@pytest.fixture
def run(ray_cluster, model, tmp_path):
    """A function that runs Python in a folder with a model, and returns the exit code and what was printed."""
    model.save(tmp_path / "model.keras")

    def run(*arguments):
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=ray_cluster, capture_output=True, text=True, timeout=600)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.full
def test_ray_writes_the_missing_parts_with_the_same_bytes(run, whole, content, tmp_path):
    def sample(model, *more):
        return run(*SAMPLE.split(), model, *more)

    assert sample("model.keras", "--shard", "1/3")[0] == 0
    for wrong, told in {
        ("none.keras",): f"MODEL='{tmp_path}/none.keras' does not exist",
        ("model.keras", "--workers", "9"): "workers=9 does not fit: expected a whole number 1 … 4",
        ("model.keras", "--seed", "6"): "seed (there 5, now 6)",
    }.items():
        code, text = sample(*wrong, "--engine", "ray")
        assert code == 2 and told in text
    assert missing_parts(tmp_path / "images") == [0, 2]
    code, text = sample("model.keras", "--engine", "ray", "--workers", "2")
    assert code == 0 and "parts written to images: 2" in text
    assert content(tmp_path / "images") == content(whole)
    code, text = sample("model.keras", "--engine", "ray")
    assert code == 0 and "nothing to do" in text


@pytest.mark.full
def test_ray_draws_the_part_of_a_lost_worker_and_goes_on_after_a_signal(run, ray_cluster, whole, content, tmp_path):
    program = subprocess.Popen([sys.executable, "-c", DISTURBED], cwd=tmp_path, env=ray_cluster)
    awaited = [tmp_path / name for name in ("lost", "waiting", "images/part-00000.sha256", "images/part-00001.sha256")]
    while program.poll() is None and not all(path.exists() for path in awaited):
        time.sleep(0.05)
    program.terminate()
    assert program.wait(100) == 3
    assert missing_parts(tmp_path / "images") == [2]
    code, text = run("-c", DISTURBED)
    assert code == 0 and text.endswith("['part-00002.npz']\n")
    assert content(tmp_path / "images") == content(whole)


def test_the_command_leaves_the_devices_to_the_workers(monkeypatch, tmp_path):
    queried = []
    monkeypatch.setattr("pixelcnn.cli.import_keras", lambda query_devices: queried.append(query_devices))
    monkeypatch.setitem(sys.modules, "ray", None)
    for engine in ("local", "ray"):
        command = f"sample {tmp_path}/none.keras --count 2 --output {tmp_path}/images --engine {engine}"
        assert main(command.split()) == 2
    assert queried == [True, False]


def test_workers_share_the_nodes_equally():
    def node(alive=True, **resources):
        return {"Alive": alive, "Resources": {"memory": 1e9, **resources}}

    nodes = [node(CPU=8.0), node(CPU=4.0), node(), node(alive=False, CPU=2.0)]
    assert _share(nodes, None) == (2, {"num_cpus": 4})
    assert _share(nodes, 3) == (3, {"num_cpus": 2})
    assert _share(nodes, 8) == (8, {"num_cpus": 1})
    with_gpus = [*nodes, node(CPU=8.0, GPU=4.0)]
    assert _share(with_gpus, None) == (4, {"num_gpus": 1})
    assert _share(with_gpus, 2) == (2, {"num_gpus": 1})
    for nodes_and_number in [(nodes, 9), (nodes, 0), (with_gpus, 5)]:
        with pytest.raises(ValueError, match="workers="):
            _share(*nodes_and_number)
