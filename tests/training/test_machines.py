"""Several machines, as processes on this one: training equals one process', and a killed machine ends all."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.backend import join_machines
from pixelcnn.backend.machines import tells_of_loss
from pixelcnn.cli import build_parser, main
from pixelcnn.training import RunFolder
from pixelcnn.training.callbacks import list_all_checkpoints, read_history

PAGE = (Path(__file__).parents[2] / "docs" / "several-machines.md").read_text(encoding="utf-8")
NANO = 'pixelcnn.training.Preset("nano", 1, 1, 2, 1, 0.5, 1e-3, 4, 2, 0.9, "tests")'
FEW = 'DataSource("doodles", ("bee", "sun"), 13)'
SMALLER = {
    'find_preset("small")': NANO,
    'DataSource("quickdraw")': FEW,
    "epochs=10": "condition_dropout=0.2, held_out=4, sample_rows=1, checkpoint_minutes=1e-9, epochs=2",
    "batch_size=64": "batch_size=4",
}


def block(beginning, language="python"):
    """The block of the page in a language that begins so."""
    (text,) = re.findall(rf"^```{language}\n({beginning}\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return text


def replaced(text, others):
    """A text with other parts in place of some of its own."""
    for part, other in others.items():
        assert part in text
        text = text.replace(part, other)
    return text


# No seed is set, and the generators of the machines have different states. A training with a learning rate of zero has
# the loss of all images only if the machines take their shares of the same batches.
AGREE = """
import json
import random
import sys

import jax
import keras
import numpy as np

import pixelcnn
from pixelcnn.backend import telling_of_lost_machines
from pixelcnn.training import Backup


def told(function, *arguments, **more):
    try:
        function(*arguments, **more)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


machines, machine, coordinator = sys.argv[1:]
random.seed(int(machine))
np.random.seed(int(machine))
pixelcnn.join_machines(int(machines), int(machine), coordinator)
dist = pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=2, high=3)
dist.compile(keras.optimizers.SGD(0.0))
generator = np.random.default_rng(0)
for weight in dist.trainable_variables:  # fresh weights give all images one likelihood
    weight.assign(generator.normal(0, 0.5, weight.shape))
images = generator.integers(0, 4, (12, 2, 2, 1))
np.random.seed(int(machine))
result = {"losses": dist.fit(images, batch_size=4, epochs=2, verbose=0).history["loss"]}
result["loss"] = dist.evaluate(images, verbose=0)[0]
result["joined"] = told(pixelcnn.join_machines, 2, 0, coordinator)
result["devices"] = told(pixelcnn.use_devices, 1)
pixelcnn.use_devices("all")
result["memory"] = told(telling_of_lost_machines()(jax.numpy.zeros), 10**15)
for name in ("first", "second"):  # machine 0 writes a checkpoint that machine 1 does not see
    backup = Backup(f"OUTPUT/{machine}", seed=0)
    result[name] = told(dist.fit, images, batch_size=4, callbacks=backup, verbose=0)
print(json.dumps(result), flush=True)
"""


def start(output, machines, code=None):
    """Start the processes of a training, as text streams. Without code they run the program of the page."""
    code = code or replaced(block("import sys"), {**SMALLER, '"/shared/run"': repr(str(output))})
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    return [
        subprocess.Popen(
            [sys.executable, "-c", code, str(machines), str(machine), coordinator],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for machine in range(machines)
    ]  # fmt: skip


def finish(processes):
    """Wait for processes, and return what they printed. Machines that wait for each other without end are killed."""
    try:
        texts = [process.communicate(timeout=600)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
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
    check_equal(one, two)
    assert len(list(two.samples.iterdir())) == 2


def check_equal(one, two):
    """Check that the models and the histories of two runs are equal within rounding."""
    ours, theirs = (pixelcnn.load(folder.model).get_weights() for folder in (one, two))
    for expected, weights in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(weights, expected, rtol=1e-3, atol=1e-5)
    for expected, row in zip(read_history(one.history), read_history(two.history), strict=True):
        for name in expected.keys() - {"seconds"}:
            assert float(row[name]) == pytest.approx(float(expected[name]), rel=1e-4)


# In the first attempt worker 1 ends after a checkpoint, and Ray starts both workers again.
WORKER_ENDS = """
    import threading
    import time
    from pixelcnn.training.callbacks import list_all_checkpoints

    def end():
        while not list_all_checkpoints(RunFolder(FOLDER).checkpoints):
            time.sleep(0.05)
        open(FOLDER + ".ended", "w").close()
        os._exit(1)

    if context.get_world_rank() == 1 and not RunFolder(FOLDER).config.exists():
        threading.Thread(target=end, daemon=True).start()
