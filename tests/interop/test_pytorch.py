"""Property 18: checkpoints of the PyTorch port of PixelCNN++ have the same likelihood here."""

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.interop import from_pytorch_pixelcnnpp

torch = pytest.importorskip("torch")
from reference import pytorch_port  # noqa: E402  because it needs torch

pytestmark = pytest.mark.eager


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


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.quick)])
@pytest.mark.parametrize(("channels", "num_resnet"), [(1, 1), (3, 2)])
def test_the_likelihood_is_that_of_the_port(tmp_path, channels, num_resnet, dtype):
    path, state = checkpoint(tmp_path, channels=channels, num_resnet=num_resnet)
    images = random_images(channels)
    ours = from_pytorch_pixelcnnpp(path, image_shape=images.shape[1:], dtype=dtype)
    np.testing.assert_allclose(
        ours.log_prob(images), pytorch_port.log_prob(state, images), rtol=1e-9 if dtype == "float64" else 1e-4
    )


def parametrized(state):
    """Under the names of PyTorch's newer weight normalisation."""
    names = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
    return {
        ".".join([*parts[:-1], names.get(parts[-1], parts[-1])]): tensor
        for parts, tensor in ((key.split("."), tensor) for key, tensor in state.items())
    }


def without_weight_norm(state):
    """As after `torch.nn.utils.remove_weight_norm`."""
    port, layers = pytorch_port.Port(state), {key.rsplit(".", 1)[0] for key in state}
    return {f"{name}.{part}": port.weights(name)[part == "bias"] for name in layers for part in ("weight", "bias")}


