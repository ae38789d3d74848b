"""What one process compiled, the next one reads: the same images, whatever the folder has come to."""

import json
import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager

import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from pixelcnn.backend import compile_cache, compile_for_inference
from pixelcnn.cli.info import machine

on_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's alone")
on_jax = pytest.mark.skipif(keras.backend.backend() != "jax", reason="JAX' alone")
KEY, OTHER = "0" * 64, "1" * 64


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "compiled"
    monkeypatch.setenv("PIXELCNN_COMPILE_CACHE", str(path))
    return path


def test_what_was_kept_is_read(folder):
    compile_cache.write(KEY, b"code")
    assert compile_cache.read(KEY) == b"code" and compile_cache.read(OTHER) is None
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "damage", [lambda code: code[:-1], lambda code: code[:20], lambda code: b"", lambda code: code[:-1] + b"x"]
)
def test_a_damaged_file_is_absent(folder, damage):
    compile_cache.write(KEY, b"code")
    (path,) = folder.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert compile_cache.read(KEY) is None
    compile_cache.write(KEY, b"code")
    assert compile_cache.read(KEY) == b"code"


def test_what_was_used_last_stays_and_so_does_what_others_wrote(folder, monkeypatch):
    compile_cache.write(KEY, b"a" * 100)
    compile_cache.write(OTHER, b"b" * 100)
    others = [folder / "notes.txt", folder / f"{'2' * 63}.compiled", folder / ".partial-1-ab.compiled"]
    for path in others:
        path.write_bytes(b"c" * 1000)
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    others[2].touch()  # of a process that writes now
    compile_cache.read(KEY)
    monkeypatch.setattr(compile_cache, "MOST_BYTES", 300)
    compile_cache.write("3" * 64, b"d" * 100)
    assert compile_cache.read(KEY) and compile_cache.read("3" * 64) and compile_cache.read(OTHER) is None
    assert all(path.exists() for path in others)
    os.utime(others[2], (0, time.time() - 2 * compile_cache.DAY))
    compile_cache.write("4" * 64, b"d" * 500)  # larger than the whole folder may be
    compile_cache.write("5" * 64, b"d")
    assert not others[2].exists() and compile_cache.read("4" * 64) is None


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PIXELCNN_COMPILE_CACHE", str(tmp_path / "file" / "folder"))
    compile_cache.write(KEY, b"code")
    assert compile_cache.read(KEY) is None and "Not a directory" in compile_cache.problem()


@contextmanager
def full_disk():
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_no_error(folder):
    with full_disk():
        compile_cache.write(KEY, b"code" * 100)
    assert compile_cache.read(KEY) is None and not list(folder.iterdir())


def test_what_others_can_write_is_not_run(folder):
    folder.mkdir()
    folder.chmod(0o777)
    compile_cache.write(KEY, b"code")
    assert "written by others" in compile_cache.problem() and not list(folder.iterdir())


def test_off(monkeypatch):
    monkeypatch.setenv("PIXELCNN_COMPILE_CACHE", "off")
    assert compile_cache.folder() is None and compile_cache.read(KEY) is None and not compile_cache.files()
    compile_cache.write(KEY, b"code")
    (line,) = (line for line in machine() if line.startswith("compiled"))
    assert "not kept" in line