"""


@pytest.mark.full
def test_ray_trains_on_two_nodes_as_one_process_does_though_a_worker_ended(ray_cluster, tmp_path):
    """The block runs in a process of its own, because Ray leaves threads and processes behind."""
    pytest.importorskip("jax")
    one, two = RunFolder(tmp_path / "one"), RunFolder(tmp_path / "run")
    smaller = {
        'find_preset("blog")': NANO,
        'DataSource("quickdraw")': FEW,
        "epochs=10": SMALLER["epochs=10"],
        "batch_size=256": "batch_size=4",
        "num_workers=4, use_gpu=True": "num_workers=2",
        '{"GPU": 8}': '{"CPU": 2}',  # all of a node
        "    train(config": f"{WORKER_ENDS}    train(config",
        '"/shared': f'"{tmp_path.as_posix()}',
    }
    (tmp_path / "page.py").write_text(replaced(block("import os"), smaller))
    subprocess.run([sys.executable, tmp_path / "page.py"], env=ray_cluster, check=True, timeout=1500)
    assert (tmp_path / "run.ended").exists()
    finish(start(one.path, 1))
    check_equal(one, two)


# Programs that stand in for those of a cluster. The shell runs the recipe, so quotes and variables are as in a job.
CLUSTER = {
    "scontrol": 'printf "node0\\nnode1\\n"',
    "srun": 'shift; SLURM_PROCID=1 exec "$@"',
    "pixelcnn": 'printf "%s\\n" "$@"',
}


def arguments_of(script, folder, **environment):
    """Run a recipe in the shell, and return the arguments with which it starts `pixelcnn`, as the parser reads them."""
    (folder / "bin").mkdir(exist_ok=True)
    for name, content in CLUSTER.items():
        path = folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{content}\n")
        path.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", script.replace("/shared", folder.as_posix())],
        capture_output=True, text=True, check=True, env={**environment, "PATH": f"{folder}/bin:{os.environ['PATH']}"},
    )  # fmt: skip
    return build_parser().parse_args(done.stdout.splitlines())


def slurm_script():
    return block("#!/bin/sh", "sh"), {"SLURM_JOB_NODELIST": "node[0-1]", "SLURM_NTASKS": "4"}


def kubernetes_script():
    yaml = pytest.importorskip("yaml", reason="needs pyyaml, which reads the recipe")
    service, job = yaml.safe_load_all(block("apiVersion: v1", "yaml"))
    pod = job["spec"]["template"]["spec"]
    (container,), name = pod["containers"], job["metadata"]["name"]
    assert service["spec"]["selector"] == {"job-name": name} and service["metadata"]["name"] == pod["subdomain"]
    assert container["command"] == ["sh", "-c"] and f"--machines {job['spec']['completions']} " in container["args"][0]
    assert f"{name}-0.{pod['subdomain']}:" in container["args"][0]
    return container["args"][0], {"JOB_COMPLETION_INDEX": "1"}


@pytest.mark.skipif(os.name != "posix", reason="the recipes are for a POSIX shell")
@pytest.mark.parametrize("recipe", [slurm_script, kubernetes_script])
def test_the_recipes_start_a_run_and_resume_it(recipe, tmp_path):
    script, environment = recipe()
    begins = arguments_of(script, tmp_path, **environment)
    assert (begins.machines, begins.machine, begins.coordinator.rpartition(":")[2]) == (4, 1, "12345")
    assert (begins.data, begins.preset, begins.batch_size, begins.resume) == ("quickdraw", "blog", 256, False)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").touch()
    goes_on = arguments_of(script, tmp_path, **environment)
    assert (goes_on.data, goes_on.preset, goes_on.batch_size, goes_on.resume) == (None, None, None, True)
    assert goes_on.output == tmp_path / "run"


@pytest.mark.full
def test_two_machines_agree_on_seeds_orders_devices_and_checkpoints(tmp_path):
    pytest.importorskip("jax")
    texts = finish(start(tmp_path, 2, AGREE.replace("OUTPUT", str(tmp_path))))
    results = [json.loads(text[text.rindex('{"losses"') :].splitlines()[0]) for text in texts]
    for machine, result in enumerate(results):
        assert result["losses"] == results[0]["losses"] == pytest.approx([result["loss"]] * 2, rel=1e-5)
        already = f"expected no second call of join_machines, because this process is machine {machine} of 2 already."
        assert result["joined"] == f"ValueError: machines=2 with machine=0 does not fit: {already}"
        assert result["devices"].startswith("ValueError: devices=1 does not fit 2 machines: expected 'all'")
        assert result["memory"].startswith("JaxRuntimeError: RESOURCE_EXHAUSTED")
        assert result["first"] is None
        assert re.search(
            "does not fit 2 machines: .*machine 0 sees 1 .checksum .{8}., the newest after 1 epochs and 0 batches; "
            "machine 1 sees no checkpoint.$",
            result["second"],
        )


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        ("UNAVAILABLE: The following tasks are unhealthy (stopped sending heartbeats)", True),
        ("DEADLINE_EXCEEDED: Barrier timed out.", True),
        (
            "INTERNAL: NCCL operation ncclAllReduce(...) failed: remote process exited or there was a network error",
            True,
        ),
        ("RESOURCE_EXHAUSTED: Out of memory while connecting to a peer buffer", False),
        ("INVALID_ARGUMENT: Mismatched shapes", False),
        ("UNIMPLEMENTED: Multiprocess computations aren't implemented on this backend", False),
        ("INTERNAL: during context [pre-optimization]: RET_CHECK failure", False),
    ],
)
def test_only_errors_of_a_connection_tell_of_a_lost_machine(message, lost):
    assert tells_of_loss(message) == lost


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX joins machines")
@pytest.mark.quick
def test_machines_join_before_jax_computes():
    keras.ops.convert_to_numpy(keras.ops.ones(1))
    with pytest.raises(RuntimeError, match="join_machines comes too late: expected its call before all others"):
        join_machines(2, 0, "localhost:1")


def test_machines_that_cannot_be_joined_are_refused(capsys, tmp_path):
    with pytest.raises(ValueError, match="machine=2 does not fit"):
        join_machines(2, 2, "localhost:1")
    with pytest.raises(ValueError, match="coordinator='localhost' does not fit: expected HOST:PORT"):
        join_machines(1, 0, "localhost")
    output = ["train", "--output", str(tmp_path / "run")]
    assert main([*output, "--machines", "2"]) == 2
    assert "--machines alone does not fit" in capsys.readouterr().err
    joined = [*output, "--machines", "2", "--machine", "0", "--coordinator", "localhost:1"]
    assert main([*joined, "--devices", "1"]) == 2
    assert "--devices=1 does not fit --machines=2: expected all" in capsys.readouterr().err
    if keras.backend.backend() != "jax":
        assert main(joined) == 2
        assert "machines=2 does not fit on" in capsys.readouterr().err
