"""Property 13: to TensorFlow Probability, a distribution of this package is one of its own."""

import os
import subprocess
import sys

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.interop import as_tfp
from properties.families import (
    FAMILIES,
    given,
    model,
    of_one_family_and_of_others_in_full,
    random_images,
)

if keras.backend.backend() != "tensorflow":

    def test_another_backend_is_an_error_that_names_it():
        with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
            as_tfp(model(FAMILIES[0], (2, 2, 1)))

    pytest.skip("TFP needs the TensorFlow backend", allow_module_level=True)

tf = pytest.importorskip("tensorflow")
tfp = pytest.importorskip("tensorflow_probability")
tfd = tfp.distributions
SHAPE = (3, 2, 1)


@of_one_family_and_of_others_in_full
def test_shapes_likelihoods_and_samples_are_those_of_the_distribution(family):
    ours = model(family, SHAPE, **family.smallest)
    theirs = as_tfp(ours)
    assert isinstance(theirs, tfd.Distribution)
    assert (theirs.event_shape, theirs.batch_shape) == (SHAPE, ())
    assert theirs.event_shape_tensor().numpy().tolist() == list(SHAPE) and not len(theirs.batch_shape_tensor())
    images = random_images(6, ours).reshape(2, 3, *SHAPE)
    np.testing.assert_allclose(theirs.log_prob(images), ours.log_prob(images), rtol=1e-5)
    smallest = np.finfo("float32").tiny  # below it a processor may give zero
    np.testing.assert_allclose(theirs.prob(images.astype("float64")), ours.prob(images), rtol=1e-3, atol=smallest)
    drawn = theirs.sample([2, 3], seed=4)
    assert drawn.shape == (2, 3, *SHAPE) and drawn.dtype == theirs.dtype == tf.float32
    assert np.array_equal(drawn, ours.sample((2, 3), seed=4, verbose=0))
    assert np.array_equal(drawn, theirs.sample([2, 3], seed=4))  # in eager mode too
    assert theirs.sample().shape == SHAPE and theirs.sample(0).shape == (0, *SHAPE)
    assert not np.array_equal(theirs.sample(4), theirs.sample(4))
    keys = [tf.constant([1, -2], tf.int32), tf.constant([1, -2], tf.int32), tf.constant([1, 3], tf.int32)]
    one, same, other = (theirs.sample(8, seed=key).numpy() for key in keys)
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_a_view_with_its_condition_bound_and_several_orders():
    ours = model(FAMILIES[1], SHAPE, "label", orders=4)
    theirs, images = as_tfp(ours.given([0, 2])), random_images(2, ours)
    assert theirs.batch_shape == (2,) and theirs.distribution is ours
    np.testing.assert_allclose(theirs.log_prob(images), ours.log_prob(images, [0, 2]), rtol=1e-5)
    drawn = ours.sample((3, 2), seed=1, conditional_input=[0, 2], verbose=0)
    assert np.array_equal(theirs.sample(3, seed=1), drawn)
    assert np.array_equal(tf.function(lambda: theirs.sample(3, seed=1))(), drawn)
    with pytest.raises(ValueError, match="conditional_input=1 does not fit: expected as_tfp"):
        as_tfp(ours.given(0), 1)


@of_one_family_and_of_others_in_full
@pytest.mark.parametrize(
    "condition",
    [*(pytest.param(name, marks=pytest.mark.full) for name in ("label", "number", "map")), "vector", "label and map"],
)
def test_the_condition_is_the_batch(family, condition):
    ours = model(family, SHAPE, condition, **family.smallest)
    values = given(condition, 2, SHAPE)
    images = random_images(8, ours).reshape(4, 2, *SHAPE)
    expected = ours.log_prob(images, values)
    for conditional_input in (values, tf.nest.map_structure(tf.constant, values)):
        theirs = as_tfp(ours, conditional_input)
        assert theirs.batch_shape == (2,)
        np.testing.assert_allclose(theirs.log_prob(images), expected, rtol=1e-5)
        assert theirs.log_prob(images[0, 0]).shape == (2,)
    assert np.array_equal(theirs.sample(3, seed=1), ours.sample((3, 2), seed=1, conditional_input=values, verbose=0))


