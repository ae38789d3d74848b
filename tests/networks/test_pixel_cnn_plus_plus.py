import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.backend import convolution, parts


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
        ("variant", "keras"),
        ("head", "softmax"),
        ("head", "bernoulli"),
    ],
)
def test_a_bad_argument_is_named_with_its_value(argument, value):
    with pytest.raises(ValueError, match=argument):
        pixelcnn.PixelCNNPlusPlus(**{"image_shape": (28, 28, 1), "num_filters": 4, argument: value})


def test_classes_and_a_vector_condition_do_not_go_together():
    with pytest.raises(ValueError, match="num_classes"):
        pixelcnn.PixelCNNPlusPlus((4, 4, 1), num_classes=3, conditional_shape=())


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="On JAX a step is a compiled function always.")
@pytest.mark.parametrize(
    "narrow",
    [
        pytest.param(0, id="worked out again"),
        pytest.param(convolution.NARROW, id="kept", marks=pytest.mark.full),
    ],
)
def test_an_eager_training_takes_the_same_steps(monkeypatch, narrow):
    # Compiled, blocks that are alike share a function, which is traced once, and of a wide network features on their
    # way into a convolution are worked out again; eagerly each computes by itself.
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 4, (8, 4, 6, 1)), random.integers(0, 3, 8)
    condition = labels, random.normal(size=(8, 4, 6, 2))
    weights = []
    for eagerly in (True, False):
        keras.utils.set_random_seed(0)
        distribution = pixelcnn.PixelCNNPlusPlus(
            (4, 6, 1), num_classes=3, spatial_condition_shape=(4, 6, 2), num_resnet=1, num_hierarchies=2, num_filters=4,
            dropout_p=0.0, high=3, dtype="float64",
        )  # fmt: skip
        distribution.compile(keras.optimizers.SGD(1e-3), run_eagerly=eagerly)
        monkeypatch.setattr(convolution, "NARROW", convolution.NARROW if eagerly else narrow)
        parts._traced_part.cache_clear()  # which may have been traced the other way
        distribution.fit(images, condition, batch_size=4, epochs=1, shuffle=False, verbose=0)
        weights.append(distribution.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
