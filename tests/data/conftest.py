"""Where the tests of the loaders get their data."""

import os
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
