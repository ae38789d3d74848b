"""A distribution is a citizen of Keras: Keras' own tools work on it as on any Keras model."""

import contextlib
import os
import re
import subprocess
import sys
import textwrap
from unittest import mock

import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from models import SMALL
from pixelcnn.cli import main
from properties.families import FAMILIES
from properties.families import model as family_model

pytestmark = pytest.mark.eager

IMAGES = np.random.default_rng(0).integers(0, 4, (12, 4, 4, 1)).astype("uint8")
LABELS = np.arange(12) % 3
LIKELIHOODS = ("log_prob", "prob", "bits_per_dim", "pixel_log_prob")


def tiny(**arguments):
    return pixelcnn.PixelCNNPlusPlus(
        **{
            "image_shape": (4, 4, 1),
            "num_hierarchies": 1,
            "high": 3,
            "num_classes": 3,
            "dropout_p": 0.0,
            **SMALL,
            **arguments,
        }
    )


def functional(distribution, output="log_prob"):
    images, labels = keras.Input((4, 4, 1)), keras.Input((), dtype="int32")
    return keras.Model([images, labels], getattr(distribution, output)(images, conditional_input=labels))


# ---- functional models


@pytest.mark.quick
@pytest.mark.parametrize("output", LIKELIHOODS)
def test_a_symbolic_likelihood_has_the_shape_and_dtype_of_the_value(output):
    distribution = tiny()
    model = functional(distribution, output)
    expected = getattr(distribution, output)(IMAGES, LABELS)
    assert model.output.shape == (None, *expected.shape[1:]) and model.output.dtype == expected.dtype
    actual = model.predict([IMAGES.astype("float32"), LABELS], verbose=0)
    np.testing.assert_allclose(actual, expected, rtol=1e-4)


@pytest.mark.quick
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_a_functional_model_of_half_precision_computes_the_likelihood_of_all_levels_in_float32(dtype):
    images = np.random.default_rng(0).integers(0, 65536, IMAGES.shape)
    distribution = tiny(num_classes=None, high=65535, dtype=dtype)
    image = keras.Input((4, 4, 1))
    log_prob = pixelcnn.losses.NegativeLogLikelihood(dtype=dtype)(distribution.log_prob(image))
    assert log_prob.dtype == "float32"
    actual = keras.Model(image, log_prob).predict(images.astype("float32"), verbose=0)
    np.testing.assert_allclose(actual, distribution.log_prob(images), rtol=1e-6)


def test_a_distribution_trains_as_a_part_of_a_larger_model():
    """A dense layer maps four numbers to the condition vector: the gradients pass through the likelihood."""
    distribution = tiny(num_classes=None, conditional_shape=(2,))
    images, numbers = keras.Input((4, 4, 1)), keras.Input((4,))
    encoder = keras.layers.Dense(2)
    log_prob = distribution.log_prob(images, conditional_input=encoder(numbers))
    model = keras.Model([images, numbers], pixelcnn.losses.NegativeLogLikelihood()(log_prob))
    assert len(model.trainable_variables) == 2 + len(distribution.trainable_variables)
    model.compile(keras.optimizers.Adam(1e-2))
    inputs = [IMAGES.astype("float32"), np.eye(4, dtype="float32")[LABELS]]
    kernel = ops.convert_to_numpy(encoder.kernel).copy()
    losses = model.fit(inputs, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0] and not np.array_equal(kernel, ops.convert_to_numpy(encoder.kernel))


@pytest.mark.quick
def test_all_conditions_are_symbolic_inputs():
    distribution = tiny(spatial_condition_shape=(4, 4, 2))
    images, labels, maps = keras.Input((4, 4, 1)), keras.Input((), dtype="int32"), keras.Input((4, 4, 2))
    model = keras.Model([images, labels, maps], distribution.log_prob(images, conditional_input=(labels, maps)))
    condition = (LABELS, np.ones((12, 4, 4, 2), "float32"))
    actual = model.predict([IMAGES.astype("float32"), *condition], verbose=0)
    np.testing.assert_allclose(actual, distribution.log_prob(IMAGES, condition), rtol=1e-4)


