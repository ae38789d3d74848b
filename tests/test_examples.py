"""Every example runs with `--quick` and writes its figures."""

import runpy
from pathlib import Path

import pytest
from PIL import Image

import pixelcnn

pytestmark = pytest.mark.eager
EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def run(tmp_path, real_data, monkeypatch, capsys):
    """Run an example as a script, and return what it prints; it writes into `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIXELCNN_DATA", str(real_data))

    def run(name, *options):
        monkeypatch.setattr("sys.argv", [name, "--quick", *options])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    return run


def figures(folder):
    """The names of the figures; each holds something."""
    paths = sorted(folder.glob("*.png"))
    assert all(min(Image.open(path).size) > 80 for path in paths)
    return [path.name for path in paths]


def test_mnist_pixelrnn(tmp_path, run):
    output = run("mnist_pixelrnn.py")
    assert "published: " in output and "corrected: " in output
    assert figures(tmp_path) == [
        f"mnist_pixelrnn_{variant}_{figure}.png"
        for variant in ("corrected", "published")
        for figure in ("completed", "generated")
    ]


def test_mnist_families(tmp_path, run):
    output = run("mnist_families.py")
    families = ("diagonal", "gated_pixel_cnn", "pixel_cnn", "row")
    assert all(f"{name}: " in output for name in families)
    both = ("completed", "generated")
    assert figures(tmp_path) == [f"mnist_{name}_{figure}.png" for name in families for figure in both]


def test_mnist_mixture(tmp_path, run):
    assert "bits/dim on 16 test images" in run("mnist_mixture.py")
    assert figures(tmp_path) == ["mnist_mixture.png"]


def test_cifar10_pixelcnn(tmp_path, run):
    output = run("cifar10_pixelcnn.py")
    assert all(f"{name}: " in output for name in ("PixelCNN", "PixelCNN++", "lossless WebP"))
    assert figures(tmp_path) == ["cifar10_pixelcnn.png"]


def test_quickdraw(tmp_path, run):
    run("quickdraw.py")
    assert figures(tmp_path) == ["quickdraw.png"]
    assert (tmp_path / "quickdraw.keras").stat().st_size > 0


def test_quickdraw_without_its_shipped_model_tells_which_models_there_are(run, monkeypatch):
    monkeypatch.setattr(pixelcnn.pretrained, "NAMES", ("quickdraw13",))
    with pytest.raises(ValueError, match="quickdraw20.*quickdraw13"):
        run("quickdraw.py", "--pretrained")


@pytest.mark.full
def test_quickdraw_draws_its_shipped_model(tmp_path, run):
    with pytest.raises(SystemExit):
        run("quickdraw.py", "--pretrained")
    assert figures(tmp_path) == ["quickdraw_six.png", "quickdraw_twenty.png"]


def test_ising(tmp_path, run):
    output = run("ising.py")
    assert "free energy per site, exact: -2.20138" in output
    assert figures(tmp_path) == ["ising.png"]


def test_vqvae_prior(tmp_path, run):
    output = run("vqvae_prior.py")
    assert "two levels, 14x14: " in output and "Restored codes" in output
    assert figures(tmp_path) == ["vqvae_prior.png", "vqvae_restored.png"]


def test_vae_pixelcnn_decoder(tmp_path, run):
    output = run("vae_pixelcnn_decoder.py")
    assert "reconstruction -" in output and "of 16 latent units are active on 16 test images" in output
    assert figures(tmp_path) == ["vae_pixelcnn_decoder.png"]
