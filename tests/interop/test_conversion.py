"""Trained PixelCNNs of TensorFlow Probability as ours, and back."""

import functools
import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # TFP's layers; no effect on Keras 3, which is imported by its own name

import keras
import numpy as np
import pytest

import pixelcnn

pytestmark = pytest.mark.eager

if keras.backend.backend() != "tensorflow":
    pytest.skip("TFP needs the TensorFlow backend", allow_module_level=True)
tf = pytest.importorskip("tensorflow")
tfp = pytest.importorskip("tensorflow_probability")
tf_keras = pytest.importorskip("tf_keras")

SMALL = {"num_resnet": 1, "num_hierarchies": 2, "num_filters": 4, "num_logistic_mix": 3, "dropout_p": 0.0}
CASES = {
    "gray": {"image_shape": (8, 8, 1)},
    "two colours and a vector": {"image_shape": (4, 8, 2), "conditional_shape": (3,), "num_hierarchies": 1},
    "colours, a number, no weight norm": {"image_shape": (8, 8, 3), "conditional_shape": (), "use_weight_norm": False},
    "a wide window, more blocks": {"image_shape": (8, 8, 1), "receptive_field_dims": (4, 5), "num_resnet": 2},
    "three grids, few levels": {
        "image_shape": (8, 8, 1),
        "num_hierarchies": 3,
        "high": 15,
        "resnet_activation": "relu",
    },
    "float64": {"image_shape": (8, 8, 1), "dtype": "float64", "use_weight_norm": False, "resnet_activation": "elu"},
    "float64 with weight norm": {"image_shape": (8, 8, 1), "dtype": "float64"},
}
QUICK = ("colours, a number, no weight norm",)
# TFP's weight normalisation rounds features to float32, in a distribution of float64 too.
TOLERANCES = {"float64": 1e-9, "float64 with weight norm": 1e-7}


def likelihood_model(theirs):
    """The article's model: images and conditions to their log-probability, which `add_loss` makes the loss."""
    shapes = [shape for shape in (theirs.image_shape, theirs.conditional_shape) if shape is not None]
    inputs = [tf_keras.layers.Input(shape, dtype=theirs.dtype) for shape in shapes]
    condition = {"conditional_input": inputs[1]} if len(inputs) > 1 else {}
    model = tf_keras.Model(inputs, theirs.log_prob(inputs[0], **condition))
    model.add_loss(-tf.reduce_mean(model.output))
    return model


def random_data(theirs, count=6):
    """Images, and conditions as keyword arguments."""
    random, dtype = np.random.default_rng(0), keras.backend.standardize_dtype(theirs.dtype)
    images = random.integers(0, 16, (count, *theirs.image_shape)).astype(dtype)
    if theirs.conditional_shape is None:
        return images, {}
    numbers = random.standard_normal((count, *theirs.conditional_shape)).astype("float32")
    return images, {"conditional_input": numbers.astype(dtype)}


@functools.cache
def trained(case="gray"):
    """A TFP distribution after a step, its Keras model, and data; tests do not change it."""
    arguments = CASES[case]
    theirs = tfp.distributions.PixelCNN(**{**SMALL, **arguments})
    model, (images, condition) = likelihood_model(theirs), random_data(theirs)
    model.compile(optimizer=tf_keras.optimizers.SGD(1e-4), run_eagerly=True)
    inputs = [images, *condition.values()]
    model.fit(inputs if condition else images, epochs=1, batch_size=6, verbose=0)
    return theirs, model, images, condition


@pytest.mark.parametrize(
    "case", [case if case in QUICK else pytest.param(case, marks=pytest.mark.full) for case in CASES]
)
def test_a_trained_distribution_and_its_way_back_have_the_same_likelihood(case):
    theirs, _, images, condition = trained(case)
    expected, tolerance = theirs.log_prob(images, training=False, **condition).numpy(), TOLERANCES.get(case, 1e-4)
    ours = pixelcnn.interop.from_tfp(theirs)
    np.testing.assert_allclose(ours.log_prob(images, **condition), expected, rtol=tolerance)
    assert ours.compute_dtype == keras.backend.standardize_dtype(theirs.dtype) and (ours.low, ours.high) == (
        0,
        CASES[case].get("high", 255),
    )
    back = pixelcnn.interop.to_tfp(ours)
    np.testing.assert_allclose(back.log_prob(images, training=False, **condition), expected, rtol=1e-6)


