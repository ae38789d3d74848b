"""Tell which part of Keras and its backend is not installed, without importing Keras, which takes seconds."""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

BACKENDS = ("tensorflow", "jax", "torch")
OLDEST_KERAS = "3.12"


def problem() -> str | None:
    """Return one sentence that says why Keras cannot run, and what to do, or None if nothing is known to be missing.

    Keras' version is compared once Keras is imported, because reading it before would take a tenth of a second.
    """
    if keras := sys.modules.get("keras"):
        return _problem_of_loaded(keras)
    if importlib.util.find_spec("keras") is None:
        return _keras_needed("no Keras")
    return _problem_of_backend()


def _problem_of_loaded(keras: Any) -> str | None:
    version = getattr(keras, "__version__", OLDEST_KERAS)  # absent while another thread imports Keras
    if _numbers(version) < _numbers(OLDEST_KERAS):
        return _keras_needed(f"Keras {version}")
    return None


def _keras_needed(state: str) -> str:
    return f"pixelcnn needs Keras {OLDEST_KERAS} or newer, and {state} is installed: pip install --upgrade keras"


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")[:2]]


def _problem_of_backend() -> str | None:
    installed = [name for name in BACKENDS if importlib.util.find_spec(name) is not None]
    if not installed:
        return (
            "pixelcnn needs TensorFlow, JAX or PyTorch, and none of them is installed: "
            "pip install 'pixelcnn[tensorflow]', 'pixelcnn[jax]' or 'pixelcnn[torch]'"
        )
    backend, origin = _chosen_backend()
    if backend in installed:
        return None
    others = " or ".join(f"KERAS_BACKEND={name}" for name in installed)
    if backend in BACKENDS:
        state, remedy = "is not installed", f"pip install 'pixelcnn[{backend}]', or set"
    else:
        state, remedy = "pixelcnn cannot use", "set"
    where = "in the environment before Python starts"
    return f"Keras' backend is {backend} ({origin}), which {state}: {remedy} {others} {where}"


def _chosen_backend() -> tuple[str, str]:
    """Return the name of the backend that Keras will import, and where the name comes from."""
    if backend := os.environ.get("KERAS_BACKEND"):
        return backend, "by the environment variable KERAS_BACKEND"
    file = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "keras.json"
    try:
        return json.loads(file.read_text())["backend"], f"by the file {file}"
    except (OSError, ValueError, TypeError, KeyError, RuntimeError):  # no file, no JSON of Keras, no home
        return "tensorflow", "by default"
