"""The probabilities of the sampler's steps are those of the likelihood."""

import numpy as np
import pytest

from pixelcnn.sampling import PixelSteps
from properties.families import conditionals, given, model, of_one_family_and_of_others_in_full, random_images


@of_one_family_and_of_others_in_full
@pytest.mark.parametrize("channels", [pytest.param(1, marks=pytest.mark.full), 3])
def test_each_step_gives_the_probabilities_of_all_levels(family, channels):
    # The sampler scales levels in float32, which is exact for levels 0 … 4.
    dist = model(family, (4, 6, channels), "label and map", high=4, dtype="float64")
    images, condition = random_images(2, dist), given("label and map", 2, dist.image_shape)
    arrays, _ = dist.condition.check(condition)
    steps, found = PixelSteps(dist._sampler("cached")), []

    def choose(probs, *place):
        found.append(probs)
        return images[(slice(None), *place)]

    prepared = steps.sampler.prepare(dist.values_of(dist.network.variables))
    np.testing.assert_array_equal(steps.walk(prepared, 2, dist.condition.flatten(arrays, (2,)), choose), images)
    expected = np.exp(conditionals(dist, images, condition))
    np.testing.assert_allclose(np.stack(found, axis=1), expected, rtol=1e-9, atol=1e-12)
