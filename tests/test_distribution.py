import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from models import SMALL, model

pytestmark = pytest.mark.eager

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 5, 6, 1)).astype("uint8")
LABELS = np.arange(12) % 3


def compiled(**arguments):
    distribution = pixelcnn.PixelCNNPlusPlus(
        (5, 6, 1), num_resnet=1, num_hierarchies=1, num_filters=4, num_logistic_mix=2, **arguments
    )
    distribution.compile(keras.optimizers.Adam(1e-2))
    return distribution


def test_pixel_log_prob_sums_to_log_prob_and_bits():
    distribution = model(num_classes=3)
    pixels = distribution.pixel_log_prob(IMAGES, LABELS)
    assert pixels.shape == (12, 5, 6) and isinstance(pixels, np.ndarray)
    log_prob = distribution.log_prob(IMAGES, LABELS)
    np.testing.assert_allclose(pixels.sum(axis=(1, 2)), log_prob, rtol=1e-6)
    np.testing.assert_allclose(distribution.bits_per_dim(IMAGES, LABELS), -log_prob / (30 * np.log(2)), rtol=1e-6)
    np.testing.assert_allclose(distribution.prob(IMAGES, LABELS), np.exp(log_prob))


def test_likelihood_broadcasts_and_does_not_depend_on_the_batch():
    distribution = model(num_classes=3)
    one_by_one = [distribution.log_prob(image, label) for image, label in zip(IMAGES, LABELS, strict=True)]
    assert one_by_one[0].shape == ()
    np.testing.assert_allclose(distribution.log_prob(IMAGES, LABELS, batch_size=5), one_by_one, rtol=1e-5)
    grid = distribution.log_prob(IMAGES[:, None], np.arange(3))
    assert grid.shape == (12, 3)
    np.testing.assert_allclose(grid[np.arange(12), LABELS], one_by_one, rtol=1e-5)
    assert distribution.log_prob(IMAGES[:0], 0).shape == (0,)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow warns of functions traced often")
def test_any_number_of_images_without_a_warning_of_tensorflow(caplog):
    distribution = model(num_classes=3)
    sizes = range(1, 8)
    nats = [distribution.log_prob(IMAGES[:size], LABELS[:size]) for size in sizes]
    assert "retracing" not in caplog.text
    for size, some in zip(sizes, nats, strict=True):
        np.testing.assert_allclose(some, nats[-1][:size], rtol=1e-6)


def test_tensors_in_tensors_out():
    distribution = model(num_classes=3)
    expected = distribution.log_prob(IMAGES, LABELS)
    got = distribution.log_prob(ops.convert_to_tensor(IMAGES), conditional_input=ops.convert_to_tensor(LABELS))
    assert ops.is_tensor(got)
    np.testing.assert_allclose(ops.convert_to_numpy(got), expected, rtol=1e-5)


def test_batches_of_a_tensor_are_those_of_an_array(monkeypatch):
    distribution = model(num_classes=3, high=255)
    images, labels = ops.convert_to_tensor(IMAGES), ops.convert_to_tensor(LABELS)
    expected, seen = distribution.log_prob(IMAGES, LABELS), []
    plain = distribution._pixel_log_prob
    monkeypatch.setattr(
        distribution, "_pixel_log_prob", lambda part, *rest: seen.append(len(part)) or plain(part, *rest)
    )
    for batch_size, sizes in ((None, [12]), (5, [5, 5, 2]), (12, [12]), (100, [12])):
        found = distribution.log_prob(images, labels, batch_size)
        np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-5)
        assert seen == sizes
        seen.clear()
    for bad in (-5, 0, 1.5):
        with pytest.raises(ValueError, match="batch_size=.* does not fit"):
            distribution.log_prob(images, labels, bad)


