"""Property 12: the same weights give the same numbers as TFP's own PixelCNN."""

import itertools
import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # TFP's layers; no effect on Keras 3, which is imported by its own name

import keras
import numpy as np
import pytest

import pixelcnn
from properties.families import pairwise

if keras.backend.backend() != "tensorflow":
    pytest.skip("TFP needs the TensorFlow backend", allow_module_level=True)
tf = pytest.importorskip("tensorflow")
tfp = pytest.importorskip("tensorflow_probability")
tf_keras = pytest.importorskip("tf_keras")

CASES = [
    pytest.param({"image_shape": (8, 8, 1), "num_hierarchies": 2}, marks=pytest.mark.full),
    {"image_shape": (8, 8, 3), "num_hierarchies": 1, "resnet_activation": "elu"},
    {"image_shape": (8, 8, 1), "num_hierarchies": 3, "conditional_shape": (), "resnet_activation": "relu"},
    {"image_shape": (4, 8, 2), "num_hierarchies": 2, "conditional_shape": (3,), "use_weight_norm": False},
    pytest.param(
        {"image_shape": (8, 8, 1), "num_hierarchies": 2, "receptive_field_dims": (4, 5), "use_data_init": False},
        marks=pytest.mark.full,
    ),
]
AXES = {
    "image_shape": ((8, 8, 1), (4, 8, 3)),
    "conditional_shape": (None, (), (3,)),
    "num_hierarchies": (1, 2, 3),
    "use_weight_norm": (True, False),
    "resnet_activation": ("concat_elu", "elu", "relu"),
}
CASES += [
    pytest.param(dict(zip(AXES, values, strict=True)), marks=pytest.mark.full)
    for values in pairwise(list(itertools.product(*AXES.values())))
]


@pytest.mark.parametrize("case", CASES)
def test_copied_weights_give_the_same_likelihood(case):
    arguments = {"num_resnet": 1, "num_filters": 4, "num_logistic_mix": 3, "dropout_p": 0.0, **case}
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (6, *case["image_shape"])).astype("float32")
    shape = case.get("conditional_shape")
    condition = {} if shape is None else {"conditional_input": random.standard_normal((6, *shape)).astype("float32")}
    theirs = tfp.distributions.PixelCNN(**arguments)
    optimizer = tf_keras.optimizers.Adam(1e-3)
    with tf.GradientTape() as tape:  # its masks are constraints, which take hold with a training step
        loss = -tf.reduce_mean(theirs.log_prob(images, training=True, **condition))
    variables = theirs.network.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    ours = pixelcnn.interop.from_tfp(theirs)
    expected = theirs.log_prob(images, training=False, **condition).numpy()
    np.testing.assert_allclose(ours.log_prob(images, **condition), expected, rtol=1e-4)

    scaled = 2 * images / 255 - 1
    inputs = scaled if shape is None else [scaled, condition["conditional_input"]]
    logits, locations, scales, *coefficients = theirs.network(inputs, training=False)
    arrays, batch_shape = ours.condition.check(condition.get("conditional_input"))
    parameters = ours.pixel_parameters(
        keras.ops.convert_to_tensor(images),
        {key: keras.ops.convert_to_tensor(value) for key, value in ours.condition.flatten(arrays, batch_shape).items()},
    )
    log_weights, our_locations, our_scales, our_coefficients = ours.head.unpack(parameters)
    np.testing.assert_allclose(log_weights, tf.nn.log_softmax(logits), atol=1e-5)
    np.testing.assert_allclose(our_locations / 127.5, locations, atol=1e-5)
    np.testing.assert_allclose(our_scales / 127.5, scales, atol=1e-5)
    if coefficients:
        np.testing.assert_allclose(our_coefficients, coefficients[0], atol=1e-5)
