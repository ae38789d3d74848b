import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from models import shake
from pixelcnn.layers.shift import shift_down, shift_right
from reference.lstm import diagonal_bilstm, row_lstm


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("cell", "column"),
        ("num_layers", 0),
        ("num_filters", 0),
        ("num_filters", 9),  # for gray images: an LSTM has half as many
        ("dropout_p", 1.0),
        ("head", "softmax"),
    ],
)
def test_a_bad_argument_is_named_with_its_value(argument, value):
    with pytest.raises(ValueError, match=argument):
        pixelcnn.PixelRNN(**{"image_shape": (28, 28, 1), "num_filters": 8, argument: value})


def test_the_same_name_reaches_r_wherever_the_class_is_written():
    assert pixelcnn.PixelRNN.__module__ == "pixelcnn"


@pytest.mark.parametrize("cell", ["row", "diagonal"])
@pytest.mark.parametrize("image_shape", [(5, 6, 1), (4, 5, 3)])
def test_its_blocks_are_figure_5_of_the_paper(cell, image_shape):
    distribution = pixelcnn.PixelRNN(image_shape, cell=cell, num_layers=2, num_filters=12, high=3, dtype="float64")
    shake(distribution)
    network = distribution.network
    levels = np.random.default_rng(1).integers(0, 4, (2, *image_shape))
    images = ops.convert_to_tensor(distribution.head.scaled(levels.astype("float64")))
    images = ops.pad(images, ((0, 0), (0, 0), (0, network.margin), (0, 0)))

    def lstm_of_the_paper(lstm, gates):
        def kernel(layer):
            return ops.convert_to_numpy(ops.stack(layer.kernel))

        if cell == "row":
            return np.stack([row_lstm(image, kernel(lstm.state_to_state)) for image in gates])
        return np.stack([diagonal_bilstm(image, kernel(lstm.from_left), kernel(lstm.from_right)) for image in gates])

    def input_to_state(layer, x):
        """Row: the pixel to the left, and the pixel itself; diagonal: the pixel itself."""
        if cell == "diagonal":
            return x @ layer.kernel + layer.bias
        left, here = layer.kernel[0]
        return shift_right(x) @ left + x @ here + layer.bias

    with network.kernels_in_place():
        here = images if network.channel_groups > 1 else None
        x = network.first_above(shift_down(images)) + network.first_row(shift_right(images), current=here)
        x = ops.convert_to_tensor(x)
        for block in network.blocks:
            gates = ops.convert_to_numpy(input_to_state(block.lstm.input_to_state, x))
            hidden = ops.convert_to_tensor(lstm_of_the_paper(block.lstm, gates))
            x = x + hidden @ block.expand.kernel + block.expand.bias
        expected = ops.convert_to_numpy(network.readout(x))[:, :, : image_shape[1]]
    found = ops.convert_to_numpy(distribution.pixel_parameters(ops.convert_to_tensor(levels), {}))
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("cell", ["row", "diagonal"])
def test_an_image_has_its_likelihood_in_batches_of_any_size(cell):
    # From the second size on a batch's is not known while the network is traced; the Diagonal BiLSTM lays images side
    # by side in eights.
    distribution = pixelcnn.PixelRNN((3, 4, 1), cell=cell, num_layers=1, num_filters=8, high=3, dtype="float64")
    shake(distribution)
    images = np.random.default_rng(0).integers(0, 4, (9, 3, 4, 1))
    expected = distribution.log_prob(images)
    for count in (1, 2, 3, 5, 8):
        np.testing.assert_allclose(distribution.log_prob(images[:count]), expected[:count], rtol=1e-12)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="On JAX a step is a compiled function always.")
@pytest.mark.parametrize("cell", [pytest.param("row", marks=pytest.mark.full), "diagonal"])
def test_an_eager_training_takes_the_same_steps(cell):
    images = np.random.default_rng(0).integers(0, 4, (12, 4, 5, 1))
    weights = []
    for eagerly in (False, True):  # in this order: what was compiled for the one must not serve the other
        keras.utils.set_random_seed(0)
        distribution = pixelcnn.PixelRNN((4, 5, 1), cell=cell, num_layers=1, num_filters=8, high=3, dtype="float64")
        distribution.compile(keras.optimizers.SGD(1e-2), run_eagerly=eagerly)
        distribution.fit(images, batch_size=4, epochs=1, shuffle=False, verbose=0)
        weights.append(distribution.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