def test_what_needs_values_refuses_symbolic_inputs_by_name():
    for draw in (
        lambda label: tiny().sample(conditional_input=label),
        lambda label: tiny().complete(IMAGES, np.ones((4, 4)), conditional_input=label),
    ):
        with pytest.raises(ValueError, match="symbolic"):
            draw(keras.Input((), dtype="int32"))


# ---- clone_model


def test_a_clone_has_the_configuration_and_weights_of_its_own():
    distribution = tiny()
    distribution.compile("adam")
    for model, inputs in ((distribution, (IMAGES, LABELS)), (functional(distribution), [IMAGES * 1.0, LABELS])):
        clone = keras.models.clone_model(model)
        assert type(clone) is type(model) and len(clone.weights) == len(model.weights)
        assert not {id(variable) for variable in clone.variables} & {id(variable) for variable in model.variables}
        clone.set_weights(model.get_weights())
        np.testing.assert_allclose(clone.predict(inputs, verbose=0), model.predict(inputs, verbose=0), rtol=1e-6)
    assert keras.models.clone_model(distribution).get_config() == distribution.get_config()


# ---- summary


@pytest.mark.quick
@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_a_summary_lists_all_layers_with_their_shapes_and_parameters(family):
    distribution = family_model(family, (3, 2, 1), "label")
    text = summary(distribution)
    rows = re.findall(r"│ .*\(None, \d+, \d+, \d+\) +│ +([\d,]+) │", text)
    assert sum(int(count.replace(",", "")) for count in rows) == distribution.network.count_params()
    assert f"Total params: {distribution.count_params():,}" in text and "Optimizer params" not in text
    distribution.compile("adam")
    assert "Optimizer params" in summary(distribution)


def test_the_shapes_of_a_summary_are_those_of_the_grids():
    text = summary(tiny(num_hierarchies=2, image_shape=(5, 6, 1)), show_trainable=True)
    for name, shape in (("vertical_first", (6, 6, 4)), ("vertical_downsample_0", (3, 3, 4)), ("last", (6, 6, 9))):
        assert re.search(rf"│ {name} \(\w+\) +│ \(None, {', '.join(map(str, shape))}\) ", text), name
    assert re.search(r"│ vertical_upsample_0 \(UpsampleConv2D\) +│ \(None, 6, 6, 4\) ", text)


def test_a_functional_model_lists_its_distribution():
    assert re.search(r"PixelCNNPlusPlus\) +│ \(None, 4, 4\) +│ +[\d,]+ │", summary(functional(tiny())))


def summary(model, **arguments):
    lines = []
    with mock.patch.dict(os.environ, COLUMNS="220"):  # of the console, whose lines Keras breaks
        model.summary(line_length=200, print_fn=lines.append, **arguments)
    return "\n".join(lines)


# ---- global settings


@pytest.mark.parametrize(
    "policy", [pytest.param("mixed_bfloat16", marks=pytest.mark.quick), "mixed_float16", "float64"]
)
def test_a_global_dtype_is_that_of_the_argument(policy, tmp_path):
    if policy == "float64" and keras.backend.backend() == "jax":
        pytest.skip("JAX has float64 only if JAX_ENABLE_X64=1 is set, which another test looks at")
    before = keras.config.dtype_policy(), keras.config.floatx()
    try:
        if policy == "float64":
            keras.config.set_floatx("float64")
        keras.config.set_dtype_policy(policy)
        of_global = tiny()
        of_global.compile("adam")
        of_global.fit(IMAGES, LABELS, verbose=0)
        expected = of_global.log_prob(IMAGES, LABELS)
        of_global.save(tmp_path / "model.keras")
    finally:
        keras.config.set_dtype_policy(before[0])
        keras.config.set_floatx(before[1])
    of_argument = tiny(dtype=policy)
    assert of_global.get_config()["dtype"] == of_argument.get_config()["dtype"] == policy
    of_argument.set_weights(of_global.get_weights())
    for one in (of_argument, pixelcnn.load(tmp_path / "model.keras")):
        assert [str(v.dtype) for v in one.variables] == [str(v.dtype) for v in of_global.variables]
        np.testing.assert_array_equal(one.log_prob(IMAGES, LABELS), expected)


