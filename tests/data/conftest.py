"""Where the tests of the loaders get their data."""

import importlib
import os
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("PIXELCNN_DATA") or ROOT.parent / "shared" / "data") / "quickdraw"


@pytest.fixture
def real_quickdraw() -> Path:
    """The folder of real QuickDraw drawings; the test is skipped where it is absent."""
    if not REAL.is_dir():
        pytest.skip(f"no real data in {REAL}; set PIXELCNN_DATA")
    return REAL


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    """Keep the user's data and proxy out of the tests."""
    monkeypatch.delenv("PIXELCNN_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """No server answers but those on loopback, and Keras' cache is empty."""
    nobody = "http://127.0.0.1:9"  # the discard port
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, nobody)
    monkeypatch.setattr(urllib.request, "_opener", None)  # made anew, with these proxies
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))  # KERAS_HOME is read once, at import
    # The package has a function under the module's name.
    monkeypatch.setattr(importlib.import_module("pixelcnn.data.mnist"), "FIXED_URL", nobody)
