"""Property 19: what TFP tests about its own PixelCNN holds for `PixelCNNPlusPlus`, and for the result of `as_tfp`.

The tests follow the behaviour that `tensorflow_probability/python/distributions/pixel_cnn_test.py` demands, and more:
gradients to weights and conditions, broadcasting, 1 to 3 channels, all activations. Two differences are wanted: a fresh
model is a distribution (TFP's is one after a training step), and `PixelCNNPlusPlus` draws whole numbers as uint8.
"""

import functools
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
pytest.importorskip("tensorflow_probability")

HIGH, BATCH = 10, (2,)
SMALL = {"num_resnet": 1, "num_hierarchies": 2, "num_filters": 3, "num_logistic_mix": 2, "high": HIGH, "dropout_p": 0.0}
AXES = {
    "channels": (1, 2, 3),
    "conditional_shape": (None, (), (5,)),
    "resnet_activation": ("concat_elu", "elu", "relu"),
    "norm": ("none", "weight norm", "weight norm and data init"),
}
QUICK = [(3, None, "concat_elu", "weight norm and data init"), (1, (5,), "elu", "none")]
COVER = [
    *QUICK,
    *(pytest.param(case, marks=pytest.mark.full) for case in pairwise(list(itertools.product(*AXES.values())))),
]
of_all_cases = pytest.mark.parametrize("case", COVER, ids=str)
of_both_kinds = pytest.mark.parametrize("kind", ["PixelCNNPlusPlus", "as_tfp"])


@functools.cache
def model(channels, conditional_shape, resnet_activation="concat_elu", norm="none", dtype="float32"):
    """A fresh distribution; with data init, from one batch."""
    keras.utils.set_random_seed(0)
    ours = pixelcnn.PixelCNNPlusPlus(
        (4, 6, channels), conditional_shape, resnet_activation=resnet_activation, dtype=dtype, **SMALL,
        use_weight_norm=norm != "none", use_data_init=norm == "weight norm and data init",
    )  # fmt: skip
    ours.initialize(random_images(ours, (8,)).numpy(), random_condition(ours, (8,)))
    return ours


def random_images(ours, shape):
    images = np.random.default_rng(1).integers(0, HIGH + 1, (*shape, *ours.image_shape))
    return tf.constant(images, ours.compute_dtype)


def random_condition(ours, shape):
    event = ours.get_config()["conditional_shape"]
    if event is None:
        return None
    return np.random.default_rng(2).standard_normal((*shape, *event)).astype("float32")


def log_prob(kind, ours, images, condition):
    """Through the method, or through the distribution of TFP."""
    if kind == "as_tfp":
        return pixelcnn.interop.as_tfp(ours, condition, dtype=ours.compute_dtype).log_prob(images)
    return ours.log_prob(images, conditional_input=None if condition is None else tf.constant(condition))


def sample(kind, ours, shape, condition, seed):
    if kind == "as_tfp":
        return pixelcnn.interop.as_tfp(ours, condition).sample(shape, seed=seed).numpy()
    return ours.sample((*shape, *np.shape(condition)[:1]), seed=seed, conditional_input=condition, verbose=0)


@of_all_cases
@of_both_kinds
def test_a_log_prob_has_the_batch_shape_and_gradients_to_weights_and_conditions(kind, case):
    ours = model(*case)
    images, condition = random_images(ours, BATCH), random_condition(ours, BATCH)
    with tf.GradientTape() as tape:
        nats = log_prob(kind, ours, images, condition)
        loss = -tf.reduce_mean(nats)
    assert nats.shape == BATCH and nats.dtype == tf.float32
    assert (nats <= 0).numpy().all() and np.isfinite(nats).all()
    for gradient in tape.gradient(loss, [variable.value for variable in ours.trainable_variables]):
        gradient = tf.convert_to_tensor(gradient)
        assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0


@pytest.mark.parametrize("conditional_shape", [(), (5,)])
@of_both_kinds
def test_gradients_to_conditions_are_those_of_tfp(kind, conditional_shape):
    ours = model(3, conditional_shape, norm="none", dtype="float64")
    theirs, images = pixelcnn.interop.to_tfp(ours), random_images(ours, BATCH)
    condition = tf.constant(random_condition(ours, BATCH), tf.float64)

    def nats_of(kind, condition):
        if kind == "TFP":
            return theirs.log_prob(images, conditional_input=condition, training=False)
        if kind == "as_tfp":
            return pixelcnn.interop.as_tfp(ours, condition, dtype="float64").log_prob(images)
        return ours.log_prob(images, conditional_input=condition)

    gradients = []
    for each in ("TFP", kind):
        with tf.GradientTape() as tape:
            tape.watch(condition)
            nats = nats_of(each, condition)
        gradients.append(tape.gradient(nats, condition).numpy())
    assert np.abs(gradients[0]).min() > 0
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=1e-6)


