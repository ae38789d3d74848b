"""The Python of `docs/report.md` runs, on doodles and with smaller numbers."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "report.md"
SMALLER = {
    'load_pretrained("quickdraw13")': (
        "PixelCNN((28, 28, 1), class_names=NAMES, num_filters=2, num_blocks=1, condition_dropout=0.1)"
    ),
    'data.quickdraw(dist.class_names, per_class=1500, split="train")': "data.doodles(8, classes=NAMES)",
    'data.quickdraw(dist.class_names, per_class=150, split="test")': "data.doodles(4, classes=NAMES, seed=1)",
    "train=train, ": "samples=1, ",
    "train_classifier(train.images, train.labels, epochs=10)": "build_classifier((28, 28, 1), 2)",
    "sample_classes(dist, 50": "sample_classes(dist, 1",
    'figures["fidelity_interval"]': "figures.keys()",  # because there is no fidelity without training images
}


def test_the_python_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    for text, smaller in SMALLER.items():
        assert text in code, text
        code = code.replace(text, smaller)
    exec(compile(code, PAGE.name, "exec"), {"NAMES": ("bee", "sun")})
    assert (tmp_path / "report.html").stat().st_size
