"""Export: a process without this package computes the same likelihoods and draws the same images."""

import errno
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from scipy.stats import chisquare

import pixelcnn
from pixelcnn.backend import exporting
from properties.families import FAMILIES, all_images, given, model, of_one_family_and_of_others_in_full, random_images

SHAPE = (4, 3, 1)
BACKEND = keras.backend.backend()
exports = pytest.mark.skipif(BACKEND == "torch", reason="export is refused on torch")

# Reads a SavedModel, and no package of ours and no Keras.
SERVE = """
import sys
sys.modules["pixelcnn"] = sys.modules["keras"] = None
import numpy as np, tensorflow as tf
folder, arrays = sys.argv[1:]
served, given = tf.saved_model.load(folder), dict(np.load(arrays))
images = given.pop("images")
parts = {name: tf.constant(part) for name, part in given.items()}
log_prob = served.signatures["log_prob"](images=tf.constant(images), **parts)["output_0"]
seed = tf.constant(-1, tf.int64)
drawn = served.sample(seed=seed, **(parts or {"count": tf.constant(len(images))}))
np.savez(arrays, log_prob=log_prob, drawn=drawn)
"""


def inputs(distribution, values):
    """The parts of a condition by name, as a SavedModel takes them."""
    arrays, _ = distribution.condition.check(values)
    return {key: part for key, part in arrays.items() if key != "keep"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A distribution with classes, and its export."""
    distribution, folder = model(FAMILIES[1], SHAPE, "label"), tmp_path_factory.mktemp("export") / "model"
    if BACKEND != "torch":
        distribution.export(folder)
    return distribution, folder


@exports
@of_one_family_and_of_others_in_full
@pytest.mark.parametrize("condition", [pytest.param("none", marks=pytest.mark.full), "label and map"])
def test_a_process_without_this_package_serves_it(family, condition, tmp_path):
    distribution, values = model(family, SHAPE, condition, **family.smallest), given(condition, 5, SHAPE)
    distribution.export(tmp_path / "model")
    images = random_images(5, distribution).astype("uint8")
    np.savez(tmp_path / "arrays.npz", images=images, **inputs(distribution, values))
    command = [sys.executable, "-c", SERVE, str(tmp_path / "model"), str(tmp_path / "arrays.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    served = np.load(tmp_path / "arrays.npz")
    np.testing.assert_allclose(served["log_prob"], distribution.log_prob(images, values), rtol=1e-5)
    expected = distribution.sample(5, seed=2**64 - 1, conditional_input=values, verbose=0)  # int64's -1
    assert served["drawn"].dtype == expected.dtype and np.array_equal(served["drawn"], expected)


@exports
@pytest.mark.parametrize("condition", ["none", pytest.param("label", marks=pytest.mark.full)])
def test_a_model_of_several_orders_is_served_in_raster_order(condition, tmp_path):
    import tensorflow as tf

    distribution, labels = model(FAMILIES[1], SHAPE, condition, orders=4), given(condition, 5, SHAPE)
    distribution.export(tmp_path / "model")
    served, images = tf.saved_model.load(tmp_path / "model"), random_images(5, distribution).astype("uint8")
    parts = {name: tf.constant(part) for name, part in inputs(distribution, labels).items() if name != "order"}
    nats = served.signatures["log_prob"](images=tf.constant(images), **parts)["output_0"]
    np.testing.assert_allclose(nats, distribution.log_prob(images, labels), rtol=1e-5)
    drawn = served.sample(seed=tf.constant(3, tf.int64), **(parts or {"count": tf.constant(5)}))
    assert np.array_equal(drawn, distribution.sample(5, seed=3, conditional_input=labels, verbose=0))


@exports
@pytest.mark.full
def test_in_half_precision_the_images_follow_the_same_distribution(tmp_path):
    import tensorflow as tf

    distribution, count = model(FAMILIES[0], (2, 2, 1), high=1, dtype="mixed_bfloat16"), 4000
    distribution.export(tmp_path / "model")
    served = tf.saved_model.load(tmp_path / "model")
    drawn = served.sample(seed=tf.constant(1, tf.int64), count=tf.constant(count))
    numbers = drawn.numpy().reshape(count, 4) @ [8, 4, 2, 1]
    expected = np.exp(distribution.log_prob(all_images((2, 2, 1), 1)).astype("float64"))
    assert chisquare(np.bincount(numbers, minlength=16), count * expected / expected.sum()).pvalue > 1e-4


@exports
@pytest.mark.full
def test_the_details_of_the_authors_code_are_exported_too(tmp_path):
    import tensorflow as tf

    distribution = model(FAMILIES[0], (3, 3, 3), variant="openai")
    distribution.export(tmp_path / "model")
    served = tf.saved_model.load(tmp_path / "model")
    expected = distribution.sample(3, seed=2, verbose=0)
    assert np.array_equal(served.sample(seed=tf.constant(2, tf.int64), count=tf.constant(3)), expected)
    np.testing.assert_allclose(served.log_prob(expected), distribution.log_prob(expected), rtol=1e-5)


@exports
def test_what_a_seed_cannot_be_drawn_for_is_an_error(exported, tmp_path):
    import tensorflow as tf

    served = tf.saved_model.load(exported[1])
    for labels in ([0, 3], [-1, 0]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="label does not fit"):
            served.sample(seed=tf.constant(1, tf.int64), label=tf.constant(labels))
    assert np.all(np.isneginf(served.log_prob(np.zeros((1, *SHAPE), "uint8"), np.array([3], "int32"))))
    codes = {"spatial_condition_shape": SHAPE, "spatial_condition_levels": 3}
    coded = pixelcnn.PixelCNN(SHAPE, num_blocks=1, num_filters=2, **codes)
    coded.export(tmp_path / "coded")
    served = tf.saved_model.load(tmp_path / "coded")
    for code in (3, -1):
        with pytest.raises(tf.errors.InvalidArgumentError, match="codes does not fit: expected integers 0 … 2"):
            served.sample(tf.constant(1, tf.int64), tf.fill((1, *SHAPE), code))
    config = json.loads((exported[1] / "assets.extra" / "pixelcnn.json").read_text())
    assert config["family"] == "PixelCNN" and config["num_classes"] == 3


@exports
def test_only_a_folder_of_ours_is_replaced(exported, tmp_path):
    distribution, folder = exported
    before = (folder / "saved_model.pb").read_bytes()
    with pytest.raises(FileExistsError, match="model"):
        distribution.export(folder, overwrite=False)
    assert (folder / "saved_model.pb").read_bytes() == before
    (tmp_path / "notes.txt").write_text("kept")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(FileExistsError):
            distribution.export(path)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
    distribution.export(folder)
    assert [file.name for file in folder.parent.iterdir()] == ["model"]


def test_another_format_is_refused_by_name(exported, tmp_path):
    with pytest.raises(ValueError, match="format='litert'"):
        exported[0].export(tmp_path / "a", format="litert")
    for backends, format in ((("torch",), "tf_saved_model"), (("torch", "jax"), "onnx")):
        if BACKEND in backends:
            with pytest.raises(NotImplementedError, match="KERAS_BACKEND=tensorflow"):
                exported[0].export(tmp_path / "a", format=format)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(BACKEND != "tensorflow", reason="ONNX is refused on other backends")
@of_one_family_and_of_others_in_full
@pytest.mark.parametrize(
    ("condition", "arguments"),
    [
        ("none", {}),
        ("label and map", {"high": 1}),
        pytest.param("none", {"high": 1}, marks=pytest.mark.full),
        pytest.param("label and map", {}, marks=pytest.mark.full),
    ],
)
def test_onnx_has_the_same_likelihood(family, condition, arguments, tmp_path):
    onnxruntime, _ = pytest.importorskip("onnxruntime"), pytest.importorskip("tf2onnx")
    distribution, values = model(family, SHAPE, condition, **family.smallest, **arguments), given(condition, 5, SHAPE)
    distribution.export(tmp_path / "model.onnx", format="onnx")
    images = random_images(5, distribution).astype("uint8")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (log_prob,) = session.run(None, {"images": images, **inputs(distribution, values)})
    np.testing.assert_allclose(log_prob, distribution.log_prob(images, values), rtol=1e-5)
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.skipif(BACKEND != "tensorflow", reason="Keras exports functional models in its own way on other backends")
@of_one_family_and_of_others_in_full
def test_functional_models_of_the_likelihood_are_exported_by_keras(family, tmp_path):
    import tensorflow as tf

    distribution = model(family, SHAPE)
    image = keras.Input(SHAPE)
    keras.Model(image, distribution.log_prob(image)).export(tmp_path / "functional", verbose=False)
    images = random_images(3, distribution).astype("float32")
    served = tf.saved_model.load(tmp_path / "functional")
    np.testing.assert_allclose(served.serve(images), distribution.log_prob(images), rtol=1e-5)


@exports
def test_a_full_disk_is_an_error_of_the_system():
    tf = pytest.importorskip("tensorflow")
    with pytest.raises(OSError, match="No space left on device") as raised, exporting("tf_saved_model"):
        tf.io.write_file("/dev/full", "x")
    assert raised.value.errno == errno.ENOSPC