@pytest.mark.parametrize(
    "change",
    [
        parametrized,
        without_weight_norm,
        lambda state: {f"module.{key}": tensor for key, tensor in state.items()},
        lambda state: {key: torch.nn.Parameter(tensor) for key, tensor in state.items()},
    ],
    ids=["parametrizations", "no weight norm", "DataParallel", "parameters"],
)
def test_other_names_and_forms_give_the_same_weights(tmp_path, change):
    path, _ = checkpoint(tmp_path)
    expected = from_pytorch_pixelcnnpp(path, (8, 8, 1), dtype="float32").get_weights()
    checkpoint(tmp_path, change)
    for one, other in zip(
        from_pytorch_pixelcnnpp(path, (8, 8, 1), dtype="float32").get_weights(), expected, strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_sizes_and_dtype_are_read_from_the_file(tmp_path):
    path, _ = checkpoint(tmp_path, as_float32, channels=3, num_resnet=2, num_filters=5, num_mix=4)
    ours = from_pytorch_pixelcnnpp(path, name="cifar")
    config = ours.get_config()
    assert [config[name] for name in ("num_resnet", "num_filters", "num_logistic_mix")] == [2, 5, 4]
    assert (ours.name, ours.compute_dtype, ours.image_shape) == ("cifar", "float32", (32, 32, 3))
    assert from_pytorch_pixelcnnpp(checkpoint(tmp_path, as_float32)[0]).image_shape == (28, 28, 1)


def as_float32(state):
    return {key: tensor.float() for key, tensor in state.items()}


@pytest.mark.full
def test_what_came_from_the_port_samples_is_saved_and_trains_on(tmp_path):
    path, _ = checkpoint(tmp_path)
    ours = from_pytorch_pixelcnnpp(path, (4, 4, 1), dtype="float32")
    drawn = ours.sample(3, seed=0, verbose=0)
    assert np.array_equal(ours.sample(3, seed=0, verbose=0, method="naive"), drawn)
    ours.save(tmp_path / "port.keras")
    loaded = pixelcnn.load(tmp_path / "port.keras")
    assert np.array_equal(loaded.sample(3, seed=0, verbose=0), drawn)
    images = random_images(1, (4, 4))
    before = loaded.log_prob(images).mean()
    loaded.compile(keras.optimizers.Adam(1e-3))
    loaded.fit(images, epochs=5, verbose=0)  # would start from data, were it not marked as initialised
    assert loaded.log_prob(images).mean() > before


def replaced(**tensors):
    """A change of a checkpoint; in names two underscores stand for a dot, and None takes a tensor out."""

    def change(state):
        state |= {name.replace("__", "."): tensor for name, tensor in tensors.items()}
        return {name: tensor for name, tensor in state.items() if tensor is not None}

    return change


OF_A_BLOCK = "up_layers__1__ul_stream__0__nin_skip__lin_a"
DOES_NOT_FIT = {
    "missing": (
        replaced(**{f"{OF_A_BLOCK}__bias": None}),
        r"up_layers\.1\.ul_stream\.0\.nin_skip\.lin_a\.bias' is missing",
    ),
    "missing gain": (replaced(u_init__conv__weight_g=None), r"u_init\.conv\.weight_g' is missing"),
    "another network": (lambda state: {"fc.weight": torch.ones(3)}, r"u_init\.conv\.weight' is missing"),
    "shape": (
        replaced(**{f"{OF_A_BLOCK}__weight_v": torch.ones(3, 5)}),
        r"lin_a\.weight_v' has shape \(3, 5\); expected \(3, 6\)",
    ),
    "another window": (
        replaced(u_init__conv__weight_v=torch.ones(3, 2, 3, 3)),
        r"\(3, 2, 3, 3\); expected \(any, any, 2, 3\)",
    ),
    "channels": (
        replaced(u_init__conv__weight_v=torch.ones(3, 3, 2, 3)),
        r"u_init\.conv\.weight_v' has 3 inputs; expected 2 or 4",
    ),
    "outputs": (
        replaced(nin_out__lin_a__weight_v=torch.ones(5, 3), nin_out__lin_a__weight_g=torch.ones(5, 1)),
        r"nin_out\.lin_a\.weight_v' has 5 outputs; expected a multiple of 3",
    ),
    "unknown": (replaced(u_init__bn__weight=torch.ones(3)), r"u_init\.bn\.weight' is unknown"),
    "integers": (
        replaced(u_init__conv__bias=torch.ones(3, dtype=torch.int64)),
        r"u_init\.conv\.bias' is no dense tensor of floats",
    ),
    "no tensor": (replaced(epoch=3), "epoch' is no dense tensor of floats"),
    "sparse": (replaced(u_init__conv__bias=torch.ones(3).to_sparse()), "is no dense tensor of floats"),
    "nan": (
        replaced(u_init__conv__bias=torch.full((3,), torch.nan)),
        r"u_init\.conv\.bias' has numbers that are not finite",
    ),
    "no direction": (replaced(u_init__conv__weight_v=torch.zeros(3, 2, 2, 3)), "has a direction of length 0"),
    "repeated": (replaced(u_init__conv__weight_v=torch.ones(1).expand(10**9, 2, 2, 3)), "bytes, more than the file"),
    "nested": (lambda state: {"state_dict": state}, "state_dict' is no dense tensor of floats"),
    "a list": (lambda state: list(state.values()), "expected a dictionary from names to tensors"),
    "empty": (lambda state: {}, "expected a dictionary from names to tensors"),
}


@pytest.mark.parametrize("case", DOES_NOT_FIT)
def test_the_first_tensor_that_does_not_fit_is_named(tmp_path, case):
    change, match = DOES_NOT_FIT[case]
    path, _ = checkpoint(tmp_path, change)
    with pytest.raises(ValueError, match=match):
        from_pytorch_pixelcnnpp(path, (8, 8, 1))


class Trap:
    """An object that runs code when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_no_code_of_a_file_runs(tmp_path):
    path, _ = checkpoint(tmp_path, replaced(trap=Trap(tmp_path / "ran")))
    with pytest.raises(ValueError, match="port.pth.*expected a file of torch.save"):
        from_pytorch_pixelcnnpp(path)
    assert not (tmp_path / "ran").exists()


def test_a_damaged_or_missing_file_is_named(tmp_path):
    path, _ = checkpoint(tmp_path)
    for content in (b"", b"no checkpoint", path.read_bytes()[:1000]):
        (tmp_path / "bad.pth").write_bytes(content)
        with pytest.raises(ValueError, match="bad.pth"):
            from_pytorch_pixelcnnpp(tmp_path / "bad.pth")
    with pytest.raises(FileNotFoundError, match="none.pth"):
        from_pytorch_pixelcnnpp(tmp_path / "none.pth")


@pytest.mark.parametrize("image_shape", [(8, 8, 3), (8, 8), (8, 0, 1), "large"])
def test_an_image_shape_that_does_not_fit_is_named(tmp_path, image_shape):
    with pytest.raises(ValueError, match="image_shape"):
        from_pytorch_pixelcnnpp(checkpoint(tmp_path)[0], image_shape)
