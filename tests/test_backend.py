import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.backend import compile_for_inference, convolve_with_own_gradient, value_and_gradients


def doubled(x):
    return {"twice": 2 * x}


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow warns of functions traced often")
@pytest.mark.parametrize("any_batch", [False, True])
def test_many_models_and_sizes_without_a_warning_of_tensorflow(any_batch, caplog):
    for _ in range(4):
        function = compile_for_inference(doubled, [], xla=True, any_batch=any_batch)
        for size in range(1, 8):
            found = function(ops.ones((size, 2)))["twice"]
            assert np.array_equal(ops.convert_to_numpy(found), np.full((size, 2), 2.0))
    assert "retracing" not in caplog.text


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's alone")
@pytest.mark.parametrize("window", [(1, 1), (1, 3), (2, 3), (3, 7)])
@pytest.mark.parametrize("count", [1, 3])
def test_gradients_of_a_convolution_with_its_own_are_those_of_any_convolution(window, count):
    random = np.random.default_rng(0).standard_normal
    x = keras.Variable(random((count, 6, 7, 2)), dtype="float64")
    kernel = keras.Variable(random((*window, 2, 3)), dtype="float64")
    weights = random((count, 7 - window[0], 8 - window[1], 3))

    def gradients(convolution):
        loss = lambda: ops.sum(weights * convolution(x.value, kernel.value))  # noqa: E731
        return value_and_gradients(loss, [x, kernel])

    found, expected = map(gradients, (convolve_with_own_gradient, ops.conv))
    np.testing.assert_allclose(found[0], expected[0])
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
