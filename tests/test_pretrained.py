import numpy as np
import pytest

import pixelcnn
from models import model
from pixelcnn.pretrained import export


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
