import numpy as np
import pytest
from keras import ops

import pixelcnn
from models import all_images, model

SHAPES = [(1, 1, 1), (1, 7, 2), (7, 1, 1), (5, 6, 3), (4, 8, 1), (3, 3, 4)]
STRUCTURES = [
    {"num_hierarchies": 1, "receptive_field_dims": (2, 1)},
    {"num_hierarchies": 1, "receptive_field_dims": (3, 5)},
    {"num_hierarchies": 2, "use_weight_norm": False},
    {"num_hierarchies": 3, "resnet_activation": "relu"},
    {"num_hierarchies": 2, "receptive_field_dims": (4, 5), "resnet_activation": "elu"},
    {"num_hierarchies": 3, "receptive_field_dims": (5, 7)},
]


def parameters(distribution, images):
    return ops.convert_to_numpy(distribution.pixel_parameters(ops.convert_to_tensor(images), {}))


@pytest.mark.parametrize("image_shape", SHAPES)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_changing_a_pixel_changes_no_parameter_at_or_before_it(image_shape, structure):
    untrained = pixelcnn.PixelCNNPlusPlus(image_shape, num_resnet=1, num_filters=4, num_logistic_mix=2, **structure)
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (1, *image_shape))
    height, width, _ = image_shape
    places = [(row, column) for row in range(height) for column in range(width)]
    changed = np.repeat(image, len(places), axis=0)
    for index, (row, column) in enumerate(places):
        changed[index, row, column] = (changed[index, row, column] + 100) % 256
    before = parameters(untrained, np.repeat(image, len(places), axis=0)).reshape(len(places), len(places), -1)
    after = parameters(untrained, changed).reshape(before.shape)
    for index in range(len(places)):
        assert np.array_equal(before[index, : index + 1], after[index, : index + 1])
        assert (
            index == len(places) - 1
            or structure["num_hierarchies"] == 1
            or not np.array_equal(before[index], after[index])
        )


@pytest.mark.parametrize("image_shape", [(7, 7, 1), (5, 9, 1)])
def test_every_earlier_pixel_is_seen_at_sufficient_depth(image_shape):
    distribution = model(image_shape, num_hierarchies=2, num_resnet=2)
    height, width, _ = image_shape
    image = np.full((height * width, *image_shape), 128)
    before = parameters(distribution, image[:1])[0, -1, -1]
    for index in range(height * width - 1):
        image[index, index // width, index % width] = 255
    after = parameters(distribution, image)[:, -1, -1]
    assert all(not np.array_equal(before, after[index]) for index in range(height * width - 1))


@pytest.mark.parametrize(("image_shape", "high"), [((2, 2, 1), 3), ((3, 2, 1), 2), ((1, 2, 3), 2), ((2, 2, 2), 1)])
@pytest.mark.parametrize("hierarchies", [1, 3])
def test_probabilities_of_all_images_sum_to_one(image_shape, high, hierarchies):
    images = all_images(image_shape, 0, high)
    arguments = {"num_hierarchies": hierarchies, "high": high, "num_classes": 2}
    untrained = pixelcnn.PixelCNNPlusPlus(image_shape, num_resnet=1, num_filters=4, num_logistic_mix=2, **arguments)
    for distribution in (untrained, model(image_shape, **arguments)):
        for label in range(2):
            assert np.exp(distribution.log_prob(images, label).astype("float64")).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("image_shape", (28, 28)),
        ("image_shape", (28, 0, 1)),
        ("num_resnet", 0),
        ("num_hierarchies", 1.5),
        ("num_filters", -3),
        ("dropout_p", 1.0),
        ("resnet_activation", "tanh"),
        ("receptive_field_dims", (3, 4)),
        ("receptive_field_dims", (2, 3)),
        ("high", 0),
        ("num_classes", 0),
        ("class_names", ("a", "a")),
        ("spatial_condition_shape", (3, 3, 1)),
    ],
)
def test_a_bad_argument_is_named_with_its_value(argument, value):
    with pytest.raises(ValueError, match=argument):
        pixelcnn.PixelCNNPlusPlus(**{"image_shape": (28, 28, 1), "num_filters": 4, argument: value})


def test_classes_and_a_vector_condition_do_not_go_together():
    with pytest.raises(ValueError, match="num_classes"):
        pixelcnn.PixelCNNPlusPlus((4, 4, 1), num_classes=3, conditional_shape=())
