"""Property 16: the likelihood depends on every trainable variable, and on the kernel of every layer in it."""

import numpy as np
import pytest
from keras import ops

from pixelcnn.backend import value_and_gradients
from properties.families import CONDITIONS, FAMILIES, given, model, pairwise, random_images

SHAPE, COUNT = (5, 6, 2), 6
CONDITIONED = [name for name in CONDITIONS if name != "dropped"]
CASES = [
    pytest.param(family, family.heads[head], condition, id=f"{family}-{head}-{condition}", marks=marks)
    for index, family in enumerate(FAMILIES)
    for head, condition in pairwise([(head, name) for head in range(len(family.heads)) for name in CONDITIONED])
    for marks in [() if condition == "label and map" else pytest.mark.full]
]


@pytest.mark.parametrize(("family", "head", "condition"), CASES)
def test_every_variable_has_a_gradient_that_is_not_zero(family, head, condition):
    distribution = model(family, SHAPE, condition, **head)
    images = ops.convert_to_tensor(random_images(COUNT, distribution))
    given_for_it = given(condition, COUNT, SHAPE)
    if "label" in condition:  # each class, since a class that does not occur has no gradient
        labels = np.arange(COUNT) % 3
        given_for_it = (labels, given_for_it[1]) if "map" in condition else labels
    arrays, _ = distribution.condition.check(given_for_it)
    tensors = {key: ops.convert_to_tensor(array) for key, array in arrays.items()}
    variables = distribution.trainable_variables
    _, gradients = value_and_gradients(lambda: ops.mean(distribution._pixel_log_prob(images, tensors)), variables)
    for variable, gradient in zip(variables, gradients, strict=True):
        assert gradient is not None, variable.path
        size = np.abs(ops.convert_to_numpy(gradient))
        assert np.all(np.isfinite(size)), variable.path
        # The first axis of a kernel counts layers. The features of a condition are one variable for all blocks. Those
        # for the vertical stack of the last block of PixelCNN and Gated PixelCNN are read by nothing.
        parts = size.reshape((len(size), -1)).max(axis=1) if "kernels_" in variable.path else size.max()
        assert np.all(parts > 0), (variable.path, np.flatnonzero(parts == 0))
