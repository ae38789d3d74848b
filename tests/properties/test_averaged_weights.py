"""Property 14: averaged weights are the average of the weights, and training goes on from the latter."""

import signal

import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from pixelcnn.training import averaged_weights
from pixelcnn.training.averaging import _exchange
from properties.families import random_images, without_compilation

MOMENTUM, STEPS, BATCH = 0.6, 3, 4


def compiled(dtype="float32", **arguments):
    """A small model of one family: what is tested does not know which."""
    keras.utils.set_random_seed(0)
    distribution = pixelcnn.PixelCNN((3, 3, 1), num_blocks=1, num_filters=4, high=3, dtype=dtype)
    distribution.initialized.assign(1)  # training alone changes weights
    distribution.compile(keras.optimizers.Adam(1e-2), **without_compilation(), **arguments)
    return distribution


def weights(distribution):
    return [np.array(ops.convert_to_numpy(variable)) for variable in distribution.trainable_variables]


def assert_close(ones, others, tolerance=1e-6):
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def train(distribution, images, **arguments):
    return distribution.fit(images, batch_size=BATCH, epochs=1, shuffle=False, verbose=0, **arguments)


@pytest.mark.quick
def test_a_model_holds_the_average_and_trains_on_from_the_weights(tmp_path):
    plain, averaged = compiled(), compiled(ema_momentum=MOMENTUM)
    images = random_images(STEPS * BATCH, plain)
    steps = [images[first : first + BATCH] for first in range(0, len(images), BATCH)]
    average, found = None, averaged
    for round in range(2):  # the second time from a file
        for step in steps:
            train(plain, step)
            now = weights(plain)
            average = [
                new if average is None else MOMENTUM * old + (1 - MOMENTUM) * new
                for old, new in zip(average or now, now, strict=True)
            ]
        history = train(found, images, validation_data=(images,)).history
        assert_close(weights(found), average)
        assert np.abs(weights(found)[0] - weights(plain)[0]).max() > 1e-3
        # The last validation saw what the model now holds.
        expected = -found.log_prob(images).mean()
        assert history["val_loss"][-1] == pytest.approx(expected, rel=1e-5)
        assert found.evaluate(images, verbose=0)[0] == pytest.approx(expected, rel=1e-5)
        if not round:
            found.save(tmp_path / "model.keras")
            found = pixelcnn.load(tmp_path / "model.keras")
            assert_close(weights(found), average)
            found.compile(found.optimizer, **without_compilation())


def test_a_compiled_training_averages_as_an_eager_one():
    found = []
    for eagerly in (True, False):
        distribution = compiled("float64")
        distribution.compile(keras.optimizers.SGD(1e-2), ema_momentum=MOMENTUM, run_eagerly=eagerly)
        train(distribution, random_images(STEPS * BATCH, distribution))
        found.append(weights(distribution))
    assert_close(*found, 1e-9)


@pytest.mark.quick
def test_during_a_training_the_averages_are_there_for_the_asking():
    distribution = compiled(ema_momentum=MOMENTUM)
    images = random_images(2 * BATCH, distribution)
    before = weights(distribution)
    with averaged_weights(distribution):  # no step yet
        assert_close(weights(distribution), before, 0)
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(weights(distribution))
            with averaged_weights(distribution):
                seen.append(weights(distribution))
            assert_close(weights(distribution), seen[0], 0)

    train(distribution, images, callbacks=[Look()])
    assert_close(weights(distribution), seen[1], 0)
    with averaged_weights(distribution):
        assert_close(weights(distribution), seen[1], 0)
    assert np.abs(seen[0][0] - seen[1][0]).max() > 1e-3


@pytest.mark.quick
def test_an_interrupted_training_leaves_the_averages():
    distribution = compiled(ema_momentum=MOMENTUM)
    other = compiled(ema_momentum=MOMENTUM)
    images = random_images(2 * BATCH, distribution)

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(distribution, images, callbacks=[Interrupt()])
    train(other, images)
    assert_close(weights(distribution), weights(other))
    for one in (distribution, other):
        one.train_on_batch(images[:BATCH])
    assert_close(weights(distribution), weights(other))


def test_a_momentum_that_does_not_fit_is_told():
    distribution = compiled()
    with pytest.raises(ValueError, match="ema_momentum=1.5 does not fit"):
        distribution.compile(ema_momentum=1.5)
    used = keras.optimizers.Adam()
    distribution.compile(used)
    with pytest.raises(ValueError, match="ema_momentum=0.9 does not fit.*new one"):
        distribution.compile(used, ema_momentum=0.9)


