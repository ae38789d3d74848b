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


def figures(folder):
    """The names of the figures; each holds something."""
    paths = sorted(folder.glob("*.png"))
    assert all(min(Image.open(path).size) > 80 for path in paths)
    return [path.name for path in paths]


def test_mnist_pixelrnn(tmp_path, real_data):
    output = run("mnist_pixelrnn.py", tmp_path, real_data)
    assert "published: " in output and "corrected: " in output
    assert figures(tmp_path) == [
        f"mnist_pixelrnn_{variant}_{figure}.png"
        for variant in ("corrected", "published")
        for figure in ("completed", "generated")
    ]


def test_mnist_families(tmp_path, real_data):
    output = run("mnist_families.py", tmp_path, real_data)
    families = ("diagonal", "gated_pixel_cnn", "pixel_cnn", "row")
    assert all(f"{name}: " in output for name in families)
    both = ("completed", "generated")
    assert figures(tmp_path) == [f"mnist_{name}_{figure}.png" for name in families for figure in both]


def test_mnist_mixture(tmp_path, real_data):
    assert "bits/dim on 64 test images" in run("mnist_mixture.py", tmp_path, real_data)
    assert figures(tmp_path) == ["mnist_mixture.png"]


def test_cifar10_pixelcnn(tmp_path, real_data):
    output = run("cifar10_pixelcnn.py", tmp_path, real_data)
    assert all(f"{name}: " in output for name in ("PixelCNN", "PixelCNN++", "lossless WebP"))
    assert figures(tmp_path) == ["cifar10_pixelcnn.png"]


def test_quickdraw(tmp_path, real_data):
    run("quickdraw.py", tmp_path, real_data)
    assert figures(tmp_path) == ["quickdraw.png"]
    assert (tmp_path / "quickdraw.keras").stat().st_size > 0


def test_ising(tmp_path, real_data):
    output = run("ising.py", tmp_path, real_data)
    assert "free energy per site, exact: -2.20138" in output
    assert figures(tmp_path) == ["ising.png"]


def test_vqvae_prior(tmp_path, real_data):
    output = run("vqvae_prior.py", tmp_path, real_data)
    assert "two levels, 14x14: " in output and "Restored codes" in output
    assert figures(tmp_path) == ["vqvae_prior.png", "vqvae_restored.png"]


def test_vae_pixelcnn_decoder(tmp_path, real_data):
    output = run("vae_pixelcnn_decoder.py", tmp_path, real_data)
    assert "reconstruction -" in output and "of 16 latent units are active on 16 test images" in output
    assert figures(tmp_path) == ["vae_pixelcnn_decoder.png"]
