"""The Python of the tutorials and of the first steps runs, and so do the notebooks from top to bottom."""

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.eager

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("examples/notebooks/*.ipynb"))
# Code runs with these texts in place of its own, because a training of minutes is no test.
SMALLER = {
    "docs/first-steps.md": {"sample(8,": "sample(2,", "images[:4]": "images[:1]"},
    "docs/concepts/likelihood.md": {},
    "docs/tutorials/first-model.md": {
        "doodles(3000,": "doodles(24,",
        "doodles(120,": "doodles(24,",
        "num_blocks=4, num_filters=16": "num_blocks=1, num_filters=2",
        "epochs=8": "epochs=1",
        "sample((8, 3)": "sample((1, 3)",
        "== label][:8]": "== label][:1]",
    },
    "docs/tutorials/photographs.md": {
        "size=16": "size=8",
        "len(images) // 16": "1",
        "slice(100, None), slice(100)": "slice(4, None), slice(4)",
        "num_filters=32": "num_filters=2",
        "num_logistic_mix=5": "num_logistic_mix=1",
        "epochs=15": "epochs=1",
        "sample((8,": "sample((1,",
        "rows=8": "rows=4",
    },
    "examples/notebooks/quickdraw.ipynb": {
        "doodles(3000,": "doodles(24,",
        "doodles(120,": "doodles(24,",
        "num_blocks=4, num_filters=16": "num_blocks=1, num_filters=2",
        "epochs=8": "epochs=1",
        "(8, 3)": "(1, 3)",
        "[:8]": "[:1]",
    },
    "examples/notebooks/likelihoods.ipynb": {},
}
WRITTEN = {
    "docs/first-steps.md": ["bicycles.png", "completed.png"],
    "docs/tutorials/first-model.md": ["data.png", "drawn.png", "completed.png"],
    "docs/tutorials/photographs.md": ["photos.png", "drawn.png", "completed.png"],
}
SLOW = {"docs/first-steps.md", "docs/tutorials/photographs.md"}  # and all notebooks


def cells(notebook):
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


def code_of(path):
    """The Python of a page, also of blocks that are indented, or of a notebook."""
    if path.suffix == ".ipynb":
        return "\n".join("".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code")
    blocks = re.findall(r"^( *)```python\n(.*?)^\1```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return "\n".join(re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in blocks)


def a_folder_of_photographs(folder):
    random = np.random.default_rng(0)
    for name in ("airplane", "ship"):
        (folder / name).mkdir(parents=True)
        for k in range(8):
            pixels = random.integers(0, 256, (random.integers(9, 30), random.integers(9, 30), 3), dtype="uint8")
            Image.fromarray(pixels).save(folder / name / f"{k}.png")


def test_every_notebook_and_tutorial_is_tested():
    tutorials = {f"docs/tutorials/{path.name}" for path in ROOT.glob("docs/tutorials/*.md")}
    notebooks = {f"examples/notebooks/{path.name}" for path in NOTEBOOKS}
    assert tutorials - {"docs/tutorials/quickdraw-in-r.md"} | notebooks <= set(SMALLER)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="pages are written for the default backend")
@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.full if page in SLOW or page.endswith("ipynb") else ()) for page in SMALLER],
)
def test_the_python_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    a_folder_of_photographs(tmp_path / "photos")
    code = code_of(ROOT / page)
    for text, smaller in SMALLER[page].items():
        assert text in code, text
        code = code.replace(text, smaller)
    exec(compile(code, page, "exec"), {})
    assert all((tmp_path / name).stat().st_size for name in WRITTEN.get(page, []))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_what_it_printed_and_drew(notebook):
    code = [cell for cell in cells(notebook) if cell["cell_type"] == "code"]
    counts = [cell["execution_count"] for cell in code]
    assert counts == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert all(output["output_type"] != "error" for output in outputs)
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 2
