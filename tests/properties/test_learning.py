"""Property 10: what can be learnt by heart is."""

import numpy as np
import pytest

from pixelcnn.data import quickdraw
from properties.families import FAMILIES, of_one_family_and_of_others_in_full, trained


@of_one_family_and_of_others_in_full
@pytest.mark.parametrize("level", [0, pytest.param(255, marks=pytest.mark.full)])
def test_a_constant_data_set_costs_nothing(family, level):
    images = np.full((800, 4, 4, 1), level, "uint8")
    distribution = trained(family, images, epochs=3, rate=2e-2)
    assert distribution.bits_per_dim(images[:1])[0] < 0.01
    assert np.all(distribution.sample(1, seed=0, verbose=0) == level)


@pytest.mark.parametrize("family", [family for family in FAMILIES if family.expressive], ids=str)
@pytest.mark.full
def test_drawings_are_learnt_by_heart(family, real_data):
    images, labels, _ = quickdraw(["bee", "tree"], per_class=100, data_dir=real_data)
    assert len(images) == 200
    distribution = trained(family, images, labels=labels, num_classes=2, batch_size=8, **family.expressive)
    assert distribution.bits_per_dim(images, labels).mean() < 1.0
