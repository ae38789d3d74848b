"""The code of docs/figures.md runs, with smaller models, and writes the figures of the page."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "figures.md"
SMALLER = {
    "(15, 15, 1)": "(5, 5, 1)",
    "(9, 7)": "(2, 2)",
    "num_blocks=8": "num_blocks=1",
    'pixelcnn.load_pretrained("quickdraw13")': (
        "pixelcnn.PixelCNN((28, 28, 1), class_names=pixelcnn.data.QUICKDRAW13, num_filters=2, num_blocks=1, "
        'head="logistic_mixture")'
    ),
    "sample(8,": "sample(1,",
}


def test_the_python_of_the_page_runs_and_makes_its_figures(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text()
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    for text, smaller in SMALLER.items():
        assert text in code, text
        code = code.replace(text, smaller)
    exec(compile(code, PAGE.name, "exec"), {})
    assert set(re.findall(r"\(figures/(.*?)\)", page)) == {path.name for path in tmp_path.iterdir()}
