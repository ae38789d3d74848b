"""What every property is run over: families x heads x image shapes x conditions. A new family enters with one line.

Small models with weights far from their initial ones, so that every path through the network matters.
"""

import itertools
import zlib
from dataclasses import dataclass, field

import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn


def everything_before(pixel, earlier):
    """The view without a blind spot."""
    return True


@dataclass(frozen=True, eq=False)
class Family:
    """A class of distributions, and the arguments that the properties need.

    Args:
        name: Its name in `pixelcnn`.
        small: Arguments of the model that most properties look at.
        smallest: Further arguments of an even smaller one.
        deep: Further arguments with which a 5x7 image is seen as far as the paper says.
        expressive: Further arguments, of a model that is asked to learn 200 drawings by heart and of its training: ten
            minutes to half an hour.
        chained: Further arguments with which the head chains the channels, and a step does all that it can.
        heads: Further arguments whose losses must stay finite, one by one.
        variants: Further arguments whose causality and traversal are looked at, one by one.
        sees: Whether the pixel at (row, column) sees the earlier one at (row, column), by the paper.
        label: What tests call it, where that is not its name.
    """

    name: str
    small: dict
    smallest: dict = field(default_factory=dict)
    deep: dict = field(default_factory=dict)
    expressive: dict | None = None
    chained: dict = field(default_factory=dict)
    heads: tuple = ({},)
    variants: tuple = ({},)
    sees: object = everything_before
    label: str = ""

    def __str__(self):
        return self.label or self.name


def before_the_blind_spot(pixel, earlier):
    """PixelCNN's view: d rows above, up to d + 2 columns to the right and none beyond."""
    rows, columns = pixel[0] - earlier[0], earlier[1] - pixel[1]
    return columns <= rows + 2 if rows else columns <= 0


def triangle_of_one_layer(pixel, earlier):
    """The Row LSTM's view, with one layer: as far to the right as PixelCNN's; to the left three columns of the first
    layer, one of the input, and one more with each row above.
    """
    rows, columns = pixel[0] - earlier[0], pixel[1] - earlier[1]
    return before_the_blind_spot(pixel, earlier) and columns <= rows + 4


# Levels that are names, each with three features.
NAMES = {"levels": "categorical", "embedding_dim": 3}
FAMILIES = (
    Family(
        "PixelCNNPlusPlus",
        small={"num_resnet": 1, "num_hierarchies": 2, "num_filters": 4, "num_logistic_mix": 3},
        smallest={"num_hierarchies": 1},
        deep={"num_resnet": 2},
        expressive={"num_filters": 32, "num_hierarchies": 3, "num_logistic_mix": 10, "epochs": 120, "rate": 4e-3},
        chained={"num_hierarchies": 3},
        heads=(*({"num_logistic_mix": components} for components in (5, 10, 30, 100)), NAMES),
        variants=(
            {"num_hierarchies": 1, "receptive_field_dims": (2, 1)},
            {"num_hierarchies": 1, "receptive_field_dims": (3, 5)},
            {"use_weight_norm": False},
            {"num_hierarchies": 3, "resnet_activation": "relu"},
            {"receptive_field_dims": (4, 5), "resnet_activation": "elu"},
            {"num_hierarchies": 3, "receptive_field_dims": (5, 7)},
            {"variant": "openai"},
            {"head": "categorical"},
            NAMES,
        ),
    ),
    Family(
        "PixelCNN",
        small={"num_blocks": 2, "num_filters": 24, "num_logistic_mix": 3},  # filters for 1 to 4 channels
        deep={"num_blocks": 5},
        chained={"head": "logistic_mixture"},
        heads=({}, {"head": "logistic_mixture"}, NAMES),
        variants=({}, {"head": "logistic_mixture"}, {"num_blocks": 1}, NAMES),
        expressive={"num_blocks": 6, "num_filters": 192, "epochs": 120, "rate": 3e-3},
        sees=before_the_blind_spot,
    ),
    Family(
        "GatedPixelCNN",
        small={"num_blocks": 2, "num_filters": 12, "num_logistic_mix": 3},
        deep={"num_blocks": 5},
        chained={"head": "logistic_mixture"},
        heads=({}, {"head": "logistic_mixture"}, NAMES),
        variants=({}, {"head": "logistic_mixture"}, {"num_blocks": 1}, NAMES),
        expressive={"num_blocks": 6, "num_filters": 64, "epochs": 120, "rate": 3e-3},
    ),
    *(
        Family(
            "PixelRNN",
            label=f"PixelRNN-{cell}",
            small={"cell": cell, "num_layers": 2, "num_filters": 24, "num_logistic_mix": 3},
            deep={"num_layers": 1},
            expressive={"num_layers": 4, "num_filters": 128, "epochs": epochs, "rate": 3e-3},
            chained={"head": "logistic_mixture"},
            heads=({}, {"head": "logistic_mixture"}, NAMES),
            variants=({}, {"head": "logistic_mixture"}, {"num_layers": 1}, NAMES),
            sees=sees,
        )
        for cell, sees, epochs in (("row", triangle_of_one_layer, 180), ("diagonal", everything_before, 120))
    ),
)

