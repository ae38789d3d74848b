"""A model that loses its condition in training is the distribution without a condition too."""

import json
import zipfile

import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from models import model

pytestmark = pytest.mark.eager

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 5, 6, 1)).astype("uint8")
LABELS = np.arange(12) % 3
KINDS = [
    ({"num_classes": 3}, LABELS),
    ({"conditional_shape": (2, 2)}, np.random.default_rng(1).standard_normal((12, 2, 2))),
    (
        {"num_classes": 3, "spatial_condition_shape": (5, 6, 2)},
        (LABELS, np.random.default_rng(1).standard_normal((12, 5, 6, 2))),
    ),
]


def compiled():
    distribution = model(num_classes=3, condition_dropout=0.5, dropout_p=0.0)
    distribution.compile(keras.optimizers.Adam(1e-2))
    return distribution


@pytest.mark.parametrize(("arguments", "condition"), KINDS)
def test_in_training_each_image_has_its_whole_condition_or_none(arguments, condition):
    distribution = model(condition_dropout=0.5, dropout_p=0.0, **arguments)
    parts = condition if isinstance(condition, tuple) else (condition,)
    tensors = tuple(ops.convert_to_tensor(part) for part in parts)
    given = distribution.condition.from_tensors(tensors if len(tensors) > 1 else tensors[0], "float32")
    with_it, without = distribution.log_prob(IMAGES, condition), distribution.log_prob(IMAGES)
    assert np.abs(with_it - without).min() > 5e-3
    kept = []
    for _ in range(4):
        pixels = distribution._pixel_log_prob(ops.convert_to_tensor(IMAGES), given, training=True)
        nats = ops.convert_to_numpy(pixels).sum(axis=(1, 2))
        has_it = np.isclose(nats, with_it, rtol=1e-5)
        np.testing.assert_allclose(nats, np.where(has_it, with_it, without), rtol=1e-5)
        kept.append(has_it)
    assert 0 < np.mean(kept) < 1 and len(np.unique(kept, axis=0)) > 1


def test_without_a_condition_there_is_one_distribution():
    distribution = model(num_classes=3, condition_dropout=0.1)
    expected = distribution.log_prob(IMAGES)
    assert not np.allclose(expected, distribution.log_prob(IMAGES, LABELS))
    assert distribution.log_prob(IMAGES[0]).shape == ()
    in_tensors = distribution.log_prob(ops.convert_to_tensor(IMAGES))
    np.testing.assert_allclose(ops.convert_to_numpy(in_tensors), expected, rtol=1e-5)
    images = keras.Input((5, 6, 1))
    functional = keras.Model(images, distribution.log_prob(images))
    np.testing.assert_allclose(functional.predict(IMAGES.astype("float32"), verbose=0), expected, rtol=1e-4)
    drawn = distribution.sample(2, seed=0, verbose=0)
    mask = np.arange(5) < 2
    completed = distribution.complete(drawn, np.repeat(mask[:, None], 6, axis=1), seed=1, verbose=0)
    assert completed.shape == drawn.shape and np.array_equal(completed[:, mask], drawn[:, mask])


def test_training_without_a_condition_is_training_of_that_distribution():
    batches = ((IMAGES[first : first + 6],) for first in 3 * (0, 6))
    for given in (IMAGES, batches):  # an array, and a data set
        distribution = compiled()
        before = distribution.log_prob(IMAGES), distribution.log_prob(IMAGES, LABELS)
        table = next(variable for variable in distribution.trainable_variables if variable.name == "table")
        learned = ops.convert_to_numpy(table)
        distribution.fit(given, epochs=3, steps_per_epoch=2, batch_size=6, verbose=0)
        assert distribution.log_prob(IMAGES).mean() > before[0].mean()
        np.testing.assert_array_equal(ops.convert_to_numpy(table), learned)
    loss, _ = distribution.evaluate(IMAGES, verbose=0)
    assert loss == pytest.approx(-distribution.log_prob(IMAGES).mean(), rel=1e-4)
    weights = np.array([2.0] * 6 + [0.0] * 6)
    loss, _ = distribution.evaluate(IMAGES, sample_weight=weights, batch_size=12, verbose=0)
    assert loss == pytest.approx(-distribution.log_prob(IMAGES[:6]).mean(), rel=1e-4)


def test_what_does_not_fit_is_told():
    with pytest.raises(ValueError, match="expected integer labels 0 … 2.*condition_dropout"):
        model(num_classes=3).log_prob(IMAGES)
    with pytest.raises(ValueError, match="condition_dropout=0.1 does not fit.*no condition"):
        model(condition_dropout=0.1)
    with pytest.raises(ValueError, match="condition_dropout=1.0 does not fit"):
        model(num_classes=3, condition_dropout=1.0)


def test_files_from_before_there_was_the_argument_load(tmp_path):
    distribution = model(num_classes=3)
    distribution.save(tmp_path / "now.keras")
    with zipfile.ZipFile(tmp_path / "now.keras") as now, zipfile.ZipFile(tmp_path / "then.keras", "w") as then:
        for name in now.namelist():
            content = now.read(name)
            if name == "config.json":
                config = json.loads(content)
                del config["config"]["condition_dropout"]
                content = json.dumps(config)
            then.writestr(name, content)
    again = pixelcnn.load(tmp_path / "then.keras")
    assert np.array_equal(again.log_prob(IMAGES, LABELS), distribution.log_prob(IMAGES, LABELS))
