"""The public surface says its types, and a user's script passes mypy's strict mode against them."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import pixelcnn

PACKAGE = Path(pixelcnn.__file__).parent
SCRIPT = """
import numpy as np

import pixelcnn

classes = ("bee", "sun")
images, labels, _ = pixelcnn.data.doodles(20, classes=classes)
dist = pixelcnn.PixelCNNPlusPlus(images.shape[1:], class_names=classes, num_filters=8)
dist.compile(optimizer="adam", ema_momentum=0.99)
dist.fit(images, labels, epochs=2)
drawn: np.ndarray = dist.sample(8, conditional_input=classes[0], seed=0)
completed: np.ndarray = dist.complete(drawn, np.ones((28, 28), bool), conditional_input=classes[0], num_particles=2)
loaded: pixelcnn.PixelDistribution = pixelcnn.load("bees.keras")
occluded: pixelcnn.Occluded = pixelcnn.occlude(drawn, rows=14)
pixelcnn.plot.grid(drawn).save("bees.png")
"""


def public_names():
    """All public functions and classes, from `__all__` of the package and of its public packages."""
    for name in pixelcnn.__all__:
        value = getattr(pixelcnn, name)
        if not inspect.ismodule(value):
            yield name, value
            continue
        for inner in getattr(value, "__all__", [x for x in dir(value) if not x.startswith("_")]):
            found = getattr(value, inner)
            if getattr(found, "__module__", "").startswith("pixelcnn") and callable(found):
                yield f"{name}.{inner}", found


def public_callables():
    """Public functions, and the constructors and public methods of public classes that are written in this package."""
    for name, value in public_names():
        if not inspect.isclass(value):
            yield name, value
            continue
        for method, function in inspect.getmembers(value, inspect.isfunction):
            ours = PACKAGE in Path(inspect.unwrap(function).__code__.co_filename).parents
            if ours and (method == "__init__" or not method.startswith("_")):
                yield f"{name}.{method}", function


@pytest.mark.parametrize("function", [pytest.param(value, id=name) for name, value in public_callables()])
def test_every_argument_and_result_has_a_type(function):
    signature = inspect.signature(function)
    untyped = [
        name
        for name, parameter in signature.parameters.items()
        if name != "self" and parameter.annotation is parameter.empty
    ]
    if signature.return_annotation is signature.empty and function.__name__ != "__init__":
        untyped.append("result")
    assert untyped == []


def test_a_users_script_passes_mypy_in_strict_mode(tmp_path):
    assert (PACKAGE / "py.typed").exists()
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", "--follow-imports", "silent"]
    path = {"MYPYPATH": str(PACKAGE.parent), "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run([*command, script], capture_output=True, text=True, cwd=tmp_path, env=path)
    assert done.returncode == 0, done.stdout + done.stderr
