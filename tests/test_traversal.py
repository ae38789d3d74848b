"""The traversal is written once: any split of the rows gives the features of the whole image."""

import numpy as np
import pytest
from keras import ops

from models import model
from pixelcnn.networks.shift import shift_down, shift_right
from pixelcnn.traversal import Rows

CASES = [
    {"num_hierarchies": 1},
    {"num_hierarchies": 2, "receptive_field_dims": (4, 5), "resnet_activation": "relu"},
    {"num_hierarchies": 3, "num_classes": 2},
    {"num_hierarchies": 3, "receptive_field_dims": (6, 7), "spatial_condition_shape": (8, 12, 2)},
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("splits", [[4], [1, 2, 3, 4, 5, 6, 7], [3, 6], [1, 7], [2, 5]])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
def test_any_split_of_the_rows_gives_the_features_of_the_whole_image(case, splits, dtype, tolerance):
    network = model((8, 12, 1), dtype=dtype, **case).network
    random = np.random.default_rng(0)
    images = ops.convert_to_tensor(random.uniform(-1, 1, (2, 8, 12, 1)), dtype)
    condition = {}
    if "num_classes" in case:
        condition["label"] = ops.convert_to_tensor([0, 1])
    if "spatial_condition_shape" in case:
        condition["spatial"] = ops.convert_to_tensor(random.standard_normal((2, 8, 12, 2)), dtype)
    whole = ops.convert_to_numpy(network(images, condition=condition))
    above, left = shift_down(images), shift_right(images)
    for_vertical, for_horizontal = network.conditions(condition)
    history, parts = {}, []
    for first, last in zip([0, *splits], [*splits, 8], strict=True):
        rows = Rows(history, first, last - first)
        with network.kernels_in_place():
            known = network.vertical(above[:, first:last], for_vertical, rows)
            parts.append(network.horizontal(left[:, first:last], known, for_horizontal, rows))
    in_parts = ops.convert_to_numpy(ops.concatenate(parts, axis=1))
    np.testing.assert_allclose(in_parts, whole, atol=tolerance * np.abs(whole).max(), rtol=0)
