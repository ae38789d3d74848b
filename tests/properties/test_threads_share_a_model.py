"""Property 17: what a thread is given does not depend on what other threads do with the model meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from keras import ops

from properties.families import (
    FAMILIES,
    given,
    model,
    of_one_family_quickly_and_of_others_in_full,
    random_images,
)

SHAPE = (4, 4, 1)
COUNT = 3


def at_once(*jobs):
    """What jobs return that begin at the same time, each in a thread of its own."""
    start = threading.Barrier(len(jobs), timeout=60)

    def run(job):
        start.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


def small(family, **arguments):
    return model(family, SHAPE, "label", high=3, dtype="float64", dropout_p=0.0, **family.smallest, **arguments)


def uses(distribution):
    """Functions without arguments that ask a model for something, each in another way, and give arrays."""
    images, labels = random_images(COUNT, distribution), given("label", COUNT, SHAPE)
    mask = np.arange(4)[:, None].repeat(4, axis=1) < 1
    draw = {"conditional_input": labels, "seed": 0, "verbose": 0}
    return {
        "arrays": lambda: distribution.log_prob(images, labels),
        "tensors": lambda: ops.convert_to_numpy(
            ops.stop_gradient(distribution.log_prob(ops.convert_to_tensor(images), labels))
        ),
        "sample": lambda: distribution.sample(**draw),
        "complete": lambda: distribution.complete(images, mask, **draw),
    }


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


@of_one_family_quickly_and_of_others_in_full
def test_first_calls_at_once_give_what_one_thread_gives_and_none_is_stale_later(family):
    expected = [use() for use in uses(small(family)).values()]
    distribution = small(family)
    asked = list(uses(distribution).values())
    found = at_once(*asked, *asked)
    assert_same(found, [*expected, *expected])
    other = small(family, seed=1)
    distribution.set_weights(other.get_weights())
    assert_same(at_once(*asked), [use() for use in uses(other).values()])


def test_threads_ask_for_different_orders_of_one_model():
    def asked():
        distribution = small(FAMILIES[1], orders=8)
        images, labels = random_images(COUNT, distribution), given("label", COUNT, SHAPE)
        draw, left = {"conditional_input": labels, "seed": 0, "verbose": 0}, np.tile(np.arange(4) < 2, (4, 1))
        return [
            *(lambda order=order: distribution.log_prob(images, labels, order=order) for order in (0, 3, 5)),
            *(lambda order=order: distribution.sample(order=order, **draw) for order in (0, 6)),
            *(lambda mask=mask: distribution.complete(images, mask, **draw) for mask in (left, ~left)),
        ]

    assert_same(at_once(*asked()), [use() for use in asked()])


@pytest.mark.quick
def test_models_of_one_shape_share_traces_but_not_kernels():
    # In training, blocks of one shape are traced once for all models.
    images, labels = random_images(8, small(FAMILIES[0])), given("label", 8, SHAPE)

    def trained(seed):
        distribution = small(FAMILIES[0], seed=seed)
        distribution.initialized.assign(1)
        distribution.compile(keras.optimizers.SGD(1e-3))

        def fit():
            distribution.fit(images, labels, batch_size=4, epochs=2, shuffle=False, verbose=0)
            return distribution.log_prob(images, labels)

        return fit

    expected = [trained(seed)() for seed in range(2)]
    assert_same(at_once(*(trained(seed) for seed in range(2))), expected)


class Steps(keras.callbacks.Callback):
    """Keeps the weights of a model before the first step and after each."""

    def __init__(self, distribution):
        super().__init__()
        self.distribution = distribution
        self.seen = [distribution.get_weights()]

    def on_train_batch_end(self, batch, logs=None):
        self.distribution.jax_state_sync()
        self.seen.append(self.distribution.get_weights())


@pytest.mark.parametrize(
    "asked", ["arrays", *(pytest.param(use, marks=pytest.mark.full) for use in ("tensors", "sample"))]
)
@of_one_family_quickly_and_of_others_in_full
def test_beside_a_fit_of_the_model_a_thread_sees_the_weights_of_some_step_whole(family, asked):
    distribution = small(family)
    distribution.initialized.assign(1)
    distribution.compile(keras.optimizers.SGD(1e-2), jit_compile=keras.backend.backend() == "jax")
    images, labels = random_images(40, distribution), given("label", 40, SHAPE)
    ended, found, steps = threading.Event(), [], Steps(distribution)
    use = uses(distribution)[asked]

    def fit():
        try:
            distribution.fit(images, labels, batch_size=4, epochs=2, verbose=0, callbacks=[steps])
        finally:
            ended.set()

    def read():
        while not ended.is_set():
            found.append(use())

    at_once(fit, read, read)
    other = small(family)
    expected = []
    for weights in steps.seen:
        other.set_weights(weights)
        expected.append(uses(other)[asked]())
    assert len(expected) == 21 and found
    for one in found:
        assert any(np.allclose(one, other, rtol=1e-9, atol=0) for other in expected)
    assert_same([use()], expected[-1:])


@pytest.mark.quick
def test_a_model_is_not_trained_or_evaluated_by_two_threads_at_once():
    distribution = small(FAMILIES[1])
    distribution.compile(keras.optimizers.SGD(1e-2), ema_momentum=0.9)
    images, labels = random_images(8, distribution), given("label", 8, SHAPE)
    refused = []

    class FromElsewhere(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            for use in (
                lambda: distribution.evaluate(images, labels, verbose=0),
                lambda: distribution.fit(images, labels, verbose=0),
                lambda: distribution.train_on_batch(images[:4], labels[:4]),
                lambda: distribution.set_weights([]),
                lambda: distribution.save("model.keras"),
                lambda: distribution.load_weights("model.keras"),
            ):
                with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="another thread trains") as error:
                    pool.submit(use).result()
                refused.append(str(error.value))

    distribution.fit(images, labels, batch_size=8, epochs=1, verbose=0, callbacks=[FromElsewhere()])
    assert len(refused) == 6 and refused[0].startswith("evaluate() cannot run now")
    assert np.isfinite(distribution.evaluate(images, labels, verbose=0)[0])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="elsewhere data are fetched in the loop's thread")
def test_data_that_come_from_the_model_itself_do_not_wait_for_ever(monkeypatch):
    import tensorflow as tf

    from pixelcnn import shared_model

    monkeypatch.setattr(shared_model, "PATIENCE", 0.1)
    distribution = small(FAMILIES[1])
    distribution.compile(keras.optimizers.SGD(1e-2))

    def drawn():
        for seed in range(3):
            labels = np.arange(3)
            yield distribution.sample(conditional_input=labels, seed=seed, verbose=0), labels

    specs = (tf.TensorSpec((3, *SHAPE), "uint8"), tf.TensorSpec((3,), "int64"))
    data = tf.data.Dataset.from_generator(drawn, output_signature=specs)
    history = distribution.fit(data, epochs=1, verbose=0).history
    assert np.isfinite(history["loss"]).all()
