"""Without a backend, `import pixelcnn` says what to install, and so does each name that needs Keras."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from pixelcnn import installed
from pixelcnn.cli import main

ROOT = Path(__file__).parents[1]


@pytest.fixture
def only(monkeypatch, tmp_path):
    """A function that hides all backends but those that it is given, as if Keras was not imported yet."""
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def hide_others(*names):
        specs = {name: object() if name in (*names, "keras") else None for name in (*installed.BACKENDS, "keras")}
        monkeypatch.setattr(importlib.util, "find_spec", specs.__getitem__)

    return hide_others


def test_one_backend_is_enough_if_keras_is_set_to_it(only, monkeypatch, tmp_path):
    only("tensorflow")
    assert installed.problem() is None
    only("jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert installed.problem() is None
    monkeypatch.delenv("KERAS_BACKEND")
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "jax"}))
    assert installed.problem() is None


def test_a_backend_that_is_missing_is_named_and_so_are_those_that_are_there(only, monkeypatch, tmp_path):
    only()
    assert "none of them is installed: pip install 'pixelcnn[tensorflow]'" in installed.problem()
    only("jax", "torch")
    (tmp_path / "keras.json").write_text("damaged")
    assert "tensorflow (by default), which is not installed: pip install 'pixelcnn[tensorflow]'" in installed.problem()
    assert "or set KERAS_BACKEND=jax or KERAS_BACKEND=torch" in installed.problem()
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "tensorflow"}))
    assert f"by the file {tmp_path / 'keras.json'}" in installed.problem()
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    assert re.search(r"numpy .*KERAS_BACKEND\), which pixelcnn cannot use: set KERAS_BACKEND=jax", installed.problem())


def test_an_old_keras_and_none_are_named(only, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "Keras 3.12 or newer, and no Keras is installed: pip install" in installed.problem()
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(__version__="2.15.0"))
    assert "Keras 3.12 or newer, and Keras 2.15.0 is installed: pip install" in installed.problem()
    (floor,) = (one for one in pyproject()["dependencies"] if one.startswith("keras"))
    assert floor.startswith(f"keras>={installed.OLDEST_KERAS}.")


def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_no_backend_is_required_and_each_is_an_extra():
    extras = pyproject()["optional-dependencies"]
    for name in installed.BACKENDS:
        assert not any(one.startswith(name) for one in pyproject()["dependencies"])
        assert extras[name][0].startswith(f"{name}>=")


def test_the_command_line_says_what_is_missing(only, capsys):
    only()
    assert main(["info"]) == 2
    assert re.fullmatch("pixelcnn: error: pixelcnn needs TensorFlow, JAX or PyTorch.*\n", capsys.readouterr().err)


def test_import_warns_and_data_sets_work_without_a_backend():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('tensorflow', 'jax', 'torch')))\n"
        "import pixelcnn\n"
        "print(pixelcnn.data.doodles(20).images.shape)\n"
        "pixelcnn.PixelCNN"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "(20, 28, 28, 1)\n"
    sentence = "pixelcnn needs TensorFlow, JAX or PyTorch, and none of them is installed"
    assert f"<string>:2: UserWarning: {sentence}" in done.stderr
    assert f"ImportError: {sentence}" in done.stderr.splitlines()[-1]
