"""Every example runs with `--quick` and writes its figures."""

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name, folder, real_data):
    environment = {**os.environ, "PIXELCNN_DATA": str(real_data)}
    command = [sys.executable, EXAMPLES / name, "--quick"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_mnist_pixelrnn(tmp_path, real_data):
    output = run("mnist_pixelrnn.py", tmp_path, real_data)
    assert "Published: " in output and "Corrected: " in output
    figures = sorted(path.name for path in tmp_path.glob("*.png"))
    assert figures == [
        f"mnist_pixelrnn_{variant}_{figure}.png"
        for variant in ("corrected", "published")
        for figure in ("completed", "generated")
    ]
    assert all(min(Image.open(tmp_path / name).size) > 80 for name in figures)