@of_one_family_and_of_others_in_full
def test_it_works_in_a_tf_function_and_under_gradients(family):
    ours = model(family, SHAPE, "label", **family.smallest)

    @tf.function
    def draw(labels, seed):
        theirs = as_tfp(ours, labels)
        images = theirs.sample(4, seed=seed)
        return images, theirs.log_prob(images)

    labels, seed = tf.constant([0, 2]), tf.constant([5, 6], tf.int32)
    images, log_prob = draw(labels, seed)
    assert images.shape == (4, 2, *SHAPE)
    np.testing.assert_allclose(log_prob, ours.log_prob(images.numpy(), [0, 2]), rtol=1e-5)
    assert np.array_equal(images, as_tfp(ours, labels).sample(4, seed=seed))
    weight = ours.trainable_variables[0].value
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(as_tfp(ours, labels).log_prob(images))
    assert np.isfinite(tape.gradient(loss, weight)).all()


ONE_THREAD = """
import tensorflow as tf

tf.config.threading.set_inter_op_parallelism_threads(1)
import pixelcnn
from pixelcnn.interop import as_tfp

ours = pixelcnn.PixelCNNPlusPlus((3, 2, 1), num_classes=2, num_resnet=1, num_hierarchies=1, num_filters=2)
draw = tf.function(lambda labels: as_tfp(ours, labels).sample(3, seed=1))
theirs = draw(tf.constant([0, 1])).numpy()
assert (theirs == ours.sample((3, 2), seed=1, conditional_input=[0, 1], verbose=0)).all()
"""


@pytest.mark.full
def test_a_tf_function_draws_where_tensorflow_has_a_single_thread():
    subprocess.run([sys.executable, "-c", ONE_THREAD], check=True, timeout=120)


@of_one_family_and_of_others_in_full
def test_it_is_a_part_of_other_distributions(family):
    ours = model(family, SHAPE, "label", **family.smallest)
    independent = tfd.Independent(as_tfp(ours, [0, 1, 2]), reinterpreted_batch_ndims=1)
    assert (independent.event_shape, independent.batch_shape) == ((3, *SHAPE), ())
    images = independent.sample(2, seed=3)
    np.testing.assert_allclose(
        independent.log_prob(images), ours.log_prob(images.numpy(), [0, 1, 2]).sum(axis=-1), rtol=1e-5
    )

    joint = tfd.JointDistributionSequential(
        [tfd.Categorical(probs=[0.2, 0.3, 0.5]), lambda label: as_tfp(ours, label)], batch_ndims=0
    )
    label, image = joint.sample(5, seed=7)
    assert image.shape == (5, *SHAPE)
    expected = np.log(np.array([0.2, 0.3, 0.5])[label]) + ours.log_prob(image.numpy(), label.numpy())
    np.testing.assert_allclose(joint.log_prob([label, image]), expected, rtol=1e-5)


def test_a_condition_that_does_not_fit_is_an_error():
    ours = model(FAMILIES[0], SHAPE, "label", **FAMILIES[0].smallest)
    with pytest.raises(ValueError, match="conditional"):
        as_tfp(ours)
    with pytest.raises(ValueError, match="0 … 2"):
        as_tfp(ours, 3)
    for label in (3, -1, 1.5, [0, 5]):  # of a tensor whose value is known too, which a cast would make a class
        with pytest.raises(ValueError, match="0 … 2"):
            as_tfp(ours, tf.constant(label))


def test_a_type_that_does_not_hold_the_levels_is_an_error():
    ours = pixelcnn.PixelCNN((2, 2, 1), low=-3, high=3000, num_blocks=1, num_filters=2)
    for dtype in ("uint8", "int8", "bool", "float16", "bfloat16"):
        with pytest.raises(ValueError, match=f"dtype='{dtype}' does not fit: expected a type that holds .* -3 … 3000"):
            as_tfp(ours, dtype=dtype)
    assert as_tfp(pixelcnn.PixelCNN((2, 2, 1), high=1, num_blocks=1, num_filters=2), dtype="bool").dtype == "bool"
    for dtype in ("int16", "int32", "float32", "float64"):
        assert as_tfp(ours, dtype=dtype).dtype == dtype


@pytest.mark.parametrize("seed", [-1, tf.constant(3), (1, 2, 3)])
def test_a_seed_that_does_not_fit_is_an_error(seed):
    theirs = as_tfp(model(FAMILIES[0], SHAPE))
    with pytest.raises(ValueError, match="seed"):
        theirs.sample(seed=seed)