def test_a_global_seed_makes_weights_initialisation_and_training_the_same():
    def trained():
        keras.utils.set_random_seed(3)
        distribution = tiny(dropout_p=0.5, condition_dropout=0.5)
        distribution.compile("adam")
        distribution.fit(IMAGES, LABELS, batch_size=4, epochs=2, verbose=0)
        return distribution

    first, second = trained(), trained()
    assert all(map(np.array_equal, first.get_weights(), second.get_weights()))
    draws = [one.sample(8, conditional_input=1, verbose=0) for one in (first, second)]
    assert not np.array_equal(*draws)  # a draw takes its numbers from its own seed alone


DISTRIBUTED = """
    import os
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2 --xla_backend_optimization_level=0"
    import keras, numpy as np, pixelcnn

    def trained(distribution):
        keras.distribution.set_distribution(distribution)
        keras.utils.set_random_seed(0)
        model = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=4, high=3, num_classes=3)
        model.compile(keras.optimizers.SGD(1e-2))
        images, labels = np.random.default_rng(0).integers(0, 4, (12, 4, 4, 1)), np.arange(12) % 3
        loss = model.fit(images, labels, batch_size=6, epochs=2, shuffle=False, verbose=0).history["loss"]
        devices = len(model.trainable_variables[0].value.sharding.device_set)
        drawn = model.sample(2, conditional_input=1, seed=0, verbose=0)
        return devices, [*loss, *model.predict((images, labels), verbose=0)], drawn

    alone, both = trained(None), trained(keras.distribution.DataParallel())
    assert (alone[0], both[0]) == (1, 2)
    np.testing.assert_allclose(both[1], alone[1], rtol=1e-5)
    np.testing.assert_array_equal(both[2], alone[2])
"""


@pytest.mark.quick
def test_the_devices_of_every_backend_have_names(capsys):
    assert main(["info"]) == 0
    assert re.search(r"^devices   (cpu|gpu|tpu):0", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="Keras distributes models on JAX only")
def test_two_devices_train_as_one_does():
    subprocess.run([sys.executable, "-c", textwrap.dedent(DISTRIBUTED)], check=True, timeout=600)


# ---- callbacks, hyperparameters, old idioms

CALLBACKS = {
    "BackupAndRestore": {"backup_dir": "backup", "save_freq": 2},
    "CSVLogger": {"filename": "log.csv"},
    "EarlyStopping": {"monitor": "loss", "min_delta": 100.0, "restore_best_weights": True},
    "LambdaCallback": {"on_epoch_end": lambda epoch, logs: logs["bits_per_dim"] + logs["val_loss"]},
    "LearningRateScheduler": {"schedule": lambda epoch, rate: rate / 2},
    "ModelCheckpoint": {"filepath": "{epoch}-{val_bits_per_dim:.2f}.keras"},
    "ReduceLROnPlateau": {"monitor": "val_loss", "min_delta": 100.0, "patience": 1},
    "TensorBoard": {"log_dir": "logs", "histogram_freq": 1, "write_images": True, "update_freq": 1},
    "TerminateOnNaN": {},
}
FILES = {"CSVLogger": ["log.csv"], "ModelCheckpoint": 3 * [".keras"], "TensorBoard": ["logs"]}


