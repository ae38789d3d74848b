import keras
import numpy as np
import pytest

from models import model
from pixelcnn.training.seeds import seed_training

pytestmark = pytest.mark.eager

IMAGES = np.random.default_rng(0).integers(0, 4, (12, 4, 4, 1)).astype("uint8")


def trained(weights, seed):
    """Weights after a training of a model of its own, whose layers have other states of their random numbers."""
    distribution = model((4, 4, 1), num_hierarchies=1, num_classes=2, dropout_p=0.5, condition_dropout=0.5)
    distribution.set_weights(weights)
    distribution.compile(keras.optimizers.SGD(0.01))
    seed_training(distribution, seed)
    distribution.fit(IMAGES, np.arange(12) % 2, batch_size=4, epochs=2, verbose=0)
    return distribution.get_weights()


@pytest.mark.quick
def test_the_same_seed_trains_the_same_weights():
    weights = model((4, 4, 1), num_hierarchies=1, num_classes=2, dropout_p=0.5, condition_dropout=0.5).get_weights()
    first, again, other = (trained(weights, seed) for seed in (1, 1, 2))
    assert all(map(np.array_equal, first, again))
    assert not all(map(np.array_equal, first, other))


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, None])
def test_what_is_no_seed_is_refused_by_name(seed):
    with pytest.raises(ValueError, match="seed="):
        seed_training(model((4, 4, 1)), seed)
