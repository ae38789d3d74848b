"""Checkpoints of the PyTorch port of PixelCNN++ have the same likelihood here."""

import zipfile

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.interop import from_pytorch_pixelcnnpp

torch = pytest.importorskip("torch")
from reference import pytorch_port  # noqa: E402  because it needs torch

DTYPES = ("float32", "float64") if keras.backend.backend() != "jax" else ("float32",)


def checkpoint(tmp_path, change=lambda state: state, channels=1, num_resnet=1, num_filters=3, num_mix=2):
    """A file of random tensors, and the tensors of the port that it holds."""
    state = pytorch_port.random_state(num_resnet, num_filters, num_mix, channels)
    path = tmp_path / "port.pth"
    torch.save(change(dict(state)), path)
    return path, state


def random_images(channels, size=(8, 12)):
    images = np.random.default_rng(0).integers(0, 256, (4, *size, channels))
    images[0, :2], images[1, :, :3] = 0, 255
    return images


@pytest.mark.quick
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("channels", "num_resnet"), [(1, 1), (3, 2)])
def test_the_likelihood_is_that_of_the_port(tmp_path, channels, num_resnet, dtype):
    path, state = checkpoint(tmp_path, channels=channels, num_resnet=num_resnet)
    images = random_images(channels)
    ours = from_pytorch_pixelcnnpp(path, image_shape=images.shape[1:], dtype=dtype)
    np.testing.assert_allclose(
        ours.log_prob(images), pytorch_port.log_prob(state, images), rtol=1e-9 if dtype == "float64" else 1e-4
    )
