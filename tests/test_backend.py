import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.backend import compile_for_inference


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