def test_functional_models_hold_the_likelihood(tmp_path):
    distribution = model(num_classes=3)
    images, labels = keras.Input((5, 6, 1)), keras.Input((), dtype="int32")
    functional = keras.Model([images, labels], distribution.log_prob(images, conditional_input=labels))
    np.testing.assert_allclose(
        functional.predict([IMAGES.astype("float32"), LABELS], verbose=0),
        distribution.log_prob(IMAGES, LABELS),
        rtol=1e-4,
    )
    functional.compile(keras.optimizers.Adam(1e-2), loss=pixelcnn.losses.negative_log_likelihood)
    losses = functional.fit([IMAGES.astype("float32"), LABELS], LABELS, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_functional_models_train_without_a_target(tmp_path):
    distribution = model(num_classes=3)
    images, labels = keras.Input((5, 6, 1)), keras.Input((), dtype="int32")
    log_prob = distribution.log_prob(images, conditional_input=labels)
    functional = keras.Model([images, labels], pixelcnn.losses.NegativeLogLikelihood()(log_prob))
    functional.compile(keras.optimizers.SGD(0.0), jit_compile=False)
    inputs = [IMAGES.astype("float32"), LABELS]
    expected = -distribution.log_prob(IMAGES, LABELS).mean()
    np.testing.assert_allclose(functional.evaluate(inputs, verbose=0), expected, rtol=1e-4)
    # A data set of ((image, label),), as in the article.
    batches = (((images, labels),) for images, labels in zip(np.split(inputs[0], 2), np.split(LABELS, 2), strict=True))
    np.testing.assert_allclose(functional.evaluate(batches, steps=2, verbose=0), expected, rtol=1e-4)
    functional.save(tmp_path / "functional.keras")
    loaded = keras.saving.load_model(tmp_path / "functional.keras")
    np.testing.assert_allclose(loaded.evaluate(inputs, verbose=0), expected, rtol=1e-4)
    functional.compile(keras.optimizers.Adam(1e-2), jit_compile=False)
    losses = functional.fit(inputs, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("arguments", "condition"),
    [
        ({}, None),
        pytest.param({"num_classes": 3}, LABELS, marks=pytest.mark.full),
        ({"class_names": ("a", "b", "c")}, np.array(["a", "b", "c"] * 4)),
        pytest.param({"conditional_shape": ()}, LABELS.astype("float32"), marks=pytest.mark.full),
        pytest.param({"conditional_shape": (2, 2)}, np.ones((12, 2, 2)), marks=pytest.mark.full),
        pytest.param({"spatial_condition_shape": (5, 6, 2)}, np.ones((12, 5, 6, 2)), marks=pytest.mark.full),
        ({"num_classes": 3, "spatial_condition_shape": (5, 6, 2)}, (LABELS, np.ones((12, 5, 6, 2)))),
    ],
)
def test_fit_lowers_the_loss_for_every_kind_of_condition(arguments, condition):
    distribution = compiled(**arguments)
    history = distribution.fit(
        IMAGES, condition, epochs=4, batch_size=4, verbose=0, validation_data=(IMAGES, condition)
    )
    assert history.history["loss"][-1] < history.history["loss"][0]
    np.testing.assert_allclose(
        history.history["bits_per_dim"], np.array(history.history["loss"]) / (30 * np.log(2)), rtol=1e-5
    )
    loss, bits = distribution.evaluate(IMAGES, condition, verbose=0)
    np.testing.assert_allclose(loss, -distribution.log_prob(IMAGES, condition).mean(), rtol=1e-4)
    np.testing.assert_allclose(bits, distribution.bits_per_dim(IMAGES, condition).mean(), rtol=1e-4)


def test_data_sets_train_in_all_three_forms():
    tf = pytest.importorskip("tensorflow")
    pairs = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(4)
    forms = {
        "images": (pairs.map(lambda image, label: image), {}),
        "pairs": (pairs, {"num_classes": 3}),
        "pairs, label unused": (pairs, {}),
        "as in the article": (pairs.map(lambda image, label: ((image, label),)), {"num_classes": 3}),
    }
    for data_set, arguments in forms.values():
        distribution = compiled(**arguments)
        losses = distribution.fit(data_set, epochs=3, verbose=0).history["loss"]
        assert losses[-1] < losses[0] and int(distribution.initialized) == 1


def test_a_generator_loses_no_batch_to_initialisation():
    seen = []

    def batches():
        for start in range(0, 12, 4):
            seen.append(start)
            yield IMAGES[start : start + 4], LABELS[start : start + 4]

    distribution = compiled(num_classes=3)
    distribution.fit(batches(), steps_per_epoch=3, verbose=0)
    assert seen == [0, 4, 8] and int(distribution.optimizer.iterations) == 3


def test_sample_weights_of_zero_take_images_out():
    distribution = compiled()
    distribution.initialize(IMAGES)
    weights = np.array([2.0] * 6 + [0.0] * 6)
    loss = distribution.evaluate(IMAGES, sample_weight=weights, batch_size=12, verbose=0)[0]
    assert loss == pytest.approx(-distribution.log_prob(IMAGES[:6]).mean(), rel=1e-4)


def test_initialisation_gives_every_layer_mean_0_and_variance_1(monkeypatch):
    from pixelcnn.layers.linear import Linear

    distribution = compiled()
    distribution.initialize(IMAGES)
    outputs, finish = {}, Linear.finish

    def recording(layer, features):
        outputs[layer.name] = ops.convert_to_numpy(finish(layer, features))
        return ops.convert_to_tensor(outputs[layer.name])

    monkeypatch.setattr(Linear, "finish", recording)
    distribution.pixel_parameters(ops.convert_to_tensor(IMAGES), {})
    assert len(outputs) > 10
    for output in outputs.values():
        flat = output.reshape(-1, output.shape[-1])
        np.testing.assert_allclose(flat.mean(axis=0), 0, atol=1e-4)
        np.testing.assert_allclose(flat.var(axis=0), 1, atol=1e-3)


def test_initialisation_by_constant_images_keeps_gain_one():
    distribution = model((1, 1, 1), num_hierarchies=1)  # a lone pixel sees nothing, so no first layer has variance
    distribution.initialize(np.zeros((4, 1, 1, 1)))
    assert all(np.all(np.isfinite(weight)) for weight in distribution.get_weights())
    network = distribution.network
    stack = next(stack for stack in network.kernel_stacks if network.first_up in stack.layers)
    np.testing.assert_array_equal(ops.convert_to_numpy(stack.gain[stack.layers.index(network.first_up)]), 1)
    assert np.isfinite(distribution.log_prob(np.zeros((2, 1, 1, 1)))).all()


def test_only_fit_and_initialize_initialise():
    distribution = compiled()
    before = distribution.get_weights()
    distribution.sample(2, verbose=0)
    distribution.log_prob(IMAGES)
    assert all(np.array_equal(a, b) for a, b in zip(before, distribution.get_weights(), strict=True))
    distribution.fit(IMAGES, epochs=1, verbose=0)
    assert int(distribution.initialized) == 1


def test_a_trained_model_is_evaluated_from_its_file(tmp_path):
    distribution = compiled(num_classes=3, class_names=("a", "b", "c"))
    distribution.fit(IMAGES, LABELS, epochs=1, verbose=0)
    distribution.save(tmp_path / "model.keras")
    again = pixelcnn.load(tmp_path / "model.keras")
    expected = distribution.log_prob(IMAGES, conditional_input="b")
    assert np.array_equal(again.log_prob(IMAGES, conditional_input="b"), expected)
    loss, _ = again.evaluate(IMAGES, np.ones(12), verbose=0)
    assert loss == pytest.approx(-expected.mean(), rel=1e-5) and int(again.initialized) == 1


def test_the_configuration_survives_json():
    distribution = model(num_classes=np.int64(3), class_names=("a", "b", "c"), dtype="mixed_bfloat16")
    config = json.loads(json.dumps(distribution.get_config()))
    again = pixelcnn.PixelCNNPlusPlus.from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    assert again.compute_dtype == "bfloat16" and again.count_params() == distribution.count_params()


@pytest.mark.parametrize(
    "names",
    [[b"bee", b"ant"], np.array([b"bee", b"ant"]), np.array(["bee", "ant"]), (name for name in ("bee", "ant"))],
    ids=["bytes", "array of bytes", "array", "generator"],
)
def test_arguments_in_any_form_survive_a_file(names, tmp_path):
    distribution = pixelcnn.PixelCNN(
        iter((4, 4, 1)), num_blocks=1, num_filters=2, high=3, class_names=names,
        spatial_condition_shape=np.array([4, 4, 2]),
    )  # fmt: skip
    distribution.save(tmp_path / "names.keras")
    for again in (pixelcnn.load(tmp_path / "names.keras"), distribution.resized((5, 4, 1))):
        assert again.class_names == distribution.class_names == ("bee", "ant")
    config = json.loads(json.dumps(distribution.get_config()))
    assert (config["image_shape"], config["spatial_condition_shape"]) == ([4, 4, 1], [4, 4, 2])


def test_an_interrupted_save_leaves_the_older_file_whole(tmp_path, monkeypatch):
    distribution = model()
    path = tmp_path / "model.keras"
    distribution.save(path)
    before = path.read_bytes()

    def full_disk(self, filepath, **kwargs):
        Path(filepath).write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(keras.Model, "save", full_disk)
    with pytest.raises(OSError, match="space"):
        distribution.save(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 5, 5, 1)), r"shape \(2, 5, 5, 1\)"),
        (np.full((2, 5, 6, 1), 256), "256"),
        (np.full((2, 5, 6, 1), -1), "-1"),
        (np.full((2, 5, 6, 1), 0.5), "holds 0.5, which does not fit"),
        (np.full((2, 5, 6, 1), np.nan), "holds nan"),
        (np.array("text"), "type"),
    ],
)
def test_bad_images_are_named_with_what_fits(images, message):
    with pytest.raises(ValueError, match=message) as error:
        model().log_prob(images)
    assert "0 … 255" in str(error.value) or "expected" in str(error.value)
    with pytest.raises(ValueError, match="x "):
        compiled().fit(images)


