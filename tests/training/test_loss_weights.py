import keras
import numpy as np
import pytest

import pixelcnn

X = np.random.default_rng(0).integers(0, 4, (12, 4, 4, 1)).astype("uint8")
Y = np.arange(12) % 3
NAMES = ("bee", "1", "0")


def tiny(**arguments):
    distribution = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=4, high=3, **arguments)
    distribution.compile(keras.optimizers.SGD(0.0))
    return distribution


@pytest.fixture(scope="module")
def classes():
    return tiny(class_names=NAMES)


def generator(x, y):
    yield from ((x[part], y[part]) for part in (slice(4), slice(4, 8), slice(8, 12)))


def tf_data(x, y):
    return pytest.importorskip("tensorflow").data.Dataset.from_tensor_slices((x, y)).batch(4)


ROUTES = {
    "fit": lambda model, x, y, **more: model.fit(x, y, verbose=0, **more).history["loss"][0],
    "train_on_batch": lambda model, x, y, **more: model.train_on_batch(x, y, **more)[0],
    "generator": lambda model, x, y, **more: model.fit(generator(x, y), steps_per_epoch=3, verbose=0, **more).history[
        "loss"
    ][0],
    "tf.data": lambda model, x, y, **more: model.fit(tf_data(x, y), verbose=0, **more).history["loss"][0],
}


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
@pytest.mark.parametrize(
    ("class_weight", "expected"),
    [
        pytest.param({0: 2.0, 1: 3}, [2, 3, 1], marks=pytest.mark.full),
        ({"bee": 10.0}, [10, 1, 1]),
        ({"0": 10.0}, [1, 1, 10]),  # a name first
        pytest.param({"2": 10.0}, [1, 1, 10], marks=pytest.mark.full),  # and an index where no class has that name
        ({np.int64(0): 0.0, 1.0: 0, "0": 5}, [0, 0, 5]),
    ],
)
def test_class_weights_by_label_and_by_name(classes, route, class_weight, expected):
    nats = -classes.log_prob(X, Y)
    assert route(classes, X, Y, class_weight=class_weight) == pytest.approx((np.array(expected)[Y] * nats).mean())
    names = np.array(NAMES)[Y]
    assert route(classes, X, names, class_weight=class_weight) == pytest.approx((np.array(expected)[Y] * nats).mean())


def test_class_weights_are_for_training_alone(classes):
    history = classes.fit(X, Y, class_weight={"bee": 9.0}, validation_split=0.5, batch_size=6, verbose=0).history
    nats = -classes.log_prob(X, Y)
    assert history["val_loss"][0] == pytest.approx(nats[6:].mean())
    assert history["loss"][0] == pytest.approx((np.array([9, 1, 1])[Y] * nats)[:6].mean())


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({"moon": 1.0}, "class_weight='moon'"),
        ({3: 1.0}, "class 3"),
        ({0.5: 1.0}, "class_weight=0.5"),
        ({0: "much"}, "class_weight.0.='much'"),
        ({0: np.nan}, "finite"),
        ({0: 1e39}, "finite number, as float32"),
        ({"bee": 1.0, 0: 2.0}, "twice"),
        ([1.0, 2.0, 3.0], "dictionary"),
    ],
)
def test_class_weights_that_do_not_fit_are_refused(classes, route, class_weight, message):
    with pytest.raises(ValueError, match=message):
        route(classes, X, Y, class_weight=class_weight)


@pytest.mark.parametrize("arguments", [{}, {"conditional_shape": (2,)}])
def test_class_weights_need_classes(arguments):
    distribution = tiny(**arguments)
    with pytest.raises(ValueError, match="class_weight.*no classes"):
        distribution.fit(X, np.ones((12, 2)) if arguments else None, class_weight={0: 10.0}, verbose=0)


def test_class_weights_and_sample_weights_do_not_go_together(classes):
    with pytest.raises(ValueError, match="sample_weight does not fit: class_weight is given"):
        classes.fit(X, Y, class_weight={0: 2.0}, sample_weight=np.ones(12), verbose=0)


@pytest.mark.parametrize(
    "weights", [np.ones(5), np.full(12, np.nan), np.array(["a"] * 12), np.ones((12, 2)), [None] * 12, 2.0, np.inf]
)
@pytest.mark.parametrize(
    "method",
    [
        lambda model, w: model.fit(X, Y, sample_weight=w, verbose=0),
        lambda model, w: model.evaluate(X, Y, sample_weight=w, verbose=0),
        lambda model, w: model.train_on_batch(X, Y, w),
        lambda model, w: model.test_on_batch(X, Y, w),
        lambda model, w: model.fit(X, Y, validation_data=(X, Y, w), verbose=0),
        lambda model, w: model.fit(((X, Y, w) for _ in range(2)), verbose=0),
    ],
)
def test_sample_weights_that_do_not_fit_are_refused(classes, method, weights):
    with pytest.raises(ValueError, match="weight"):
        method(classes, weights)
