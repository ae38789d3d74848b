import numpy as np
import pytest
from keras import ops

import pixelcnn
from models import shake
from pixelcnn.networks.gated_pixel_cnn import gate
from reference.masks import mask_of_the_paper


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("image_shape", (28, 28)),
        ("num_blocks", 0),
        ("num_filters", 1.5),
        ("dropout_p", -0.1),
        ("head", "gaussian"),
        ("high", 0),
        ("class_names", ("a", "a")),
    ],
)
def test_a_bad_argument_is_named_with_its_value(argument, value):
    with pytest.raises(ValueError, match=argument):
        pixelcnn.GatedPixelCNN(**{"image_shape": (28, 28, 1), "num_filters": 4, argument: value})


def test_filters_form_a_group_for_each_channel_unless_the_head_chains_them():
    with pytest.raises(ValueError, match="num_filters=128.*3"):
        pixelcnn.GatedPixelCNN((4, 4, 3), num_filters=128)
    assert pixelcnn.GatedPixelCNN((4, 4, 3), num_blocks=1).network.layers[0].last.filters == 129
    chained = pixelcnn.GatedPixelCNN((4, 4, 3), num_filters=128, num_blocks=1, head="logistic_mixture")
    assert chained.network.channel_groups == 1


def reference_parameters(distribution, images, contribution):
    """Figure 2 of the paper, with whole kernels and masks; `contribution` is V h of every layer and both stacks."""
    network, groups = distribution.network, distribution.network.channel_groups

    def gated(x):
        value, gate = np.split(x, 2, axis=-1)
        return np.tanh(value) / (1 + np.exp(-gate))

    def convolve(x, kernel):
        return ops.convert_to_numpy(ops.conv(ops.convert_to_tensor(x), kernel, padding="same"))

    def masked(x, kernel, mask_type):
        mask = mask_of_the_paper(kernel.shape[:2], mask_type, groups, *kernel.shape[2:])
        assert np.array_equal(kernel != 0, mask == 1)
        return convolve(x, kernel)

    def numbers(tensor):
        return ops.convert_to_numpy(tensor)

    def pointwise(layer, x):
        return masked(x, numbers(layer.kernel)[None, None], "B") + numbers(layer.bias)

    across = down = distribution.head.scaled(images.astype("float64"))
    for index, layer in enumerate(network.layers):
        size = 7 if index == 0 else 3
        # The vertical stack's features of a row see it and the rows above; the horizontal stack takes them from the row
        # above. The first layer's view of the rows above is shifted already.
        tall = np.zeros((2 * size, size, down.shape[-1], 2 * 12))
        rows = size // 2 if index == 0 else 2
        tall[size - rows : size] = numbers(layer.vertical.kernel)
        moved = np.pad(down, ((0, 0), (1, 0), (0, 0), (0, 0)))[:, :-1] if index == 0 else down
        features = convolve(np.pad(moved, ((0, 0), (size, size), (0, 0), (0, 0))), tall)[:, size:-size]
        features = features + numbers(layer.vertical.bias)
        link = features @ numbers(layer.link.kernel[0]) + numbers(layer.link.bias)
        wide = np.zeros((1, size, across.shape[-1], 2 * 12))
        if index == 0:
            wide[:, :3], bias = numbers(layer.row.left.kernel), numbers(layer.row.left.bias)
            if groups > 1:
                wide[0, 3], bias = numbers(layer.row.current.kernel), bias + numbers(layer.row.current.bias)
        else:
            wide[:, :2], bias = numbers(layer.row.kernel), numbers(layer.row.bias)
        row = masked(across, wide, "A" if index == 0 else "B") + bias
        to_down, to_across = contribution(index)
        found = pointwise(layer.last, gated(row + link + to_across))
        across = found if index == 0 else across + found
        down = gated(features + to_down)
    for layer in network.readout.layers:
        across = pointwise(layer, np.maximum(across, 0))
    return across


@pytest.mark.parametrize("image_shape", [(6, 7, 1), (5, 6, 3)])
@pytest.mark.parametrize("condition", ["none", "class", "map"])
def test_it_is_figure_2_of_the_paper(image_shape, condition):
    arguments = {"class": {"num_classes": 3}, "map": {"spatial_condition_shape": (*image_shape[:2], 2)}}
    distribution = pixelcnn.GatedPixelCNN(
        image_shape, num_blocks=2, num_filters=12, high=3, dtype="float64", **arguments.get(condition, {})
    )
    shake(distribution)
    random = np.random.default_rng(1)
    images = random.integers(0, 4, (3, *image_shape))
    labels, maps = np.array([2, 0, 1]), random.standard_normal((3, *image_shape[:2], 2))
    given = {"class": {"label": labels}, "map": {"spatial": maps}}.get(condition, {})

    def contribution(index):
        if condition == "none":
            return 0.0, 0.0
        projection = distribution.network.projection
        if condition == "class":
            every = ops.convert_to_numpy(projection.table)[labels][:, None, None]
        else:
            every = maps @ ops.convert_to_numpy(projection.map_kernel)
        parts = np.split(every, 6, axis=-1)  # for three layers of the vertical stack, then of the horizontal one
        return parts[index], parts[3 + index]

    with distribution.network.kernels_in_place():
        expected = reference_parameters(distribution, images, contribution)
    tensors = {name: ops.convert_to_tensor(value) for name, value in given.items()}
    found = ops.convert_to_numpy(distribution.pixel_parameters(ops.convert_to_tensor(images), tensors))
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_gates_keep_the_precision_of_float64():
    halves = np.random.default_rng(0).standard_normal((2, 8))
    found = gate(ops.convert_to_tensor(np.concatenate(halves), "float64"))
    expected = np.tanh(halves[0]) / (1 + np.exp(-halves[1]))
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-14)
