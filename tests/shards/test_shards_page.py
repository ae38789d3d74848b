"""The Python of docs/many-images.md runs, with smaller numbers."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pixelcnn.shards import missing_parts

PAGE = (Path(__file__).parents[2] / "docs" / "many-images.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SMALLER = {
    'pixelcnn.load("model.keras")': "model",
    "1_000_000": "4",
    "sample(8,": "sample(4,",
    "pixelcnn.data.doodles(5000, classes=dist.class_names)": "(*data, None)",
}
# More cores than two workers need, on any machine, because Ray needs one for itself.
START = "import pixelcnn\n\nray.init(num_cpus=4, include_dashboard=False)\n"


def test_the_python_of_the_page_runs(model, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(block for block in BLOCKS if "import ray" not in block)
    for text, smaller in SMALLER.items():
        assert text in code
        code = code.replace(text, smaller)
    exec(compile(code, "many-images.md", "exec"), {"model": model, "data": data})
    assert missing_parts("images") == missing_parts("scores") == []


@pytest.mark.full
def test_ray_writes_the_same_files(model, draw, content, tmp_path):
    """The block runs in a process of its own, because Ray leaves threads and processes behind."""
    pytest.importorskip("ray", reason="pip install 'ray[data]' for this test")
    model.save(tmp_path / "model.keras")
    (code,) = (block for block in BLOCKS if "import ray" in block)
    replaced = {"1_000_000": "11", "shard=(": "part_size=4, shard=(", "977": "3", "/shared": tmp_path.as_posix()}
    for text, smaller in replaced.items():
        assert text in code
        code = code.replace(text, smaller)
    (tmp_path / "page.py").write_text(code.replace("import pixelcnn\n", START, 1))
    subprocess.run([sys.executable, "page.py"], cwd=tmp_path, check=True)
    draw(tmp_path / "expected", labels=["above", "below"], seed=0, temperature=1.0)
    assert content(tmp_path / "images") == content(tmp_path / "expected")
