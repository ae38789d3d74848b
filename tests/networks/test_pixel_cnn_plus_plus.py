import pytest

import pixelcnn


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
