"""The Python of `docs/report.md` runs, on doodles and with smaller numbers."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "report.md"
SMALLER = {
    'pixelcnn.load_pretrained("quickdraw13")': (
        'pixelcnn.PixelCNN((28, 28, 1), class_names=("bee", "sun"), num_filters=2, num_blocks=1, head="logistic_mixture")'
    ),
    "data.quickdraw(dist.class_names, per_class=1500)": "data.doodles(8, classes=dist.class_names)",
    'data.quickdraw(dist.class_names, per_class=150, split="test")': "data.doodles(4, classes=dist.class_names, seed=1)",
    "train=train, ": "samples=1, ",
    "epochs=10": "epochs=1",
    "sample_classes(dist, 50": "sample_classes(dist, 1",
}


def test_the_python_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    code = code.replace('figures["fidelity_interval"]', "figures.keys()")  # there is no fidelity without a judge
    for text, smaller in SMALLER.items():
        assert text in code, text
        code = code.replace(text, smaller)
    exec(compile(code, PAGE.name, "exec"), {})
    assert (tmp_path / "report.html").stat().st_size
