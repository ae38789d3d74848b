import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.layers.condition import ConditionDropout, ConditionProjection


def test_a_condition_that_is_not_kept_contributes_nothing():
    projection = ConditionProjection(4, num_classes=3, map_channels=2)
    labels, maps = np.array([0, 1, 2]), np.random.default_rng(0).standard_normal((3, 5, 6, 2)).astype("float32")
    all_kept = ops.convert_to_numpy(projection(label=labels, spatial=maps))
    some = ops.convert_to_numpy(projection(label=labels, spatial=maps, keep=ops.convert_to_tensor([1.0, 0.0, 1.0])))
    assert all_kept[1].all() and not some[1].any()
    assert np.array_equal(some[[0, 2]], all_kept[[0, 2]])


def test_dropout_takes_conditions_away_at_its_rate_and_in_training_only():
    keras.utils.set_random_seed(0)
    layer, kept = ConditionDropout(0.3), ops.ones((10_000,))
    first, second = (ops.convert_to_numpy(layer(kept, training=True)) for _ in range(2))
    assert set(first) == {0.0, 1.0} and not np.array_equal(first, second)
    assert first.mean() == pytest.approx(0.7, abs=0.02)  # four standard deviations
    assert np.array_equal(ops.convert_to_numpy(layer(kept)), np.ones(10_000))
    assert not ops.convert_to_numpy(layer(0 * kept, training=True)).any()