SELDOM = ("CSVLogger", "LambdaCallback", "LearningRateScheduler", "ReduceLROnPlateau", "TerminateOnNaN")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.full if name in SELDOM else ()) for name in CALLBACKS]
)
def test_a_callback_of_keras_does_in_fit_what_it_does_for_any_model(name, tmp_path, monkeypatch):
    if name == "TensorBoard":
        pytest.importorskip("tensorboard")
    monkeypatch.chdir(tmp_path)
    distribution = tiny()
    distribution.compile(keras.optimizers.SGD(1e-3))
    callback = getattr(keras.callbacks, name)(**CALLBACKS[name])
    more = {"validation_data": (IMAGES, LABELS), "batch_size": 6, "verbose": 0}
    history = distribution.fit(IMAGES, LABELS, epochs=3, callbacks=[callback], **more)
    assert len(history.epoch) == (2 if name == "EarlyStopping" else 3)
    assert len(list(tmp_path.iterdir())) == len(FILES.get(name, []))
    assert all(path.name.endswith(FILES[name][0]) for path in tmp_path.iterdir())
    rate = float(ops.convert_to_numpy(distribution.optimizer.learning_rate))
    assert rate == pytest.approx({"LearningRateScheduler": 1e-3 / 8, "ReduceLROnPlateau": 1e-5}.get(name, 1e-3))
    if name == "ModelCheckpoint":
        last = pixelcnn.load(max(tmp_path.iterdir()))
        np.testing.assert_array_equal(last.log_prob(IMAGES, LABELS), distribution.log_prob(IMAGES, LABELS))


def test_a_training_that_was_backed_up_goes_on_where_it_stopped(tmp_path):
    def trained(*callbacks):
        keras.utils.set_random_seed(0)
        distribution = tiny()
        distribution.compile("adam")
        with contextlib.suppress(KeyboardInterrupt):
            distribution.fit(IMAGES, LABELS, epochs=3, shuffle=False, callbacks=list(callbacks), verbose=0)
        return distribution.get_weights()

    def stop(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    trained(backup(), keras.callbacks.LambdaCallback(on_epoch_begin=stop))
    for resumed, whole in zip(trained(backup()), trained(), strict=True):
        np.testing.assert_allclose(resumed, whole, rtol=1e-5, atol=1e-7)


@pytest.mark.full
def test_keras_tuner_searches_over_the_constructor(tmp_path):
    keras_tuner = pytest.importorskip("keras_tuner")

    def build(hp):
        distribution = tiny(
            num_resnet=hp.Int("num_resnet", 1, 2),
            num_filters=hp.Choice("num_filters", [4, 6]),
            num_logistic_mix=np.int64(2),
            dropout_p=hp.Float("dropout_p", 0.0, 0.5),
            condition_dropout=np.float32(0.25),
            use_weight_norm=hp.Boolean("use_weight_norm"),
        )
        distribution.compile(keras.optimizers.SGD(hp.Float("rate", 1e-4, 1e-3, sampling="log")))
        return distribution

    less = keras_tuner.Objective("val_bits_per_dim", "min")
    tuner = keras_tuner.RandomSearch(build, less, max_trials=2, seed=0, directory=tmp_path, project_name="search")
    tuner.search(IMAGES, LABELS, validation_data=(IMAGES, LABELS), verbose=0)
    best = tuner.get_best_models()[0]
    score = tuner.oracle.get_best_trials()[0].score
    assert best.bits_per_dim(IMAGES, LABELS).mean() == pytest.approx(score, rel=1e-4)


def test_old_idioms_get_an_error_that_shows_the_new_line():
    distribution = tiny()
    for name in (*LIKELIHOODS, "sample"):
        with pytest.raises(ValueError, match=rf"{name}\(\) without it.*dist\.compile\('adam'\).*dist\.fit"):
            getattr(distribution, name)(IMAGES, conditional_input=LABELS, training=True)
    with pytest.raises(ValueError, match=r"keras\.optimizers\.Adam\(learning_rate=0\.001\)"):
        distribution.compile({"lr": 0.001})
    with pytest.raises(ValueError, match=r"dist\.compile\(optimizer='adam'\)"):
        distribution.add_loss(-distribution.log_prob(keras.Input((4, 4, 1)), keras.Input((), dtype="int32")))