def test_what_came_from_tfp_samples_is_saved_and_trains_on(tmp_path):
    theirs, _, images, _ = trained()
    ours = pixelcnn.interop.from_tfp(theirs, name="bees")
    drawn = ours.sample(3, seed=0, verbose=0)
    ours.save(tmp_path / "bees.keras")
    loaded = pixelcnn.load(tmp_path / "bees.keras")
    assert loaded.name == "bees" and np.array_equal(loaded.sample(3, seed=0, verbose=0), drawn)
    before = loaded.log_prob(images).mean()
    loaded.compile(keras.optimizers.Adam(1e-3))
    loaded.fit(images, epochs=2, verbose=0)  # would start from data, were it not marked as initialised
    assert loaded.log_prob(images).mean() > before


@pytest.mark.parametrize("name", ["weights.h5", pytest.param("checkpoint", marks=pytest.mark.full)])
@pytest.mark.parametrize("case", ["gray", pytest.param("two colours and a vector", marks=pytest.mark.full)])
def test_a_file_of_weights_gives_the_same_likelihood(tmp_path, case, name):
    theirs, model, images, condition = trained(case)
    model.save_weights(str(tmp_path / name))
    ours = pixelcnn.interop.from_tfp_weights(tmp_path / name, **SMALL | CASES[case])
    np.testing.assert_allclose(
        ours.log_prob(images, **condition), theirs.log_prob(images, training=False, **condition), rtol=1e-4
    )
    with pytest.raises(ValueError, match=f"{name}.*does not fit these arguments"):
        pixelcnn.interop.from_tfp_weights(tmp_path / name, **SMALL | CASES[case] | {"num_filters": 5})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.h5"):
        pixelcnn.interop.from_tfp_weights(tmp_path / "none.h5", image_shape=(8, 8, 1))


def test_an_untrained_distribution_is_refused_because_its_masks_are_not_applied_yet():
    with pytest.raises(ValueError, match="outside of its mask.*trained"):
        pixelcnn.interop.from_tfp(tfp.distributions.PixelCNN((8, 8, 1), **SMALL))


def test_the_first_layer_that_does_not_fit_is_named():
    from pixelcnn.interop.tfp_weights import copy_from_tfp

    theirs, *_ = trained()
    for other, match in [
        ({"num_filters": 5}, r"weight_norm.*\(2, 3, 1, 4\).*\(2, 3, 1, 5\) for vertical_first"),
        ({"num_resnet": 2}, r"weight_norm.*for vertical_down_0_1"),
        ({"num_hierarchies": 1}, r"weight_norm.*for vertical_up_0_0"),
    ]:
        ours = pixelcnn.PixelCNNPlusPlus(**{"image_shape": (8, 8, 1), **SMALL, **other})
        before = ours.get_weights()
        with pytest.raises(ValueError, match=match):
            copy_from_tfp(theirs, ours)
        assert all(map(np.array_equal, before, ours.get_weights()))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"num_classes": 3}, "num_classes=3"),
        ({"class_names": ("bee", "sun")}, "num_classes=2"),
        ({"spatial_condition_shape": (8, 8, 1)}, "spatial_condition_shape"),
        ({"variant": "openai"}, "variant='openai'"),
        ({"head": "categorical"}, "head='categorical'"),
        ({"orders": 4}, "orders=4"),
        ({"image_shape": (7, 8, 1)}, r"image_shape=\(7, 8, 1\).*multiple of 2"),
    ],
)
def test_what_tfp_does_not_have_is_refused(arguments, match):
    with pytest.raises(ValueError, match=match):
        pixelcnn.interop.to_tfp(pixelcnn.PixelCNNPlusPlus(**{"image_shape": (8, 8, 1), **SMALL, **arguments}))


def test_other_families_are_refused():
    with pytest.raises(ValueError, match="expected a PixelCNNPlusPlus"):
        pixelcnn.interop.to_tfp(pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=4))


def test_a_context_is_refused():
    ours = pixelcnn.PixelCNNPlusPlus((8, 8, 1), **SMALL).resized((16, 16, 1), context=(8, 8))
    with pytest.raises(ValueError, match="to_tfp takes no context"):
        pixelcnn.interop.to_tfp(ours)
