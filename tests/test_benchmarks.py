"""What benchmarks and examples import exists, so that no script of hours fails in its first second."""

import ast
import importlib
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted([*ROOT.glob("benchmarks/*.py"), *ROOT.glob("examples/*.py")])


def imports(path):
    """Pairs of a module and the names that a script imports from it, or None if it imports the module whole."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module, [alias.name for alias in node.names]


def defined(path):
    """The names that a file defines at its top level."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        names |= {target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)}
        names.add(getattr(node, "name", None))
        names |= {alias.asname or alias.name for alias in getattr(node, "names", []) if isinstance(alias, ast.alias)}
    return names


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_script_imports_exists(script):
    for module, names in imports(script):
        neighbour = script.parent / f"{module}.py"
        if neighbour.exists():
            assert set(names or ()) <= defined(neighbour), (module, names)
        elif module.startswith("pixelcnn"):
            for name in names or ():
                found = hasattr(importlib.import_module(module), name)
                assert found or importlib.util.find_spec(f"{module}.{name}"), (module, name)
        else:
            assert importlib.util.find_spec(module), module
