import json

import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.layers import MaskedConv2D
from reference.masks import mask_of_the_paper

CASES = [
    (kernel_size, mask_type, groups)
    for kernel_size in (1, 3, 7, (3, 5), (1, 7), (5, 1))
    for mask_type in "AB"
    for groups in (1, 2, 3)
]


def shaken(layer, image_shape):
    layer.build((None, *image_shape))
    random = np.random.default_rng(0)
    for weight in layer.weights:
        weight.assign(random.standard_normal(weight.shape))
    return layer


@pytest.mark.parametrize(("kernel_size", "mask_type", "groups"), CASES)
def test_it_is_a_masked_convolution_of_equal_weights(kernel_size, mask_type, groups):
    layer = shaken(MaskedConv2D(12, kernel_size, mask_type, groups, dtype="float64"), (6, 8, 6))
    mask = mask_of_the_paper(layer.kernel_size, mask_type, groups, 6, 12)
    # A weight for each open cell and no others, so that multiplying by the mask changes nothing.
    kernel = layer.full_kernel()
    assert np.array_equal(kernel != 0, mask == 1)
    assert sum(np.prod(weight.shape) for weight in layer.weights) == mask.sum() + 12
    images = np.random.default_rng(1).standard_normal((2, 6, 8, 6))
    plain = keras.layers.Conv2D(12, layer.kernel_size, padding="same", dtype="float64")
    plain.build((None, 6, 8, 6))
    bias = next(weight for weight in layer.weights if weight.name == "bias")
    plain.set_weights([kernel * mask, ops.convert_to_numpy(bias)[0]])
    np.testing.assert_allclose(ops.convert_to_numpy(layer(images)), ops.convert_to_numpy(plain(images)), atol=1e-10)


def test_a_training_step_opens_nothing():
    model = keras.Sequential([keras.Input((5, 5, 3)), MaskedConv2D(6, 3, "A", channel_groups=3)])
    model.compile(keras.optimizers.Adam(0.1), loss="mse")
    random = np.random.default_rng(0)
    model.fit(random.standard_normal((8, 5, 5, 3)), random.standard_normal((8, 5, 5, 6)), epochs=3, verbose=0)
    open_cells = model.layers[0].full_kernel() != 0
    assert np.array_equal(open_cells, mask_of_the_paper((3, 3), "A", 3, 3, 6) == 1)


def test_a_model_of_such_layers_is_the_same_from_a_file(tmp_path):
    model = keras.Sequential([keras.Input((5, 6, 3)), MaskedConv2D(6, (3, 5), "A", 3), MaskedConv2D(9, 1, "B", 3)])
    images = np.random.default_rng(0).standard_normal((2, 5, 6, 3))
    expected = ops.convert_to_numpy(model(images))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(ops.convert_to_numpy(again(images)), expected, rtol=1e-6)
    assert again.layers[0].kernel_size == (3, 5) and again.layers[0].mask_type == "A"


def test_sizes_may_be_unknown():
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, MaskedConv2D(4, 7)(inputs))
    assert model.output_shape == (None, None, None, 4)
    assert model(np.zeros((1, 9, 3, 1))).shape == (1, 9, 3, 4)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"filters": 0}, "filters=0"),
        ({"kernel_size": 4}, "kernel_size=4.*odd"),
        ({"kernel_size": (3, 3, 3)}, "kernel_size"),
        ({"mask_type": "C"}, "mask_type='C'"),
        ({"channel_groups": 5}, "filters=12.*channel_groups, 5"),
    ],
)
def test_a_bad_argument_is_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        MaskedConv2D(**{"filters": 12, "kernel_size": 3, **arguments})


def test_channels_that_do_not_form_groups_are_named():
    with pytest.raises(ValueError, match="channels of the input=4.*channel_groups, 3"):
        MaskedConv2D(12, 3, channel_groups=3).build((None, 5, 5, 4))


@pytest.mark.parametrize("kernel_size", [np.int64(3), np.array([3, 5]), (3, 5)])
def test_a_layer_is_made_again_from_its_configuration(kernel_size):
    policy, penalty = keras.DTypePolicy("float32"), keras.regularizers.L2(0.1)
    layer = MaskedConv2D(4, kernel_size, "B", np.int64(2), dtype=policy, activity_regularizer=penalty, name="one")
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == layer.get_config() and again.name == "one"
    assert again.kernel_size == layer.kernel_size and again.activity_regularizer.l2 == penalty.l2
