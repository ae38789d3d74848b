import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn

pytestmark = pytest.mark.eager

X = np.random.default_rng(0).integers(0, 4, (12, 4, 4, 1)).astype("uint8")
Y = np.arange(12) % 3


def tiny(family=pixelcnn.PixelCNN, **arguments):
    distribution = family((4, 4, 1), num_blocks=1, num_filters=4, high=3, num_classes=3, **arguments)
    distribution.compile(keras.optimizers.SGD(0.0))
    return distribution


@pytest.fixture(scope="module")
def classes():
    return tiny()


def test_arguments_come_in_the_order_of_keras(classes):
    history = classes.fit(X, Y, 6, 2, 0, None, 0.5).history
    assert len(history["loss"]) == 2 and "val_loss" in history
    assert classes.evaluate(X, Y, 6, 0, np.zeros(12))[0] == 0
    assert classes.predict((X, Y), 5, 0, 2).shape == (10,)
    assert classes.train_on_batch(X, Y, None, None, True).keys() == {"loss", "bits_per_dim"}
    assert classes.test_on_batch(X, Y, None, True).keys() == {"loss", "bits_per_dim"}


def test_whole_floats_are_whole_numbers_as_r_has_them(classes):
    history = classes.fit(
        X, Y, batch_size=2.0, epochs=3.0, initial_epoch=1.0, steps_per_epoch=2.0, validation_data=(X, Y),
        validation_steps=1.0, validation_batch_size=4.0, validation_freq=2.0, verbose=0,
    ).history  # fmt: skip
    assert len(history["loss"]) == 2 and len(history["val_loss"]) == 1
    assert len(classes.fit(X, Y, epochs=2, validation_split=0.5, validation_freq=(2.0,), verbose=0).history["val_loss"])


@pytest.mark.parametrize("value", [0, -1, 2.5, "2", float("nan")])
@pytest.mark.parametrize(
    "name", ["batch_size", "epochs", "initial_epoch", "steps_per_epoch", "validation_steps", "validation_batch_size",
             "validation_freq"]
)  # fmt: skip
def test_numbers_that_do_not_fit_are_refused_by_name(classes, name, value):
    if value == 0 and name in ("epochs", "initial_epoch"):
        return
    with pytest.raises(ValueError, match=f"{name}="):
        classes.fit(X, Y, **{"validation_data": (X, Y), "verbose": 0, name: value})


@pytest.mark.parametrize("share", [1.5, -0.5, 1.0, "half", 0.99])
def test_a_share_to_hold_out_leaves_some_for_both(classes, share):
    with pytest.raises(ValueError, match="validation_split="):
        classes.fit(X, Y, validation_split=share, verbose=0)


def test_data_to_measure_with_takes_the_place_of_a_split(classes):
    weights = np.arange(12.0)
    more = {"validation_split": 0.5, "validation_data": (X[:2], Y[:2]), "batch_size": 12, "verbose": 0}
    history = classes.fit(X, Y, sample_weight=weights, **more).history
    nats = -classes.log_prob(X, Y)
    assert history["loss"][0] == pytest.approx((weights * nats).mean())
    assert history["val_loss"][0] == pytest.approx(nats[:2].mean())


@pytest.mark.parametrize("name", ["y", "sample_weight", "validation_split"])
def test_a_data_set_brings_its_own(classes, name):
    batches = ((X, Y) for _ in range(2))
    with pytest.raises(ValueError, match=rf"^{name}.* does not fit: (x is a data set|a data set cannot be split)"):
        classes.fit(batches, **{name: 0.5 if name == "validation_split" else Y}, verbose=0)
    assert len(list(batches)) == 2  # nothing was read


@pytest.mark.parametrize("callbacks", ["stop", [print], 3])
def test_callbacks_are_callbacks(classes, callbacks):
    for method in (classes.fit, classes.evaluate):
        with pytest.raises(ValueError, match="callbacks holds"):
            method(X, Y, callbacks=callbacks, verbose=0)
    with pytest.raises(ValueError, match="callbacks holds"):
        classes.predict((X, Y), callbacks=callbacks, verbose=0)


@pytest.mark.parametrize("watched", ["bits_per_dim", "val_bits_per_dim"])
def test_less_bits_are_better(tmp_path, watched):
    distribution = tiny()
    distribution.compile(keras.optimizers.SGD(1e-2))
    worse = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update({watched: [3, 2, 4, 5][epoch]}))
    best = keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", watched, save_best_only=True)
    stop = keras.callbacks.EarlyStopping(watched, patience=2)
    slower = keras.callbacks.ReduceLROnPlateau(watched, factor=0.1, patience=1)
    distribution.fit(X, Y, validation_data=(X, Y), epochs=4, callbacks=[worse, best, stop, slower], verbose=0)
    assert stop.best_epoch == 1 and float(best.best) == 2
    assert float(ops.convert_to_numpy(distribution.optimizer.learning_rate)) == pytest.approx(1e-4)


