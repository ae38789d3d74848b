"""The tables of docs/scaling.md are those that `benchmarks/scaling.py` works out now."""

import importlib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_has_the_tables_that_the_code_works_out(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    scaling = importlib.import_module("scaling")
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    for table in (scaling.counted, scaling.times, scaling.bottlenecks):
        assert "\n".join(table()) in page
