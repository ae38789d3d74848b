import numpy as np
import pytest
from keras import ops

import pixelcnn
from models import shake
from pixelcnn.heads.bernoulli import Bernoulli
from pixelcnn.heads.categorical import Categorical
from pixelcnn.heads.logistic_mixture import LogisticMixture
from reference.masks import mask_of_the_paper


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("image_shape", (28, 28)),
        ("num_blocks", 0),
        ("num_filters", 0),
        ("num_filters", 9),  # for gray images: a block has half as many
        ("num_logistic_mix", 0),
        ("dropout_p", 1.0),
        ("head", "softmax"),
        ("head", "bernoulli"),
        ("high", 0),
        ("num_classes", 0),
        ("spatial_condition_shape", (3, 3, 1)),
    ],
)
def test_a_bad_argument_is_named_with_its_value(argument, value):
    with pytest.raises(ValueError, match=argument):
        pixelcnn.PixelCNN(**{"image_shape": (28, 28, 1), "num_filters": 8, argument: value})


def test_filters_form_a_group_for_each_channel_unless_the_head_chains_them():
    with pytest.raises(ValueError, match="num_filters=128.*6"):
        pixelcnn.PixelCNN((4, 4, 3), num_filters=128)
    chained = pixelcnn.PixelCNN((4, 4, 3), num_filters=128, num_blocks=1, head="logistic_mixture")
    assert chained.network.channel_groups == 1
    for channels, expected in ((1, 128), (3, 132), (4, 128)):
        network = pixelcnn.PixelCNN((4, 4, channels), num_blocks=1).network
        assert network.channel_groups == channels and network.first_above.filters == expected


@pytest.mark.parametrize("family", ["PixelCNN", pytest.param("GatedPixelCNN", marks=pytest.mark.full)])
@pytest.mark.parametrize(
    ("arguments", "head"),
    [
        ({"high": 1}, Bernoulli),
        ({}, Categorical),
        ({"high": 1023}, LogisticMixture),
        ({"head": "logistic_mixture"}, LogisticMixture),
        ({"high": 1, "head": "categorical"}, Categorical),
    ],
)
def test_every_head_draws_and_has_a_likelihood(family, arguments, head):
    make = getattr(pixelcnn, family)
    distribution = make((3, 4, 3), num_classes=2, num_blocks=1, num_filters=6, **arguments)
    shake(distribution)
    assert type(distribution.head) is head
    images = distribution.sample(conditional_input=[0, 1], seed=0, verbose=0)
    assert images.shape == (2, 3, 4, 3) and images.max() <= distribution.high
    assert np.isfinite(distribution.log_prob(images, [0, 1])).all()


@pytest.mark.parametrize("family", ["PixelCNN", "GatedPixelCNN"])
def test_the_same_name_reaches_r_wherever_the_class_is_written(family):
    assert getattr(pixelcnn, family).__module__ == "pixelcnn"


@pytest.mark.parametrize("image_shape", [(6, 7, 1), (5, 6, 3)])
def test_it_is_table_1_of_the_paper_in_masked_convolutions(image_shape):
    distribution = pixelcnn.PixelCNN(image_shape, num_blocks=2, num_filters=12, high=3, dtype="float64")
    shake(distribution)
    network, groups = distribution.network, distribution.network.channel_groups

    def masked(x, kernel, bias, mask_type):
        """A convolution of a kernel of full size, which the mask must leave as it is."""
        mask = mask_of_the_paper(kernel.shape[:2], mask_type, groups, *kernel.shape[2:])
        assert np.array_equal(kernel != 0, mask == 1)
        return ops.conv(x, kernel, padding="same") + bias

    def pointwise(layer, x):
        return masked(ops.relu(x), ops.convert_to_numpy(layer.kernel)[None, None], layer.bias, "B")

    def three_by_three(layer, x):
        kernel = np.zeros((3, 3, 6, 6))
        kernel[:2] = ops.convert_to_numpy(layer.kernel)
        return masked(ops.relu(x), kernel, layer.bias, "B")

    def first(x):
        row = network.first_row
        kernel, bias = np.zeros((7, 7, image_shape[-1], 12)), network.first_above.bias + row.left.bias
        kernel[:3], kernel[3, :3] = (
            ops.convert_to_numpy(network.first_above.kernel),
            ops.convert_to_numpy(row.left.kernel),
        )
        if groups > 1:
            kernel[3, 3], bias = ops.convert_to_numpy(row.current.kernel), bias + row.current.bias
        return masked(x, kernel, bias, "A")

    images = np.random.default_rng(1).integers(0, 4, (3, *image_shape))
    with network.kernels_in_place():
        x = first(ops.convert_to_tensor(distribution.head.scaled(images.astype("float64"))))
        for block in network.blocks:
            x = x + pointwise(block.expand, three_by_three(block.convolution, pointwise(block.reduce, x)))
        for layer in network.readout.layers:
            x = pointwise(layer, x)
    found = distribution.pixel_parameters(ops.convert_to_tensor(images), {})
    np.testing.assert_allclose(ops.convert_to_numpy(found), ops.convert_to_numpy(x), atol=1e-9)
