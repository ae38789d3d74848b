"""The faster precision is one of two, and measured."""

import keras

from pixelcnn.training.dtype import fastest_dtype


def test_the_outcome_is_a_keras_policy():
    name = fastest_dtype(num_filters=4, image_size=8, batch_size=2)
    assert name in ("float32", "mixed_bfloat16")
    assert keras.dtype_policies.DTypePolicy(name).variable_dtype == "float32"
