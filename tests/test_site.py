"""The site of the documentation names every page and every public name. `make docs` builds it; warnings are errors."""

import inspect
import re
from pathlib import Path

import pytest

import pixelcnn

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NAV = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
REFERENCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("reference/*.md")))
DIRECTIVES = re.findall(r"^::: pixelcnn\.(\S+)$", REFERENCE, re.MULTILINE)
COMMANDS = re.findall(r"^::: pixelcnn (\w+)$", REFERENCE, re.MULTILINE)
BROUGHT_IN = ("README", "ARCHITECTURE", "BENCHMARKS", "CHANGELOG", "CONTRIBUTING")  # by docs/hooks/links.py


def names():
    """Public names of the package and of its public packages, and the public methods of a distribution."""
    for name in pixelcnn.__all__:
        value = getattr(pixelcnn, name)
        yield from (f"{name}.{inner}" for inner in value.__all__) if inspect.ismodule(value) else [name]
    for name, method in inspect.getmembers(pixelcnn.PixelDistribution, inspect.isroutine):
        code = getattr(inspect.unwrap(method), "__code__", None)  # Keras' and Python's own methods are documented there
        if code and not name.startswith("_") and Path(pixelcnn.__file__).parent in Path(code.co_filename).parents:
            yield f"PixelDistribution.{name}"


@pytest.mark.parametrize("page", sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")))
def test_the_navigation_has_every_page(page):
    assert len(re.findall(rf" {re.escape(page)}$", NAV, re.MULTILINE)) == 1


def test_the_navigation_has_the_documents_of_the_root_and_the_notebooks():
    places = (DOCS / "hooks" / "links.py").read_text(encoding="utf-8")
    pages = [re.search(rf'"{name}.md": "(.*)"', places)[1] for name in BROUGHT_IN]
    pages += [f"notebooks/{path.stem}.md" for path in ROOT.glob("examples/notebooks/*.*")]
    assert [page for page in pages if page not in NAV] == []


def test_the_reference_has_every_public_name_once():
    assert len(DIRECTIVES) == len(set(DIRECTIVES))
    assert set(names()) - {"pretrained.load_pretrained"} == set(DIRECTIVES)  # it is `load_pretrained`


def test_the_reference_has_every_command():
    from pixelcnn.cli import COMMANDS as modules

    assert sorted(COMMANDS) == sorted(modules)


def test_the_examples_are_listed():
    listed = (DOCS / "examples.md").read_text(encoding="utf-8")
    assert [path.name for path in ROOT.glob("examples/**/*.*") if f"../{path.relative_to(ROOT)})" not in listed] == []


def test_every_r_function_with_a_page_of_its_own_is_in_the_table():
    listed = re.findall(r"r-package/man/([\w.]+)\.Rd", (DOCS / "r.md").read_text(encoding="utf-8"))
    assert [name for name in listed if not (ROOT / "r-package" / "man" / f"{name}.Rd").exists()] == []
