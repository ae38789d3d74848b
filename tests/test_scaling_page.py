"""Pages with numbers that `benchmarks/scaling.py` works out have those that the code works out now."""

import importlib
from pathlib import Path

import keras
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def scaling(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("scaling")


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the pages count what TensorFlow keeps")
def test_pages_have_the_numbers_that_the_code_works_out(scaling):
    for name, parts in scaling.PARTS.items():
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert scaling.rendered(page, parts) == page


def test_measured_numbers_reach_the_pages(scaling, monkeypatch):
    times = {"core_seconds": [2.0], "adding_up_core_seconds": 0.05, "gradient_bytes": 3_000_000}
    peers = [f"{backend} {count}" for backend in ("jax", "tensorflow") for count in (1, 2, 4)]
    devices = {peer: times | {"core_seconds": [1.0 + int(peer[-1])]} for peer in peers}
    kinds = {"arrays": (100.0, 1e-7), "memory map": (99.0, 2e-6), "files": (98.0, 7e-6)}
    reading = {kind: {"images_per_second": rate, "read_core_seconds": read} for kind, (rate, read) in kinds.items()}
    records = {"virtual_devices": devices, "large_data": reading}
    more = {"machine": {"processor": "a processor", "cores": 2}, "batch": 32}
    read = scaling.read
    monkeypatch.setattr(
        scaling, "read", lambda name: more | {"rounds": [records[name]]} if name in records else read(name)
    )
    page = "\n".join([*scaling.devices(), *scaling.reading(), *scaling.large_data()])
    assert "- JAX: +50% on 2 and +150% on 4 devices; adding up gradients takes 1.7% and 1.0% of a step." in page
    assert page.count("7.0 to 7.0 µs") == 2 and "0.98 times as many" in page