SMALLEST = {**FAMILIES[0].smallest, "high": 3}


def test_every_sample_shape_goes_with_every_kind_of_seed():
    theirs = as_tfp(model(FAMILIES[0], SHAPE, "label", **SMALLEST), [0, 2])
    in_graph = tf.function(lambda shape, seed: theirs.sample(shape, seed=seed))
    for shape, full in (((), ()), (0, (0,)), ([2, 3], (2, 3)), (tf.constant([3]), (3,))):
        for seed in (7, tf.constant([7, 8])):
            images = theirs.sample(shape, seed=seed)
            assert images.shape == (*full, 2, *SHAPE)
            assert np.array_equal(images, in_graph(shape, seed))
        assert theirs.sample(shape, seed=tfp.util.SeedStream(7, salt="images")).shape == images.shape
    number_and_pair = theirs.sample(4, seed=7 << 32 | 8), theirs.sample(4, seed=(7, 8))
    assert np.array_equal(*number_and_pair)


def test_in_a_tf_function_the_number_of_images_may_be_unknown():
    ours = model(FAMILIES[0], SHAPE, "label", **SMALLEST)
    unknown = tf.function(
        lambda count, labels: as_tfp(ours, labels).sample(count, seed=3),
        input_signature=[tf.TensorSpec([], tf.int32), tf.TensorSpec(None, tf.int32)],
    )
    for count, labels in ((0, [1]), (1, 2), (5, [[0, 1], [2, 1]])):
        expected = ours.sample((count, *np.shape(labels)), seed=3, conditional_input=labels, verbose=0)
        assert np.array_equal(unknown(count, tf.constant(labels)), expected)


def test_a_tf_data_set_may_draw():
    ours = model(FAMILIES[0], SHAPE, "label", **SMALLEST)
    labels = tf.data.Dataset.range(3)
    drawn = labels.map(lambda label: as_tfp(ours, label).sample(2, seed=(1, label)), num_parallel_calls=2)
    for label, images in enumerate(drawn):
        assert np.array_equal(images, as_tfp(ours, label).sample(2, seed=(1, label)))


def test_in_a_tf_function_bad_values_are_errors_too():
    ours = model(FAMILIES[0], SHAPE, "label", **SMALLEST)
    draw = tf.function(lambda labels: as_tfp(ours, labels).sample())
    with pytest.raises(tf.errors.InvalidArgumentError, match="0 … 2"):
        draw(tf.constant(3))
    for weight in ours.trainable_variables:
        weight.assign(weight * np.nan)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
        draw(tf.constant(1))


def test_copies_and_slices():
    ours = model(FAMILIES[0], SHAPE, "label and map", **SMALLEST)
    labels, maps = given("label and map", 3, SHAPE)
    theirs = as_tfp(ours, (labels, maps))
    assert theirs.copy(dtype="int32", name="other").sample().dtype == tf.int32
    assert theirs.copy(conditional_input=(labels[:2], maps[:2])).batch_shape == (2,)
    images = theirs.sample(seed=1)
    for index in (0, slice(1, 3), (slice(None), tf.newaxis)):
        part = theirs[index]
        assert part.batch_shape == labels[index].shape and part.distribution is ours
        expected = ours.log_prob(images.numpy()[index], (labels[index], maps[index]))
        np.testing.assert_allclose(part.log_prob(images.numpy()[index]), expected, rtol=1e-5)


def test_it_lists_the_variables_of_the_model_and_of_the_condition():
    ours = model(FAMILIES[0], SHAPE, "vector", **SMALLEST)
    condition = tf.Variable(tf.zeros((2, 2)))
    weights = [weight.value for weight in ours.trainable_variables]
    for theirs in (as_tfp(ours, condition), tfd.Independent(as_tfp(ours, condition), 1)):
        listed = {id(variable) for variable in theirs.trainable_variables}
        assert listed == {id(variable) for variable in (*weights, condition)}
        assert len(theirs.variables) == len(ours.weights) + 1
    condition.assign(tf.ones((2, 2)))  # each use reads the value
    images = as_tfp(ours, condition).sample(seed=1)
    np.testing.assert_allclose(theirs.log_prob(images), ours.log_prob(images.numpy(), np.ones((2, 2))).sum(), rtol=1e-5)
    ours.trainable = False
    assert [id(variable) for variable in as_tfp(ours, condition).trainable_variables] == [id(condition)]


