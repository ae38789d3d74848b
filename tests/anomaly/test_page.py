"""The Python of `docs/anomaly.md` runs, with smaller numbers."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.eager
PAGE = Path(__file__).parents[2] / "docs" / "anomaly.md"
SMALLER = {
    "doodles(104,": "doodles(13,",
    "doodles(16,": "doodles(2,",
    "epochs=20": "epochs=1",
    "num_filters=16": "num_filters=2",
}


def test_the_python_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    for text, smaller in SMALLER.items():
        assert text in code, text
        code = code.replace(text, smaller)
    names = {}
    exec(compile(code, PAGE.name, "exec"), names)
    assert names["again"].get_config() == names["detector"].get_config()
    assert (tmp_path / "surprise.png").exists()
