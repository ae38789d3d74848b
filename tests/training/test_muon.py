"""Muon takes orthogonal steps with kernels, and Adam's with everything else."""

import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from pixelcnn.training import Muon, Preset
from pixelcnn.training.muon import _holds_kernels

IMAGES = np.random.default_rng(0).integers(0, 4, (8, 4, 4, 1))


def model():
    keras.utils.set_random_seed(0)
    return pixelcnn.PixelCNNPlusPlus(
        (4, 4, 1),
        high=3,
        num_resnet=1,
        num_hierarchies=1,
        num_filters=4,
        num_logistic_mix=2,
        dropout_p=0.0,
        use_data_init=False,
    )


def steps_of(optimizer):
    """For each variable what one training step adds to it, and whether it holds kernels."""
    dist = model()
    before = dist.get_weights()
    dist.compile(optimizer)
    dist.fit(IMAGES, batch_size=8, epochs=1, verbose=0)
    pairs = zip(before, dist.get_weights(), dist.weights, strict=True)
    return [(after - old, _holds_kernels(variable)) for old, after, variable in pairs if variable.trainable]


@pytest.mark.quick
def test_a_step_of_a_kernel_is_orthogonal_and_of_the_size_of_adams():
    kernels = [step for step, holds in steps_of(Muon(1e-3)) if holds]
    assert len(kernels) >= 3 and all(step.shape[0] > 1 for step in kernels)
    for stack in kernels:
        for step in stack.reshape(len(stack), -1, stack.shape[-1]):
            values = np.linalg.svd(step, compute_uv=False) / (1e-3 * 0.2 * max(step.shape) ** 0.5)
            assert np.all((values > 0.5) & (values < 1.3))  # the iteration does not converge, it stays near 1


def test_other_variables_take_adams_step():
    steps, adams = steps_of(Muon(1e-3, adam_ratio=0.5)), steps_of(keras.optimizers.Adam(5e-4))
    others = [(step, adam) for (step, holds), (adam, _) in zip(steps, adams, strict=True) if not holds]
    assert len(others) > 5
    for step, adam in others:
        np.testing.assert_allclose(step, adam, rtol=1e-4, atol=1e-8)


@pytest.mark.skipif(not hasattr(keras.optimizers, "Muon"), reason="this Keras has no Muon")
@pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
def test_two_steps_are_those_of_keras_muon_with_a_matrix(shape):
    random = np.random.default_rng(0)
    start, *gradients = random.standard_normal((3, *shape)).astype("float32")
    theirs = keras.Variable(start)
    ours = keras.Variable(np.stack([start, start])[:, None, None], name="kernel")
    arguments = {"weight_decay": None, "adam_weight_decay": None}
    for variable, optimizer, stack in (
        (theirs, keras.optimizers.Muon(0.01, **arguments), False),
        (ours, Muon(0.01), True),
    ):
        for gradient in gradients:
            gradient = np.stack([gradient, gradient])[:, None, None] if stack else gradient
            optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
    for kernel in ops.convert_to_numpy(ours)[:, 0, 0]:
        np.testing.assert_allclose(kernel, ops.convert_to_numpy(theirs), rtol=1e-4, atol=1e-6)


def test_its_name_means_this_class_and_keras_own_is_warned_of():
    dist = model()
    dist.compile("muon")
    assert type(dist.optimizer) is Muon
    with pytest.warns(UserWarning, match="AdamW for all kernels"):
        dist.compile(keras.optimizers.Muon())


def test_a_saved_training_goes_on_as_it_would_have(tmp_path):
    dist = model()
    dist.compile(Muon(0.01, adam_ratio=0.3), ema_momentum=0.5)
    dist.fit(IMAGES, batch_size=4, shuffle=False, verbose=0)
    dist.save(tmp_path / "half.keras")
    loaded = pixelcnn.load(tmp_path / "half.keras")
    assert loaded.optimizer.adam_ratio == 0.3
    for each in (dist, loaded):
        each.fit(IMAGES, batch_size=4, shuffle=False, verbose=0)
    for ours, theirs in zip(dist.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_presets_name_it():
    assert pixelcnn.training.PRESETS["small"].optimizer == "muon"
    with pytest.raises(ValueError, match="optimizer='sgd' does not fit"):
        Preset("nano", 1, 1, 4, 2, 0.0, 1e-2, 4, 1, None, "tests", optimizer="sgd")