def test_a_scaled_loss_is_averaged_too():
    distribution = compiled(dtype="mixed_float16", ema_momentum=MOMENTUM)
    train(distribution, random_images(2 * BATCH, distribution))
    averages = weights(distribution)
    optimizer = distribution.optimizer.inner_optimizer
    last = [ops.convert_to_numpy(variable) for variable in optimizer._model_variables_moving_average]
    assert int(optimizer.averages_in_model) and np.abs(averages[0] - last[0]).max() > 1e-3


@pytest.mark.quick
def test_averages_move_when_weights_do_and_not_while_gradients_add_up():
    distribution = compiled()
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=3)
    distribution.compile(optimizer, ema_momentum=MOMENTUM, **without_compilation())
    images, seen = random_images(9 * BATCH, distribution), []

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            distribution.jax_state_sync()
            averages = [np.array(ops.convert_to_numpy(x)) for x in optimizer._model_variables_moving_average]
            seen.append((weights(distribution), averages))

    train(distribution, images, callbacks=[Look()])
    average = None
    for step, (now, averages) in enumerate(seen, start=1):
        if step % 3 == 0:
            average = [
                new if average is None else MOMENTUM * old + (1 - MOMENTUM) * new
                for old, new in zip(average or now, now, strict=True)
            ]
        if average:
            assert_close(averages, average)
    assert len(seen) == 9
    assert_close(weights(distribution), average)


def test_interrupts_amid_an_exchange_leave_the_averages_whole(monkeypatch):
    distribution = compiled(ema_momentum=MOMENTUM)
    train(distribution, random_images(2 * BATCH, distribution))
    averages = weights(distribution)
    optimizer = distribution.optimizer
    training = [np.array(ops.convert_to_numpy(x)) for x in optimizer._model_variables_moving_average]
    assign, interrupts = keras.Variable.assign, []

    def interrupted(variable, value):
        if len(interrupts) < 3:  # at the first, second and third of the variables
            interrupts.append(signal.raise_signal(signal.SIGINT))
        return assign(variable, value)

    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(keras.Variable, "assign", interrupted)
    try:
        for expected in (training, averages):
            interrupts.clear()
            with pytest.raises(KeyboardInterrupt):
                _exchange(distribution, to_averages=expected is averages)
            assert len(interrupts) == 3
            assert_close(weights(distribution), expected, 0)
    finally:
        signal.signal(signal.SIGINT, previous)
    assert int(ops.convert_to_numpy(optimizer.averages_in_model)) == 1


def trained_with_averages():
    distribution = compiled(ema_momentum=MOMENTUM)
    images = random_images(2 * BATCH, distribution)
    train(distribution, images)
    return distribution, images


def set_by_hand(distribution, values, tmp_path):
    distribution.set_weights(values)


def loaded_without_an_optimizer(distribution, values, tmp_path):
    other = compiled()
    other.set_weights(values)
    other.optimizer = None
    other.save_weights(tmp_path / "other.weights.h5")
    distribution.load_weights(tmp_path / "other.weights.h5")


@pytest.mark.quick
@pytest.mark.parametrize("change", [set_by_hand, loaded_without_an_optimizer])
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
def test_a_training_goes_on_from_weights_that_a_user_sets(change, tmp_path):
    distribution, images = trained_with_averages()
    values = [np.array(value) + 1 for value in distribution.get_weights()]
    change(distribution, values, tmp_path)
    distribution.optimizer.learning_rate = 0.0
    wanted = weights(distribution)
    for _ in range(2):  # after a training the model holds the averages, before it the weights
        with averaged_weights(distribution):
            assert_close(weights(distribution), wanted)
        train(distribution, images)
        assert_close(weights(distribution), wanted)


def test_weights_that_a_callback_restores_are_trained_on():
    distribution, images = trained_with_averages()
    stop = keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)
    distribution.optimizer.learning_rate = 1.0  # which diverges
    distribution.fit(images, batch_size=BATCH, epochs=3, verbose=0, callbacks=[stop], validation_data=images)
    restored = weights(distribution)
    distribution.optimizer.learning_rate = 0.0
    train(distribution, images)
    assert_close(weights(distribution), restored)


def test_weights_that_do_not_fit_change_no_averages():
    distribution, images = trained_with_averages()
    wanted = weights(distribution)
    with pytest.raises(ValueError):
        distribution.set_weights([])
    train(distribution, images)
    assert int(distribution.optimizer.averages_in_model) == 1
    assert any(np.any(one != other) for one, other in zip(weights(distribution), wanted, strict=True))
