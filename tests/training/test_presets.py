"""What a preset is said to cost is what its model costs."""

import math

import pytest

import pixelcnn
from pixelcnn.training.cost import model_cost, pixel_cnn_plus_plus_cost
from pixelcnn.training.presets import PRESETS, find_preset

SIZES = [
    {"image_shape": (8, 8, 1), "num_resnet": 1, "num_hierarchies": 1, "num_filters": 4, "num_logistic_mix": 1},
    {"image_shape": (7, 5, 3), "num_resnet": 2, "num_hierarchies": 2, "num_filters": 6, "num_logistic_mix": 3},
    {"image_shape": (8, 8, 2), "num_resnet": 1, "num_hierarchies": 3, "num_filters": 4, "num_logistic_mix": 2},
    {
        "image_shape": (4, 4, 2),
        "num_resnet": 1,
        "num_hierarchies": 2,
        "num_filters": 4,
        "high": 5,
        "head": "categorical",
    },
    {"image_shape": (4, 4, 2), "num_resnet": 1, "num_hierarchies": 2, "num_filters": 4, "levels": "categorical"},
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("num_classes", "orders"), [(None, 1), (5, 1), (None, 4), (5, 4)])
def test_counted_parameters_are_the_model_s(size, num_classes, orders):
    model = pixelcnn.PixelCNNPlusPlus(num_classes=num_classes, orders=orders, **size)
    counted = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    cost = pixel_cnn_plus_plus_cost(num_classes=num_classes, orders=orders, **size)
    assert cost.parameters == counted and cost == model_cost(model)


# Parameters and multiplications with an addition. A count that did not use the layers gave them.
COSTS = {
    "tiny": (95_730, 46_713_856),
    "small": (595_294, 207_277_056),
    "blog": (34_670_878, 11_940_483_072),
    "paper": (54_052_060, 18_658_071_040),
}


@pytest.mark.parametrize("name", PRESETS)
def test_the_cost_of_a_preset(name):
    cost = pixel_cnn_plus_plus_cost((28, 28, 1), 20, **PRESETS[name].model_arguments())
    assert (cost.parameters, cost.multiply_adds) == COSTS[name]


def test_grids_of_odd_images_are_padded():
    cost = pixel_cnn_plus_plus_cost((7, 9, 3), 4, **PRESETS["small"].model_arguments())
    assert (cost.parameters, cost.multiply_adds) == (580_804, 25_555_968)


def test_larger_presets_cost_more():
    costs = [pixel_cnn_plus_plus_cost((28, 28, 1), 20, **preset.model_arguments()) for preset in PRESETS.values()]
    for name in ("parameters", "multiply_adds", "features"):
        values = [getattr(cost, name) for cost in costs]
        assert values == sorted(values) and values[0] > 0


def test_the_article_s_model_is_the_blog_preset():
    wanted = {"num_resnet": 5, "num_hierarchies": 3, "num_filters": 128, "num_logistic_mix": 5, "dropout_p": 0.5}
    assert find_preset("blog").model_arguments() == wanted


def test_unknown_preset_is_named():
    with pytest.raises(
        ValueError, match="preset='huge' does not fit: expected one of 'tiny', 'small', 'blog', 'paper'"
    ):
        find_preset("huge")