@pytest.mark.parametrize(
    "arguments",
    [
        {"loss": "mse"},
        {"metrics": ["mae"]},
        {"weighted_metrics": ["mae"]},
        {"loss_weights": [2]},
        {"optimizer": None},
    ],
)
def test_compile_refuses_by_name_what_has_no_meaning(arguments):
    with pytest.raises(ValueError, match=f"{next(iter(arguments))}="):
        tiny().compile(**arguments)


def test_predict_is_the_log_probability(classes):
    expected = classes.log_prob(X, Y)
    np.testing.assert_allclose(classes.predict((X, Y), batch_size=5, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(classes.predict_on_batch((X, Y)), expected, rtol=1e-5)
    seen = []
    watch = keras.callbacks.LambdaCallback()
    watch.on_predict_batch_end = lambda batch, logs=None: seen.append(len(logs["outputs"]))
    classes.predict((X, Y), batch_size=5, callbacks=[watch], verbose=0)
    assert seen == [5, 5, 2]


def test_what_would_not_do_what_it_says_is_refused_with_what_does(classes):
    with pytest.raises(NotImplementedError, match="mixed_bfloat16"):
        classes.quantize("int8")


class Penalty(keras.layers.Layer):
    def call(self, x):
        self.add_loss(ops.convert_to_tensor(1000.0))
        return x


class Penalised(pixelcnn.PixelCNN):
    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.penalty = Penalty()

    def pixel_parameters(self, levels, condition, training=None):
        return super().pixel_parameters(self.penalty(levels), condition, training)


@pytest.mark.quick
def test_what_layers_and_regularisers_add_is_a_part_of_the_loss():
    distribution = tiny(Penalised)
    distribution.trainable_variables[0].regularizer = lambda kernel: 500.0 + 0.0 * ops.sum(kernel)
    expected = -distribution.log_prob(X, Y).mean() + 1500
    for _ in range(2):  # and once
        loss, bits = distribution.evaluate(X, Y, verbose=0)
        assert loss == pytest.approx(expected, rel=1e-5)
        assert bits == pytest.approx((expected - 1500) / (16 * np.log(2)), rel=1e-4)
        assert distribution.train_on_batch(X, Y)[0] == pytest.approx(expected, rel=1e-5)


def test_add_loss_on_a_distribution_names_what_trains_it(classes):
    for loss in (keras.KerasTensor(()), ops.convert_to_tensor(1.0), lambda: 1.0):
        with pytest.raises(ValueError, match=r"dist\.compile.*dist\.fit"):
            classes.add_loss(loss)


def test_no_callback_exchanges_averages_a_second_time(classes):
    for callbacks in (keras.callbacks.SwapEMAWeights(), [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]):
        with pytest.raises(ValueError, match="SwapEMAWeights"):
            classes.fit(X, Y, callbacks=callbacks, verbose=0)


def test_a_list_of_callbacks_as_keras_makes_it_is_a_list_of_callbacks(classes):
    epochs, stop = [], pixelcnn.training.NonFiniteStop()
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    given = keras.callbacks.CallbackList([watch, stop], model=classes)
    assert len(classes.fit(X, Y, epochs=2, callbacks=given, verbose=0).history["loss"]) == 2
    assert epochs == [0, 1] and len(list(stop.batches())) == 1
    classes.evaluate(X, Y, callbacks=given, verbose=0)
    assert len(classes.predict((X, Y), callbacks=given, verbose=0)) == len(X)


@pytest.mark.parametrize("data", [(), (X, Y, None, Y)])
def test_data_to_measure_with_has_up_to_three_parts(classes, data):
    with pytest.raises(ValueError, match=f"validation_data of {len(data)} parts"):
        classes.fit(X, Y, validation_data=data, verbose=0)


@pytest.mark.parametrize(
    ("x", "y", "match"), [(X, [[0], [1, 2]] * 6, "y="), ([(X, Y)] * 2, None, "x does not fit.* not an array")]
)
def test_lists_of_different_lengths_are_refused_by_name(classes, x, y, match):
    with pytest.raises(ValueError, match=match):
        classes.fit(x, y, verbose=0)


def test_predict_shows_where_the_condition_goes(classes):
    shown = r"predict\(\(images, conditions\)\)"
    for call in (
        lambda: classes.predict(X, verbose=0),
        lambda: classes.predict_on_batch(X),
        lambda: classes.predict(X, Y),
        lambda: classes.predict(X, ops.convert_to_tensor(Y)),
        lambda: classes.predict(X, list(Y)),
    ):
        with pytest.raises(ValueError, match=shown):
            call()


def test_a_pair_and_conditions_beside_it_are_refused(classes):
    for method in (classes.fit, classes.evaluate, classes.train_on_batch, classes.test_on_batch):
        with pytest.raises(ValueError, match="y does not fit: x is a pair of images and condition"):
            method((X, Y), Y)


@pytest.mark.parametrize("pair", [(X, Y), [X, Y], tuple(map(ops.convert_to_tensor, (X, Y))), {"image": X, "label": Y}])
def test_a_likelihood_takes_images_and_their_condition_apart(classes, pair):
    for method in (classes.log_prob, classes.pixel_log_prob, classes.prob, classes.bits_per_dim):
        with pytest.raises(ValueError, match=r"log_prob\(images, conditional_input=labels\)"):
            method(pair)
    with pytest.raises(ValueError, match=r"initialize\(images, labels\)"):
        classes.initialize(pair)
    with pytest.raises(ValueError, match=r"complete\(images, mask, conditional_input=labels\)"):
        classes.complete(pair, np.ones((4, 4)), seed=0)


def test_two_batches_of_images_are_images(classes):
    expected = classes.log_prob(np.stack([X, X]), Y)
    np.testing.assert_array_equal(classes.log_prob([X, X], Y), expected)


@pytest.mark.parametrize("dtype", ["int8", "int32", "bool", "float8_e4m3fn", "mixed_x", "half precision", 3, keras])
def test_a_dtype_that_does_not_fit_is_refused_by_name(dtype):
    with pytest.raises(ValueError, match="dtype=.*float32"):
        tiny(dtype=dtype)


@pytest.mark.parametrize("value", ["no", "False", None, 2.5])
def test_switches_are_true_or_false(classes, tmp_path, value):
    calls = {
        "shuffle": lambda given: classes.fit(X, Y, verbose=0, **given),
        "return_dict": lambda given: classes.evaluate(X, Y, verbose=0, **given),
        "run_eagerly": lambda given: classes.compile(**given),
        "auto_scale_loss": lambda given: classes.compile(**given),
        "jit_compile": lambda given: classes.compile(**given),
        "overwrite": lambda given: classes.save(tmp_path / "a.keras", **given),
    }
    calls["return_dict "] = lambda given: classes.train_on_batch(X, Y, **given)
    calls["return_dict  "] = lambda given: classes.test_on_batch(X, Y, **given)
    for name, call in calls.items():
        with pytest.raises(ValueError, match=f"{name.strip()}="):
            call({name.strip(): value})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("verbose", ["no", 3, -1, None])
def test_a_verbosity_is_one_of_those_of_keras(classes, verbose):
    for call in (
        lambda: classes.fit(X, Y, verbose=verbose),
        lambda: classes.evaluate(X, Y, verbose=verbose),
        lambda: classes.predict((X, Y), verbose=verbose),
    ):
        with pytest.raises(ValueError, match="verbose="):
            call()


@pytest.mark.parametrize("verbose", ["no", "auto", None])
def test_a_draw_shows_a_bar_or_none_or_calls_a_function(classes, verbose):
    with pytest.raises(ValueError, match="verbose="):
        classes.sample(conditional_input=[0], verbose=verbose)
    with pytest.raises(ValueError, match="verbose="):
        classes.complete(X[:1], np.ones((4, 4)), [0], verbose=verbose)


def test_nothing_happens_before_compile():
    distribution = pixelcnn.PixelCNNPlusPlus(
        (4, 4, 1), num_resnet=1, num_hierarchies=1, num_filters=4, num_logistic_mix=2, high=3, num_classes=3
    )
    before = distribution.get_weights()
    for method in (distribution.fit, distribution.evaluate):
        batches = iter([(X, Y)] * 2)
        with pytest.raises(ValueError, match=r"not compiled; call compile\(\) first"):
            method(batches, verbose=0)
        assert len(list(batches)) == 2  # nothing was read
    for method in (distribution.train_on_batch, distribution.test_on_batch):
        with pytest.raises(ValueError, match=r"not compiled; call compile\(\) first"):
            method(X, Y)
    assert all(map(np.array_equal, before, distribution.get_weights()))


@pytest.mark.quick
def test_what_a_backend_cannot_compile_is_refused_at_compile():
    if keras.backend.backend() == "torch":
        with pytest.raises(ValueError, match="jit_compile=True does not fit on torch"):
            tiny().compile(jit_compile=True)
        distribution = tiny()
        distribution.compile_from_config({**distribution.get_compile_config(), "jit_compile": True})  # of a saved model
        assert not distribution.jit_compile
    elif keras.backend.backend() == "jax":
        distribution = tiny()
        distribution.compile(keras.optimizers.SGD(0.0), jit_compile=True)
        expected = -distribution.log_prob(X, Y).mean()
        assert distribution.fit(X, Y, verbose=0).history["loss"][0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: model.compile("adm"), "optimizer='adm' does not fit"),
        (lambda model: model.compile(3), "optimizer=3 does not fit"),
        (lambda model: model.fit(), "x=None does not fit: expected images"),
        (lambda model: model.evaluate(), "x=None does not fit: expected images"),
        (lambda model: model.save(3), "filepath=3 does not fit: expected a path"),
        (lambda model: model.load_weights(3), "filepath=3 does not fit: expected a path"),
        (lambda model: pixelcnn.load(3), "path=3 does not fit: expected a path"),
        (lambda model: model.complete(np.zeros((4, 4, 1)), [[1, 0], [1]]), "mask does not fit: expected an array"),
    ],
)
def test_a_clumsy_call_is_told_what_fits(call, message):
    model = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=4, high=3)
    model.compile()
    with pytest.raises(ValueError, match=message):
        call(model)