@pytest.mark.parametrize("label", [3, -1, 0.5, np.nan, "moon", None, [[0, 1]], 10**12])
def test_bad_labels_are_named_with_what_fits(label):
    distribution = model(num_classes=3)
    with pytest.raises(ValueError, match=r"0 … 2|batch shape"):
        distribution.log_prob(IMAGES, conditional_input=label)
    with pytest.raises(ValueError):
        compiled(num_classes=3).fit(IMAGES, label)


def test_empty_arrays_mistaken_losses_and_unequal_lengths_are_errors():
    distribution = compiled(num_classes=3)
    with pytest.raises(ValueError, match="at least one image"):
        distribution.fit(IMAGES[:0], LABELS[:0])
    with pytest.raises(ValueError, match="one condition for each of 12"):
        distribution.fit(IMAGES, LABELS[:5])
    with pytest.raises(ValueError, match="loss"):
        distribution.compile("adam", loss="mse")


def test_a_model_is_saved_under_a_name_of_keras(tmp_path):
    with pytest.raises(ValueError, match=".keras"):
        model().save(tmp_path / "model.h5")


def test_the_same_name_reaches_r_wherever_the_class_is_written():
    assert pixelcnn.PixelCNNPlusPlus.__module__ == "pixelcnn"


def test_keras_seed_names_fresh_weights():
    def fresh(seed):
        keras.utils.set_random_seed(seed)
        return pixelcnn.PixelCNNPlusPlus((4, 4, 1), **SMALL).get_weights()

    ones, same, others = fresh(1), fresh(1), fresh(2)
    assert all(np.array_equal(one, other) for one, other in zip(ones, same, strict=True))
    assert any(not np.allclose(one, other) for one, other in zip(ones, others, strict=True))


def test_a_tensor_of_no_images_has_no_likelihoods():
    distribution = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=2, high=3, num_classes=2)
    none = distribution.log_prob(ops.zeros((0, 4, 4, 1)), ops.zeros((0,), "int32"))
    assert tuple(none.shape) == (0,)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="text in tensors is TensorFlow's")
def test_class_names_in_a_tensor_go_with_images_in_a_tensor():
    distribution = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=2, high=3, class_names=("bee", "ant"))
    images, names = ops.zeros((2, 4, 4, 1)), ops.convert_to_tensor(["ant", "bee"])
    found = ops.convert_to_numpy(distribution.log_prob(images, names))
    assert np.array_equal(found, ops.convert_to_numpy(distribution.log_prob(images, ops.convert_to_tensor([1, 0]))))
