"""Model files of an earlier version go on to load.

`saved/` has a small trained model of every family, with averaged weights and an optimizer, saved at version 0.1.0.dev0
(commit a3389ba), and what each gave then.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import pixelcnn
from pixelcnn.heads.choice import HEADS

pytestmark = pytest.mark.eager

FOLDER = Path(__file__).parent / "saved"
VALUES = json.loads((FOLDER / "values.json").read_text())


def test_every_family_has_a_file():
    assert {pixelcnn.load(FOLDER / f"{name}.keras").__class__.__name__ for name in VALUES} == {
        name for name in pixelcnn.__all__ if "Pixel" in name and name != "PixelDistribution"
    }


@pytest.mark.parametrize("name", VALUES)
def test_an_earlier_file_is_the_same_distribution_and_trains_on(name):
    distribution = pixelcnn.load(FOLDER / f"{name}.keras")
    assert distribution.get_config()["head"] in HEADS  # also where the file has none
    images = np.random.default_rng(0).integers(0, 4, (8, *distribution.image_shape))
    labels = np.arange(8) % 2
    log_prob = distribution.log_prob(images[:2], conditional_input=labels[:2])
    np.testing.assert_allclose(log_prob, VALUES[name]["log_prob"], rtol=1e-4)
    drawn = distribution.sample(conditional_input=labels[:2], seed=0, verbose=0)
    assert np.mean(drawn == VALUES[name]["sample"]) > 0.98  # rounding may move a level on another processor
    steps = int(distribution.optimizer.iterations)
    distribution.fit(images, labels, batch_size=4, verbose=0)
    assert int(distribution.optimizer.iterations) == steps + 2 == 42