# By name: the arguments that ask for a condition, and values of it.
CONDITIONS = {
    "none": (lambda shape: {}, lambda random, n, shape: None),
    "label": (lambda shape: {"num_classes": 3}, lambda random, n, shape: random.integers(0, 3, n)),
    "number": (lambda shape: {"conditional_shape": ()}, lambda random, n, shape: random.standard_normal(n)),
    "vector": (lambda shape: {"conditional_shape": (2,)}, lambda random, n, shape: random.standard_normal((n, 2))),
    "map": (
        lambda shape: {"spatial_condition_shape": (*shape[:2], 2)},
        lambda random, n, shape: random.standard_normal((n, *shape[:2], 2)),
    ),
    "label and map": (
        lambda shape: {"num_classes": 3, "spatial_condition_shape": (*shape[:2], 2)},
        lambda random, n, shape: (random.integers(0, 3, n), random.standard_normal((n, *shape[:2], 2))),
    ),
    "codes": (
        lambda shape: {"spatial_condition_shape": (*shape[:2], 2), "spatial_condition_levels": 5, "embedding_dim": 3},
        lambda random, n, shape: random.integers(0, 5, (n, *shape[:2], 2)),
    ),
    "dropped": (
        lambda shape: {"num_classes": 3, "spatial_condition_shape": (*shape[:2], 2), "condition_dropout": 0.5},
        lambda random, n, shape: None,
    ),
}


ENDS = FAMILIES[0], FAMILIES[-1]  # a network of convolutions and a recurrent one


def _of_families(first=(), others=()):
    marked = [pytest.param(family, marks=others if index else first) for index, family in enumerate(FAMILIES)]
    return pytest.mark.parametrize("family", marked, ids=str)


of_every_family = _of_families()
# For code that families share: the quick cut of a backend asks one of them; only the full run asks the others; or both.
of_every_family_quickly_of_one = _of_families(first=pytest.mark.quick)
of_one_family_and_of_others_in_full = _of_families(others=pytest.mark.full)
of_one_family_quickly_and_of_others_in_full = _of_families(first=pytest.mark.quick, others=pytest.mark.full)
of_the_ends_quickly_and_of_others_in_full = pytest.mark.parametrize(
    "family",
    [pytest.param(one, marks=pytest.mark.quick if one in ENDS else pytest.mark.full) for one in FAMILIES],
    ids=str,
)


def pairwise(combinations):
    """Some of the combinations, such that any two values that occur together do so in one of these."""
    numbers = {}

    def pairs(combination):
        """The pairs of values in it, as the bits of a number."""
        places = itertools.combinations(enumerate(map(repr, combination)), 2)
        return sum(1 << numbers.setdefault(pair, len(numbers)) for pair in places)

    found = {index: pairs(combination) for index, combination in enumerate(combinations)}
    left, chosen = (1 << len(numbers)) - 1, []
    while left:
        best = max(found, key=lambda index: (found[index] & left).bit_count())
        chosen.append(combinations[best])
        left &= ~found[best]
    return chosen


