"""What `import pixelcnn` offers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pixelcnn

NAMES = "import pixelcnn; print(*(getattr(pixelcnn, name).__name__ for name in pixelcnn.__all__))"


def test_every_public_name_is_there_after_one_import():
    done = subprocess.run([sys.executable, "-c", NAMES], capture_output=True, text=True, check=True)
    assert {"pixelcnn.interop", "pixelcnn.plot", "PixelRNN"} <= set(done.stdout.split())


@pytest.mark.parametrize("package", [pixelcnn, pixelcnn.training], ids=lambda package: package.__name__)
def test_tools_that_do_not_run_the_code_are_told_every_public_name(package):
    imports = ast.walk(ast.parse(Path(package.__file__).read_text(encoding="utf-8")))
    names = [alias for node in imports if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert {alias.name for alias in names if alias.name == alias.asname} == set(package.__all__)
