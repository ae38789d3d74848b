"""The averaged gradients of N batches are the gradient of one batch N times as large."""

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.training import DataSource, Preset, RunConfig
from pixelcnn.training.run import build

IMAGES = np.random.default_rng(0).integers(0, 4, (16, 4, 4, 1))


def trained(batch_size, steps):
    """The weights after four updates: two epochs of two."""
    keras.utils.set_random_seed(0)
    dist = pixelcnn.GatedPixelCNN((4, 4, 1), high=3, num_blocks=1, num_filters=4)
    optimizer = keras.optimizers.Adam(0.01, gradient_accumulation_steps=steps)
    dist.compile(optimizer, ema_momentum=0.5)
    dist.fit(IMAGES, batch_size=batch_size, epochs=2, shuffle=False, verbose=0)
    return [np.asarray(keras.ops.convert_to_numpy(variable)) for variable in dist.trainable_variables]


def test_the_gradient_is_that_of_the_large_batch():
    before = trained(8, None)
    for ours, theirs in zip(trained(2, 4), before, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)
    others = trained(2, None)
    assert max(np.abs(ours - theirs).max() for ours, theirs in zip(others, before, strict=True)) > 1e-3


def test_a_run_averages_the_gradients_of_its_steps():
    preset = Preset("nano", 1, 1, 4, 2, 0.0, 1e-2, 4, 1, None, "tests")
    config = RunConfig(
        preset, DataSource("doodles"), 1, None, 4, 1e-2, accumulate=3, image_shape=(4, 4, 1), class_names=("a",)
    )
    assert RunConfig.from_json(config.to_json()) == config
    assert build(config).optimizer.gradient_accumulation_steps == 3
    with pytest.raises(ValueError, match="accumulate=0 does not fit"):
        RunConfig(preset, DataSource("doodles"), 1, None, 4, 1e-2, accumulate=0)
