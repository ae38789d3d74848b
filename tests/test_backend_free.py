"""Only one package, and the adapters of data, may name a backend; and they import it when it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pixelcnn

ROOT = Path(pixelcnn.__file__).parent
ALLOWED = {Path("data/filter_classes.py"), Path("data/tf_batches.py")}
BACKENDS = {"tensorflow", "jax", "torch", "tf_keras", "tensorflow_probability"}


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_other_file_imports_a_backend(path):
    within = path.relative_to(ROOT)
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(node.module.split(".")[0])
    assert within.parts[0] in ("backend", "interop") or within in ALLOWED or not imported & BACKENDS


def test_help_does_not_wait_for_keras():
    script = "import sys\nfrom pixelcnn.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    script += "sys.exit('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "usage: pixelcnn" in done.stdout and done.returncode == 0
