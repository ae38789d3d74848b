"""Property 13: to TensorFlow Probability, a distribution of this package is one of its own."""

import os

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import keras
import numpy as np
import pytest

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


@of_one_family_and_of_others_in_full
@pytest.mark.parametrize("condition", ["label", "number", "vector", "map", "label and map"])
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


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_beyond_64_bits_is_refused(seed):
    theirs = as_tfp(model(FAMILIES[0], SHAPE))
    with pytest.raises(ValueError, match="seed="):
        theirs.sample(seed=seed)
