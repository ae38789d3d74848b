"""The code of docs/codec.md runs, with a smaller model."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "codec.md"
SMALLER = {
    'pixelcnn.load_pretrained("quickdraw13")': (
        "pixelcnn.PixelCNN((28, 28, 1), class_names=pixelcnn.data.QUICKDRAW13, num_filters=2, num_blocks=1, "
        'head="logistic_mixture")'
    ),
    "doodles(4,": "doodles(1,",
}


def test_the_python_of_the_page_runs():
    pytest.importorskip("constriction")
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    for text, smaller in SMALLER.items():
        assert text in code, text
        code = code.replace(text, smaller)
    exec(compile(code, str(PAGE), "exec"), {})
