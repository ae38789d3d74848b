"""Property 21: names of levels carry no order. Other names in the data, in the table that the network reads and in the
last layer give the same distribution.
"""

import numpy as np
from keras import ops

from properties.families import NAMES, given, model, of_one_family_quickly_and_of_others_in_full, random_images

SHAPE, HIGH, CODES = (3, 4, 2), 6, 5


def rename(array, names, axis):
    """Move what belongs to level l to level `names[l]`."""
    return np.take(array, np.argsort(names), axis=axis)


def rename_table(embedding, names):
    embedding.table.assign(rename(ops.convert_to_numpy(embedding.table), names, axis=1))


def rename_outputs(network, names):
    """Move the weights of the last layer. On the last axis is level l of each channel, or of channel c at l C + c."""
    is_chained = hasattr(network, "last")  # by channel, in PixelCNN++
    last = network.last.last if is_chained else network.readout.layers[-1:]
    for stack in network.kernel_stacks:
        for layer in set(stack.layers) & set(last):
            for name in ("direction", "gain", "bias"):
                if getattr(stack, name, None) is not None:
                    values = ops.convert_to_numpy(getattr(stack, name))[stack.layers.index(layer)]
                    by_level = values.reshape((*values.shape[:-1], len(names), -1))
                    stack.assign(layer, **{name: rename(by_level, names, axis=-2).reshape(values.shape)})


@of_one_family_quickly_and_of_others_in_full
def test_other_names_give_the_same_distribution(family):
    distribution = model(family, SHAPE, "codes", high=HIGH, dtype="float64", **NAMES)
    renamed = model(family, SHAPE, "codes", high=HIGH, dtype="float64", **NAMES)
    random = np.random.default_rng(0)
    names, of_codes = random.permutation(HIGH + 1), random.permutation(CODES)
    images, codes = random_images(6, distribution), given("codes", 6, SHAPE)
    for embedding, its_names in ((renamed.network.reading, names), (renamed.network.map_reading, of_codes)):
        rename_table(embedding, its_names)
    assert not np.allclose(renamed.log_prob(names[images], of_codes[codes]), distribution.log_prob(images, codes))
    rename_outputs(renamed.network, names)
    for one, other in (
        (renamed.network.read(names[images]), distribution.network.read(images)),
        (renamed.network.map_reading(of_codes[codes]), distribution.network.map_reading(codes)),
    ):
        assert np.array_equal(ops.convert_to_numpy(one), ops.convert_to_numpy(other))
    log_prob = distribution.log_prob(images, codes)
    np.testing.assert_allclose(renamed.log_prob(names[images], of_codes[codes]), log_prob, rtol=1e-12)
    for other in ((images, of_codes[codes]), (names[images], codes)):
        assert not np.allclose(renamed.log_prob(*other), log_prob)
