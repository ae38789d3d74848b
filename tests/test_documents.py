"""What the documents show is true: README's Python runs, its commands are understood, links and names lead to files."""

import re
import shlex
from pathlib import Path

import pytest

from pixelcnn.cli import build_parser

pytestmark = pytest.mark.eager

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("r-package/*.md")])
CODE = [
    path.as_posix()
    for folder in ("python", "tests", "examples", "benchmarks", "docs", "r-package")
    for path in (ROOT / folder).rglob("*.*")
    if path.suffix in (".py", ".R") and "inst" not in path.parts
]
README = (ROOT / "README.md").read_text()
# README's code runs with these numbers in place of its own, because a training of minutes is no test.
SMALLER = {
    "sample(8,": "sample(1,",
    "doodles(8000)": "doodles(40)",
    "num_hierarchies=3": "num_hierarchies=2",
    "num_filters=32": "num_filters=2",
    "num_logistic_mix=5": "num_logistic_mix=1",
    "epochs=5": "epochs=1",
    "num_particles=32": "num_particles=2",
}


WITHOUT_MODEL = {"train", "demo", "download", "serve", "info"}  # commands that need not name a model


def blocks(language):
    """The fenced blocks of README in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks("python"))
    for text, smaller in SMALLER.items():
        assert text in code
        code = code.replace(text, smaller)
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "bicycles.png").exists()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_are_understood_and_name_a_model(document):
    text = document.read_text()
    blocks_of_commands = re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks_of_commands for line in block.splitlines()]
    inline = re.findall(r"`(pixelcnn [^`…]* --output [^`…]*)`", text)
    for line in [*lines, *inline]:
        if line.startswith("pixelcnn "):
            words = shlex.split(line, comments=True)[1:]
            arguments = build_parser().parse_args(words)
            of_parts = getattr(arguments, "check", None) or getattr(arguments, "merge", None)
            if words[0] not in WITHOUT_MODEL and not of_parts:
                assert (arguments.model is None) != (arguments.pretrained is None), line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        path = document.parent / name if name else document
        assert path.exists(), target
        if heading:
            assert heading in headings(path), target


def headings(path):
    """The anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_of_code_that_are_named_exist(document):
    for name in re.findall(r"\b[\w/-]+\.(?:py|R)\b", document.read_text()):
        assert any(f"/{path}".endswith(f"/{name}") for path in CODE), name