@pytest.mark.parametrize("conditional_shape", [None, (5,)])
def test_parameters_have_gradients_to_earlier_pixels_alone_and_those_of_tfp(conditional_shape):
    ours = model(3, conditional_shape, norm="none", dtype="float64")
    theirs, images, condition = pixelcnn.interop.to_tfp(ours), random_images(ours, BATCH), random_condition(ours, BATCH)
    row, column = 2, 3

    def parameters(of):
        if of == "ours":
            tensors = {} if condition is None else {"vector": tf.constant(condition, tf.float64)}
            return [part[0, row, column] for part in ours.head.unpack(ours.pixel_parameters(images, tensors))[1:3]]
        scaled = 2 * images / HIGH - 1
        inputs = scaled if condition is None else [scaled, tf.constant(condition, tf.float64)]
        return [HIGH / 2 * part[0, row, column] for part in theirs.network(inputs, training=False)[1:3]]

    gradients = {}
    for of in ("ours", "theirs"):
        with tf.GradientTape() as tape:
            tape.watch(images)
            locations, scales = parameters(of)
            mixed = tf.reduce_sum(locations * [0.3, -1.0, 0.7]) + tf.reduce_sum(scales * [0.2, 0.9, -0.4])
        gradients[of] = tape.gradient(mixed, images).numpy()
    first, second = gradients["ours"]
    assert (first[:row] != 0).all() and (first[row, :column] != 0).all()  # above, and to the left
    assert not first[row, column:].any() and not first[row + 1 :].any() and not second.any()
    np.testing.assert_allclose(gradients["ours"], gradients["theirs"], rtol=1e-6, atol=1e-15)


def test_a_colour_depends_on_earlier_colours_of_its_pixel_alone():
    ours = model(3, None)
    parameters = ours.pixel_parameters(random_images(ours, (1,)), {})[0, 2, 3]
    pixel = tf.Variable([2.0, 5.0, 7.0])
    for channel in range(3):
        with tf.GradientTape() as tape:
            nats = ours.head.log_probs(parameters, pixel.value(), channel)[4]
        gradient = tape.gradient(nats, pixel)
        gradient = np.zeros(3) if gradient is None else gradient.numpy()
        assert (gradient[:channel] != 0).all() and not gradient[channel:].any()


@of_all_cases
@of_both_kinds
def test_samples_have_their_shape_levels_and_seed(kind, case):
    ours = model(*case)
    condition = random_condition(ours, BATCH)
    images = sample(kind, ours, (2,), condition, seed=3)
    assert images.shape == (2, *(() if condition is None else BATCH), *ours.image_shape)
    assert images.min() >= 0 and images.max() <= HIGH and not np.any(images % 1)
    assert np.array_equal(images, sample(kind, ours, (2,), condition, seed=3))
    assert not np.array_equal(images, sample(kind, ours, (2,), condition, seed=4))


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_parameters_have_tfps_shapes(channels):
    ours = model(channels, None)
    logits, locations, scales, coefficients = ours.head.unpack(ours.pixel_parameters(random_images(ours, BATCH), {}))
    assert logits.shape == (*BATCH, 4, 6, 2)
    assert locations.shape == scales.shape == (*BATCH, 4, 6, 2, channels)
    assert coefficients.shape == (*BATCH, 4, 6, 2, channels * (channels - 1) // 2)
    theirs = pixelcnn.interop.to_tfp(ours).network(2 * random_images(ours, BATCH) / HIGH - 1)
    assert [part.shape for part in theirs] == [logits.shape, locations.shape, scales.shape, coefficients.shape][
        : len(theirs)
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes(dtype):
    ours = model(1, None, dtype=dtype)
    images = random_images(ours, BATCH)
    theirs = pixelcnn.interop.as_tfp(ours, dtype=dtype)
    assert theirs.dtype == theirs.sample(2, seed=0).dtype == theirs.log_prob(images).dtype == tf.as_dtype(dtype)
    assert ours.log_prob(images).dtype == tf.as_dtype(dtype) and ours.log_prob(images.numpy()).dtype == dtype
    assert ours.sample(2, seed=0, verbose=0).dtype == np.uint8


@pytest.mark.parametrize("conditional_shape", [(), (5,)])
@pytest.mark.parametrize(
    ("images", "conditions", "batch"),
    [((3, 1), (2,), (3, 2)), ((), (2,), (2,)), ((3,), (), (3,)), ((2,), (3, 1), (3, 2)), ((), (), ())],
)
@of_both_kinds
def test_batches_of_images_and_conditions_broadcast_as_in_tfp(kind, conditional_shape, images, conditions, batch):
    ours = model(1, conditional_shape)
    images, condition = random_images(ours, images), random_condition(ours, conditions)
    nats = log_prob(kind, ours, images, condition)
    assert nats.shape == batch
    expected = tfp_of(conditional_shape).log_prob(images, conditional_input=condition, training=False)
    np.testing.assert_allclose(nats, expected, rtol=1e-5)


@functools.cache
def tfp_of(conditional_shape):
    return pixelcnn.interop.to_tfp(model(1, conditional_shape))
