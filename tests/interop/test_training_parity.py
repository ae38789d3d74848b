"""Property 20: from equal weights, TFP's PixelCNN and ours take the same steps on the same batches.

TFP masks its kernels after each step. A gradient of a masked weight does not reach the other weights, neither through
the convolution nor through the norm of weight normalisation, because masked weights are zero before each step.
"""

import itertools
import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # TFP's layers; no effect on Keras 3, which is imported by its own name

import keras
import numpy as np
import pytest

import pixelcnn

if keras.backend.backend() != "tensorflow":
    pytest.skip("TFP needs the TensorFlow backend", allow_module_level=True)
tf = pytest.importorskip("tensorflow")
pytest.importorskip("tensorflow_probability")
tf_keras = pytest.importorskip("tf_keras")

SMALL = {"num_resnet": 1, "num_hierarchies": 2, "num_filters": 4, "num_logistic_mix": 2, "dropout_p": 0.0}
CASES = {
    "gray": {"image_shape": (4, 4, 1), "use_weight_norm": False},
    "gray with weight norm": {"image_shape": (4, 4, 1)},
    "colour and a vector": {"image_shape": (4, 4, 3), "conditional_shape": (3,), "use_weight_norm": False},
    "colour and a number with weight norm": {"image_shape": (4, 8, 2), "conditional_shape": ()},
    "one grid, few levels": {"image_shape": (4, 4, 1), "num_hierarchies": 1, "high": 3, "resnet_activation": "relu"},
    "three grids": {"image_shape": (8, 8, 1), "num_hierarchies": 3, "resnet_activation": "elu"},
}
RATES = {"SGD": 1e-4, "Adam": 1e-2}
# Largest difference of a weight after five steps. TFP's weight normalisation rounds features to float32 in float64 too.
# Adam divides a gradient by its size, so that a rounding error of a gradient near zero becomes a part of a whole step,
# which is at most the rate.
TOLERANCES = {("SGD", "float64"): 1e-9, ("SGD", "float32"): 5e-7, ("Adam", "float64"): 2e-5, ("Adam", "float32"): 2e-3}
QUICK = [
    ("colour and a vector", "SGD", "float32"),
    ("gray with weight norm", "Adam", "float64"),
]
COMBINATIONS = [
    combination if combination in QUICK else pytest.param(*combination, marks=pytest.mark.full)
    for combination in itertools.product(CASES, RATES, ("float64", "float32"))
]


def batches(ours, count, size=4):
    """Images and conditions of `count` batches."""
    random = np.random.default_rng(0)
    for _ in range(count):
        images = random.integers(0, ours.high + 1, (size, *ours.image_shape))
        shape = ours.get_config()["conditional_shape"]
        yield images, None if shape is None else random.standard_normal((size, *shape)).astype("float32")


def losses_of_tfp(theirs, optimizer, data):
    """Train TFP's distribution, a step for each batch."""
    losses, dtype = [], theirs.dtype
    for images, condition in data:
        given = {} if condition is None else {"conditional_input": tf.constant(condition, dtype)}
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(theirs.log_prob(tf.constant(images, dtype), training=True, **given))
        variables = theirs.network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        losses.append(loss.numpy())
    return losses


@pytest.mark.parametrize(("case", "optimizer", "dtype"), COMBINATIONS)
def test_the_losses_of_all_steps_and_the_last_weights_are_equal(case, optimizer, dtype):
    ours = pixelcnn.PixelCNNPlusPlus(**SMALL | CASES[case], dtype=dtype, use_data_init=False)
    first, theirs, data = ours.get_weights(), pixelcnn.interop.to_tfp(ours), list(batches(ours, 5))
    expected = losses_of_tfp(theirs, getattr(tf_keras.optimizers, optimizer)(RATES[optimizer]), data)
    ours.compile(getattr(keras.optimizers, optimizer)(RATES[optimizer]))
    losses = [ours.fit(*batch, batch_size=len(batch[0]), verbose=0).history["loss"][0] for batch in data]
    np.testing.assert_allclose(losses, expected, rtol=2e-6)  # Keras averages losses in float32
    last, theirs = ours.get_weights(), pixelcnn.interop.from_tfp(theirs).get_weights()
    tolerance = TOLERANCES[optimizer, dtype]
    for before, after, other in zip(first, last, theirs, strict=True):
        np.testing.assert_allclose(after, other, rtol=0, atol=tolerance)
        assert before.dtype.kind != "f" or np.abs(after - before).max() > 10 * tolerance


@pytest.mark.parametrize("case", [pytest.param("gray", marks=pytest.mark.full), "colour and a vector"])
def test_without_weight_norm_all_digits_of_float64_agree(case):
    ours = pixelcnn.PixelCNNPlusPlus(**SMALL | CASES[case], dtype="float64")
    theirs, data = pixelcnn.interop.to_tfp(ours), list(batches(ours, 5))
    losses_of_tfp(theirs, tf_keras.optimizers.SGD(1e-4), data)
    ours.compile(keras.optimizers.SGD(1e-4))
    for batch in data:
        ours.fit(*batch, batch_size=len(batch[0]), verbose=0)
    for one, other in zip(ours.get_weights(), pixelcnn.interop.from_tfp(theirs).get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    "case", [pytest.param("gray with weight norm", marks=pytest.mark.full), "colour and a number with weight norm"]
)
def test_the_first_batch_gives_equal_gains_and_biases(case):
    ours = pixelcnn.PixelCNNPlusPlus(**SMALL | CASES[case])
    theirs, ((images, condition),) = pixelcnn.interop.to_tfp(ours), batches(ours, 1)
    for layer in theirs.network._network.layers:
        if hasattr(layer, "initialized"):
            layer.initialized.assign(False)  # `to_tfp` says that the weights are final
    given = {} if condition is None else {"conditional_input": condition}
    theirs.log_prob(images.astype("float32"), training=False, **given)
    ours.initialize(images, condition)
    for one, other in zip(ours.get_weights(), pixelcnn.interop.from_tfp(theirs).get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
