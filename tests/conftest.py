import functools
import gc
import os
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.lib import format as npy

os.environ["PIXELCNN_COMPILE_CACHE"] = "off"  # before the package is imported; tests write nothing for the user

import pixelcnn
from pixelcnn.training.trainable_model import TrainableModel

DATA = Path(os.environ.get("PIXELCNN_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data; tests that need it skip without it."""
    if not DATA.is_dir():
        pytest.skip("needs the real data (PIXELCNN_DATA)")
    return DATA


@pytest.fixture(scope="session")
def drawings(tmp_path_factory):
    """Three files of random drawings, named as Google's: bee, sun and cat."""
    path = tmp_path_factory.mktemp("drawings")
    for name, rows in {"bee": 30, "sun": 41, "cat": 25}.items():
        np.save(path / f"{name}.npy", np.random.default_rng(rows).integers(0, 256, (rows, 784), np.uint8))
    return path


@pytest.fixture(scope="session")
def whole_quickdraw(tmp_path_factory):
    """345 files of 36.8 GiB, as many drawings as Google's have, without content: the system stores no zeros."""
    path, rows = tmp_path_factory.mktemp("quickdraw"), 146_163
    for name in pixelcnn.data.quickdraw_classes():
        with (path / f"{name}.npy").open("wb") as file:
            npy.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (rows, 784)})
            file.truncate(file.tell() + rows * 784)
    return path


@pytest.fixture(scope="module")
def ray_cluster():
    """Two nodes of Ray on this machine, as the environment in which programs find them."""
    cluster_utils = pytest.importorskip("ray.cluster_utils", reason="pip install 'ray[data,train]' for this test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_PLATFORMS", "cpu")  # the nodes have no GPU
        cluster = cluster_utils.Cluster()
        try:
            for _ in range(2):
                cluster.add_node(num_cpus=2, num_gpus=0, object_store_memory=10**8)
            cluster.wait_for_nodes()
            yield {**os.environ, "RAY_ADDRESS": cluster.address}
        finally:
            cluster.shutdown()


@pytest.fixture(autouse=True)
def same_weights_every_time():
    """Seed each test, so that new models and their training are the same in each run and a failure is repeatable."""
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="module", autouse=True)
def train_eagerly(request):
    """In files marked `eager`, train without compilation on TensorFlow: a step of a tiny model takes 0.2 s of a core,
    its compilation 3 s. A test that asks for `run_eagerly` or `jit_compile` gets what it asks for.
    """
    if request.node.get_closest_marker("eager") is None or keras.backend.backend() != "tensorflow":
        yield
        return
    compile, eager = TrainableModel.compile, {"run_eagerly": True, "jit_compile": False}

    @functools.wraps(compile)
    def without_compilation(self, *args, **arguments):
        return compile(self, *args, **({} if eager.keys() & arguments else eager), **arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainableModel, "compile", without_compilation)
        yield


@pytest.fixture(scope="session", autouse=True)
def collect_garbage_seldom():
    """Let Python's collector run seldom and not look at imported modules: it would take a tenth of the time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="module", autouse=True)
def let_go_of_models():
    """After each file, give back the memory of its models: their cycles would otherwise wait for a long time."""
    yield
    gc.collect()
