"""Blocks that are computed again for their gradients train as blocks whose features are kept."""

import keras
import numpy as np
import pytest

import pixelcnn

IMAGES = np.random.default_rng(0).integers(0, 4, (8, 4, 4, 2))
FAMILIES = [
    ("PixelCNN", {"num_blocks": 1, "dropout_p": 0.3}),
    ("PixelRNN", {"num_layers": 1}),
    # Names are read as learnt features, whose gradient passes through the first layer's reading of the current pixel.
    ("GatedPixelCNN", {"num_blocks": 1, "levels": "categorical", "dropout_p": 0.3}),
    ("PixelCNNPlusPlus", {"num_resnet": 1, "num_hierarchies": 2, "dropout_p": 0.3}),
]


def trained(family, arguments, remat):
    keras.utils.set_random_seed(0)
    dist = getattr(pixelcnn, family)((4, 4, 2), high=3, num_classes=2, num_filters=4, **arguments)
    dist.compile(keras.optimizers.SGD(0.01), remat=remat)
    losses = dist.fit(IMAGES, np.arange(8) % 2, batch_size=4, epochs=2, shuffle=False, verbose=0).history["loss"]
    return dist, losses


@pytest.mark.quick
@pytest.mark.parametrize(("family", "arguments"), FAMILIES, ids=[family for family, _ in FAMILIES])
def test_the_loss_and_the_weights_are_the_same(family, arguments):
    kept, losses = trained(family, arguments, remat=False)
    again, others = trained(family, arguments, remat=True)
    np.testing.assert_allclose(others, losses, rtol=1e-5)
    for ours, theirs in zip(again.trainable_variables, kept.trainable_variables, strict=True):
        theirs = keras.ops.convert_to_numpy(theirs)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(ours), theirs, rtol=1e-3, atol=2e-5)


def test_a_file_says_how_its_model_was_trained(tmp_path):
    dist = pixelcnn.PixelCNN((4, 4, 1), high=1, num_blocks=1, num_filters=4)
    for remat in (True, False):
        dist.compile("sgd", remat=remat)
        dist.save(tmp_path / "model.keras")
        assert pixelcnn.load(tmp_path / "model.keras").remat is remat
    with pytest.raises(ValueError, match="remat='yes' does not fit"):
        dist.compile("sgd", remat="yes")


def test_a_distribution_that_is_not_compiled_has_a_loss():
    distribution = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=2)
    images = np.zeros((2, 4, 4, 1), "uint8")
    assert np.isfinite(float(distribution.compute_loss(images, training=True)))