def of_every_family_with(names, cases, of_the_first, of_others, quick=()):
    """Families with cases, tuples of arguments of these names.

    Args:
        names: Of the arguments.
        cases: All there are. The full run asks a pairwise cover of families and arguments.
        of_the_first, of_others: The cases that every run asks of the first family and of the others.
        quick: Those of them that every backend is asked with every change, of a network of convolutions (the first
            family) and of a recurrent one (the last).
    """
    cover = pairwise([(index, *case) for index in range(len(FAMILIES)) for case in cases])
    marked = []
    for index, family in enumerate(FAMILIES):
        everyday = list(of_others if index else of_the_first)
        further = [tuple(case) for chosen, *case in cover if chosen == index and tuple(case) not in everyday]
        for case in everyday + further:
            mark = (
                pytest.mark.full if case in further else pytest.mark.quick if case in quick and family in ENDS else ()
            )
            marked.append(pytest.param(family, *case, id="-".join(map(str, (family, *case))), marks=mark))
    return pytest.mark.parametrize(("family", *names), marked)


def untrained(family, image_shape, condition="none", **arguments):
    """A fresh model."""
    wanted, _ = CONDITIONS[condition]
    return getattr(pixelcnn, family.name)(image_shape, **{**family.small, **wanted(image_shape), **arguments})


def model(family, image_shape, condition="none", seed=0, size=0.4, **arguments):
    """A model whose weights are all drawn at random, the same on every backend."""
    distribution = untrained(family, image_shape, condition, **arguments)
    shake(distribution, seed, size)
    return distribution


def trained(family, images, epochs, rate, labels=None, batch_size=16, **arguments):
    """A model without dropout, trained with a falling rate."""
    keras.utils.set_random_seed(0)
    distribution = untrained(family, images.shape[1:], dropout_p=0.0, **arguments)
    steps = epochs * -(-len(images) // batch_size)
    distribution.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps)))
    distribution.fit(images, labels, batch_size=batch_size, epochs=epochs, verbose=0)
    return distribution


def shake(distribution, seed=0, size=0.4):
    """Draw all weights, each by its name: their order and the backend do not matter."""
    for variable in distribution.trainable_variables:
        random = np.random.default_rng([seed, zlib.crc32(variable.path.encode())])
        offset = 1.0 if variable.name == "gain" else 0.0
        variable.assign(offset + size * random.standard_normal(variable.shape))


def given(condition, count, image_shape, seed=1):
    """Values of a condition for so many images."""
    _, values = CONDITIONS[condition]
    return values(np.random.default_rng(seed), count, image_shape)


def random_images(count, distribution, seed=0):
    """Images of pure noise."""
    shape = (count, *distribution.image_shape)
    return np.random.default_rng(seed).integers(distribution.low, distribution.high + 1, shape)


def all_images(image_shape, high):
    """Every image of a shape with levels 0 … high."""
    pixels = itertools.product(range(high + 1), repeat=int(np.prod(image_shape)))
    return np.array(list(pixels)).reshape((-1, *image_shape))


def parameters(distribution, images, conditional_input=None):
    """The network's output (B, H, W, P), as a tensor."""
    arrays, _ = distribution.condition.check(conditional_input)
    arrays = distribution.condition.flatten(arrays, (len(images),))
    condition = {name: ops.convert_to_tensor(array) for name, array in arrays.items()}
    # JAX would compile every operation by itself.
    if keras.backend.backend() == "jax":
        weights = distribution.values_of(distribution.network.variables)
        return distribution._compiled("pixel_parameters")(weights, ops.convert_to_tensor(images), condition)
    return distribution.pixel_parameters(ops.convert_to_tensor(images), condition)


def conditionals(distribution, images, conditional_input=None):
    """Log-probabilities (B, H W C, L) of all levels of every sub-pixel given those before it."""
    found = parameters(distribution, images, conditional_input)
    levels = ops.convert_to_tensor(images)
    channels = [distribution.head.log_probs(found, levels, channel) for channel in range(images.shape[-1])]
    stacked = ops.convert_to_numpy(ops.stack(channels, axis=3))
    return stacked.reshape((len(images), images[0].size, -1))


def without_compilation():
    """Arguments of `compile` for a few steps: eager, but on JAX, which would compile every operation by itself."""
    return {} if keras.backend.backend() == "jax" else {"run_eagerly": True, "jit_compile": False}


def one_training_step(distribution, images, conditional_input=None):
    """A step of Adam."""
    distribution.compile(keras.optimizers.Adam(1e-2), **without_compilation())
    distribution.fit(images, conditional_input, batch_size=len(images), epochs=1, verbose=0)