def test_without_a_word_the_folder_is_that_of_the_user(tmp_path, monkeypatch):
    monkeypatch.delenv("PIXELCNN_COMPILE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert sys.platform != "linux" or compile_cache.folder() == tmp_path / "pixelcnn" / "compiled"


def test_the_key_depends_on_all_parts_and_flags(monkeypatch):
    keys = {
        compile_cache.key("tensorflow 2.21", *parts) for parts in (("a", "bc"), ("ab", "c"), ("a", "b"), ("a", "bc"))
    }
    keys.add(compile_cache.key("tensorflow 2.22", "a", "bc"))
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    keys.add(compile_cache.key("tensorflow 2.21", "a", "bc"))
    assert len(keys) == 5


def layered(name, scale, x):
    """A loop that calls functions, with operations under the name of a layer."""
    import tensorflow as tf

    def step(count, x):
        with tf.name_scope(name):
            return count + 1, tf.cond(tf.reduce_sum(x) > 0, lambda: tf.sin(x) * scale, lambda: x)

    return {"result": tf.while_loop(lambda count, _: count < 3, step, (0, x))[1], "nothing": None}


@on_tensorflow
def test_a_function_is_named_by_what_it_computes():
    import tensorflow as tf

    from pixelcnn.backend.named_functions import named_by_content

    def named(name, scale):
        function = tf.function(lambda x: layered(name, scale, x), autograph=False, jit_compile=True)
        return named_by_content(function.get_concrete_function(tf.ones((2, 3))))

    (first, definitions), (again, _), (other, _) = named("layer", 2.0), named("layer_7", 2.0), named("layer", 3.0)
    assert first == again != other
    assert len(definitions) == 5 and len({part.signature.name for part in definitions}) == 5
    assert "layer" not in str(definitions)


def test_a_function_is_the_same_with_the_cache(folder):
    calls = compile_for_inference(lambda x, y: {"sum": x + ops.cast(y, "float32"), "none": None}, [], xla=True)
    x, y = np.array([1.0, 2.0], "float32"), np.array([3, 4])
    for _ in range(2):
        found = calls([], ops.convert_to_tensor(x), ops.convert_to_tensor(y))
        assert np.array_equal(ops.convert_to_numpy(found["sum"]), x + y) and found["none"] is None


def draw():
    keras.utils.set_random_seed(0)
    sizes = {"num_resnet": 1, "num_hierarchies": 1, "num_filters": 2, "num_logistic_mix": 1}
    return pixelcnn.PixelCNNPlusPlus((3, 3, 1), num_classes=2, **sizes).sample(2, 0, conditional_input=1, verbose=0)


@on_jax
@pytest.mark.quick
def test_a_second_model_compiles_nothing_and_draws_the_same(folder, monkeypatch):
    images = draw()
    kept = {path.name: path.stat().st_ino for path in folder.iterdir()}  # a file that is written again is another
    assert len(kept) == 1
    assert np.array_equal(draw(), images) and {path.name: path.stat().st_ino for path in folder.iterdir()} == kept
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-9])
    assert np.array_equal(draw(), images) and {path.name: path.stat().st_ino for path in folder.iterdir()} != kept
    monkeypatch.setenv("PIXELCNN_COMPILE_CACHE", "off")
    assert np.array_equal(draw(), images)


PROGRAM = """
import hashlib, json, sys
import keras, numpy as np
import pixelcnn
if "history" in sys.argv:  # functions and layers before, which TensorFlow and Keras number
    pixelcnn.PixelCNN((3, 3, 1), num_blocks=1, num_filters=2).log_prob(np.zeros((1, 3, 3, 1)))
keras.utils.set_random_seed(0)
dist = pixelcnn.PixelCNNPlusPlus((4, 4, 1), num_resnet=1, num_hierarchies=2, num_filters=2, num_logistic_mix=1)
images = dist.sample(2, seed=0, verbose=0)
images = [images, dist.complete(images, np.eye(4) > 0, seed=1, num_particles=2, verbose=0)]
dist.compile("adam", jit_compile=True)
dist.fit(np.zeros((2, 4, 4, 1)), epochs=1, batch_size=2, verbose=0)  # compiled, and not kept
print(json.dumps([part.tolist() for part in images]))
"""


def start(folder, *arguments):
    environment = {**os.environ, "PIXELCNN_COMPILE_CACHE": str(folder), "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process):
    output, messages = process.communicate()
    assert process.returncode == 0, messages
    assert "Error parsing" not in messages and "host machine" not in messages, messages
    return json.loads(output.splitlines()[-1])


@pytest.mark.full
@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch compiles nothing")
def test_the_second_process_draws_the_same_images_and_compiles_nothing(tmp_path):
    files = lambda: {path.name: path.stat().st_ino for path in (tmp_path / "compiled").iterdir()}  # noqa: E731
    folder = tmp_path / "compiled"
    images = end(start("off"))
    assert [end(process) for process in [start(folder), start(folder)]] == [images, images]  # at the same time
    kept = files()
    assert len(kept) == 2  # the draws with one draft and with several, and no training step
    assert end(start(folder, "history")) == images and files() == kept
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    assert end(start(folder)) == images
    assert files().keys() == kept.keys() and not set(files().values()) & set(kept.values())
