import zipfile

import numpy as np
import pytest

import archives
import pixelcnn
from models import model
from pixelcnn.pretrained import export, read_exported


def test_an_exported_model_keeps_its_likelihood_to_half_precision(tmp_path):
    distribution = model((5, 6, 1), num_classes=2)
    export(distribution, tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as archive:
        assert all(archive[name].dtype == np.float16 for name in archive.files if name != "config")
    images = distribution.sample(4, seed=0, conditional_input=1, verbose=0)
    rounded = [weight.astype("float16").astype("float32") for weight in distribution.get_weights()]
    expected = distribution.log_prob(images, 1)
    distribution.set_weights(rounded)
    np.testing.assert_allclose(distribution.log_prob(images, 1), expected, rtol=2e-2)


def test_the_shipped_model_is_one_line_and_knows_real_drawings(real_data):
    distribution = pixelcnn.load_pretrained("quickdraw13")
    test = pixelcnn.data.quickdraw(distribution.class_names, data_dir=real_data, split="test")
    some = np.random.default_rng(0).choice(len(test.labels), 128, replace=False)
    images, labels = test.images[some], test.labels[some]
    right = distribution.bits_per_dim(images, labels).mean()
    assert right < 1.75
    assert right < distribution.bits_per_dim(images, (labels + 1) % 13).mean()


def test_an_unknown_model_is_named():
    with pytest.raises(ValueError, match="quickdraw99.*quickdraw13"):
        pixelcnn.load_pretrained("quickdraw99")


def test_damaged_files_and_weights_that_are_not_finite_are_refused_by_name(tmp_path):
    distribution = model((5, 6, 1), num_classes=2)
    export(distribution, tmp_path / "model.npz")
    whole = archives.members(tmp_path / "model.npz")
    infinite = whole["weight_1.npy"][:-2] + np.float16("inf").tobytes()
    damage = {
        "half": {**whole, "weight_1.npy": whole["weight_1.npy"][:-20]},
        "infinite": {**whole, "weight_1.npy": infinite},
        "less": {name: whole[name] for name in whole if name != "weight_3.npy"},
        "deep": {**whole, "config.npy": whole["config.npy"][:128] + "[".encode("utf-32-le") * 100_000},
        "none": {},
    }
    for name, contents in damage.items():
        with pytest.raises(ValueError, match=f"{name}.npz"):
            read_exported(archives.write(tmp_path / f"{name}.npz", contents))
    content = (tmp_path / "model.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "model.npz") as archive:
        member = archive.getinfo("weight_1.npy")
    place = member.header_offset + 100 + member.compress_size // 2  # within the member's data, behind its header
    (tmp_path / "flipped.npz").write_bytes(content[:place] + b"damage" + content[place + 6 :])
    with pytest.raises(ValueError, match="flipped.npz"):
        read_exported(tmp_path / "flipped.npz")


def test_weights_that_half_precision_cannot_hold_are_not_exported(tmp_path):
    distribution = model((5, 6, 1))
    distribution.weights[1].assign(distribution.weights[1] * 0 + 1e6)
    with pytest.raises(ValueError, match="half precision"):
        export(distribution, tmp_path / "model.npz")
    assert not (tmp_path / "model.npz").exists()
