import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.backend import call_traced_once, compile_for_inference, convolve_with_own_gradients, value_and_gradients


def doubled(x):
    return {"twice": 2 * x}


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow warns of functions traced often")
@pytest.mark.parametrize("any_batch", [False, True])
def test_many_models_and_sizes_without_a_warning_of_tensorflow(any_batch, caplog):
    for _ in range(4):
        function = compile_for_inference(doubled, [], xla=True, any_batch=any_batch)
        for size in range(1, 8):
            found = function([], ops.ones((size, 2)))["twice"]
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

    found, expected = map(gradients, (convolve_with_own_gradients, ops.conv))
    np.testing.assert_allclose(found[0], expected[0])
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


traced = []


def scaled_sum(scale, pair, x):
    traced.append(scale)
    first, second = pair
    return scale * (first * x if second is None else first * x + second)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's alone")
def test_a_function_that_is_called_alike_is_traced_once_in_all_graphs_and_has_gradients():
    import tensorflow as tf

    traced.clear()
    for numbers in ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]):

        @tf.function(autograph=False)
        def step(x, y, z):
            with tf.GradientTape() as tape:
                tape.watch([x, y, z])
                once = call_traced_once(scaled_sum, 2.0, (x, y), z)
                twice = call_traced_once(scaled_sum, 2.0, (once, x), y)
                alone = call_traced_once(scaled_sum, 3.0, (z, None), x)
                total = twice + alone
            return total, tape.gradient(total, [x, y, z])

        x, y, z = numbers
        value, gradients = step(*map(tf.constant, numbers))
        assert float(value) == 2 * (2 * (x * z + y) * y + x) + 3 * z * x
        assert [float(one) for one in gradients] == [4 * z * y + 2 + 3 * z, 4 * x * z + 8 * y, 4 * x * y + 3 * x]
    assert traced == [2.0, 3.0]