@pytest.mark.parametrize(
    "optimizer",
    [keras.optimizers, pytest.param(pytest.importorskip("tf_keras").optimizers, marks=pytest.mark.full)],
)
def test_tfp_trains_it(optimizer):
    theirs = as_tfp(model(FAMILIES[0], SHAPE, **SMALLEST))
    images = random_images(8, theirs.distribution)
    losses = tfp.math.minimize(
        lambda: -theirs.log_prob(images), 3, optimizer.Adam(1e-2), trainable_variables=theirs.trainable_variables
    )
    assert (np.diff(losses.numpy().mean(axis=-1)) < 0).all()


def test_gradients_pass_to_the_condition_and_to_the_weights():
    ours = model(FAMILIES[0], SHAPE, "vector", **SMALLEST, dtype="float64")
    condition, direction = tf.Variable([0.3, -0.2], dtype=tf.float64), np.array([1e-4, -2e-4])
    images, weight = random_images(4, ours), ours.trainable_variables[0]
    theirs = as_tfp(ours, condition)

    def total():
        return tf.reduce_sum(theirs.log_prob(images))

    with tf.GradientTape() as tape:
        nats = total()
    of_condition, of_weight = tape.gradient(nats, [condition, weight.value])
    for variable, gradient, step in (
        (condition, of_condition, direction),
        (weight.value, of_weight, 1e-4 * np.sign(of_weight)),
    ):
        variable.assign_add(step)
        above = total()
        variable.assign_sub(2 * step)
        difference = above - total()
        variable.assign_add(step)
        np.testing.assert_allclose(difference, 2 * np.sum(gradient * step), rtol=1e-4)


KINDS = ("JointDistributionNamed", "JointDistributionCoroutine", "JointDistributionCoroutineAutoBatched")


@pytest.mark.parametrize("kind", [*KINDS[:2], pytest.param(KINDS[2], marks=pytest.mark.full)])
def test_joint_distributions_of_every_kind(kind):
    ours = model(FAMILIES[0], SHAPE, "label", **SMALLEST)
    probs = np.array([0.2, 0.3, 0.5], "float32")

    def coroutine():
        label = yield tfd.JointDistributionCoroutine.Root(tfd.Categorical(probs=probs, name="label"))
        yield as_tfp(ours, label, name="image")

    parts = {"label": tfd.Categorical(probs=probs), "image": lambda label: as_tfp(ours, label)}
    joint = getattr(tfd, kind)(parts if "Named" in kind else coroutine)
    drawn = joint.sample(8, seed=(3, 4) if kind == KINDS[1] else 3)
    label, image = (drawn[key].numpy() for key in parts) if isinstance(drawn, dict) else map(np.array, drawn)
    np.testing.assert_allclose(joint.log_prob(drawn), np.log(probs[label]) + ours.log_prob(image, label), rtol=1e-5)
    # With shared noise, three labels would give at most three images.
    assert len(np.unique(image.reshape(8, -1), axis=0)) > 3


def test_mixtures():
    ours = model(FAMILIES[0], SHAPE, "label", **SMALLEST)
    probs = np.array([0.2, 0.3, 0.5], "float32")
    for mixture in (
        tfd.MixtureSameFamily(tfd.Categorical(probs=probs), as_tfp(ours, [0, 1, 2])),
        tfd.Mixture(tfd.Categorical(probs=probs), [as_tfp(ours, label) for label in range(3)]),
    ):
        images = mixture.sample(5, seed=3)
        expected = np.log(ours.prob(images.numpy()[:, None], [0, 1, 2]) @ probs)
        np.testing.assert_allclose(mixture.log_prob(images), expected, rtol=1e-4)


@pytest.mark.parametrize("method", ["mean", "mode", "variance", "stddev", "entropy"])
def test_what_has_no_formula_is_an_error_with_an_estimate(method):
    theirs = as_tfp(model(FAMILIES[0], SHAPE, **SMALLEST))
    with pytest.raises(NotImplementedError, match=rf"{method}\(\).*An estimate is .*sample\("):
        getattr(theirs, method)()
