import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from pixelcnn.backend import NARROW, convolution, parts, recomputed, value_and_gradients
from pixelcnn.layers.activation import ACTIVATIONS, NONE
from pixelcnn.layers.causal_convolution import CausalConv2D
from pixelcnn.layers.dropout import Dropout
from pixelcnn.layers.linear import parameters_in_place, stacks_of
from pixelcnn.layers.pointwise import matrix_product

ALL = [NONE, *ACTIVATIONS.values()]
IDS = ["none", *ACTIVATIONS]


def random(*shape):
    return np.random.default_rng(0).standard_normal(shape)


@pytest.mark.parametrize("activation", ALL, ids=IDS)
def test_zeros_stay_zeros(activation):
    assert not ops.convert_to_numpy(activation(ops.zeros((2, 3)))).any()


@pytest.mark.parametrize("activation", ALL, ids=IDS)
def test_its_width_is_that_of_its_result(activation):
    assert activation(ops.zeros((2, 3))).shape == (2, activation.width(3))


@pytest.mark.parametrize("activation", ALL, ids=IDS)
@pytest.mark.parametrize("drops", [False, True])
@pytest.mark.parametrize("filters", [NARROW, NARROW + 1])
def test_gradients_are_those_without_working_anything_out_again(activation, drops, filters):
    if drops:
        activation = activation.with_dropout(Dropout(0.5), (6, 3), training=True)
    width = activation.width(3)
    x = keras.Variable(random(6, 3), dtype="float64")
    kernel = keras.Variable(random(width, filters), dtype="float64")
    weights = ops.convert_to_tensor(random(6, filters))

    def found():
        return ops.sum(weights * recomputed(activation, matrix_product, x.value, kernel.value))

    def expected():
        return ops.sum(weights * matrix_product(activation(x.value), kernel.value))

    for one, other in zip(
        keras.tree.flatten(value_and_gradients(found, [x, kernel])),
        keras.tree.flatten(value_and_gradients(expected, [x, kernel])),
        strict=True,
    ):
        np.testing.assert_allclose(
            ops.convert_to_numpy(ops.stop_gradient(one)), ops.convert_to_numpy(ops.stop_gradient(other)), rtol=1e-12
        )


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("rate", [0.25, 0.5])
def test_behind_a_convolution_dropped_features_are_zero_and_the_others_scaled(name, rate):
    activation, dropout = ACTIVATIONS[name], Dropout(rate)
    layer = CausalConv2D(activation.width(4), (1, 1), 0, activation.width(4), name="same")
    stacks = stacks_of([layer], use_weight_norm=False, dtype="float64")
    stacks[0].direction.assign(ops.eye(activation.width(4))[None, None, None])
    x = ops.convert_to_tensor(1 + np.abs(random(20, 5, 5, 4)))
    dropping = activation.with_dropout(dropout, ops.shape(x), training=True)
    with parameters_in_place(stacks):
        whole, found = (ops.convert_to_numpy(layer(x, activation=one)) for one in (activation, dropping))
    kept = found != 0
    np.testing.assert_allclose(found, kept * whole / (1 - rate), rtol=1e-12)
    assert abs(kept.mean() - (1 - rate)) < 5 * (rate * (1 - rate) / kept.size) ** 0.5


def test_without_training_nothing_is_dropped():
    for activation in ACTIVATIONS.values():
        assert activation.with_dropout(Dropout(0.5), (2, 3), training=False) is activation


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="what a graph keeps is asked of TensorFlow alone")
def test_a_training_step_of_a_wide_network_keeps_no_activated_features_for_its_gradients(monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(convolution, "NARROW", 0)
    parts._traced_part.cache_clear()  # which may have been traced the other way
    model = pixelcnn.PixelCNNPlusPlus((8, 8, 1), num_resnet=1, num_hierarchies=2, num_filters=4)

    @tf.function(autograph=False)
    def step(images):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(model(images, output="pixel_log_prob", training=True))
        return loss, tape.gradient(loss, [variable.value for variable in model.trainable_variables])

    count = 7  # of images, which no kernel's shape has
    graph = step.get_concrete_function(tf.TensorSpec((count, 8, 8, 1), "float32")).graph
    forward = ancestors(graph.structured_outputs[0].op)
    kept = [
        origin(tensor)
        for operation in graph.get_operations()
        if operation not in forward
        for tensor in operation.inputs
        if tensor.op in forward
    ]
    types = [operation.type for operation in {tensor.op for tensor in kept}]
    assert "Split" in types  # the values of gates
    assert types.count("Elu") == 1  # of the last layer, which has no block around it
    # Nor what a block's second convolution gives, before dropout's scale or after it: 8 features, as activated ones.
    of_blocks = [tensor for tensor in kept if tensor.graph is not graph and tensor.dtype.is_floating]
    assert max(tensor.shape[-1] for tensor in of_blocks if tensor.shape[:1] == (count,)) == 4


def origin(tensor):
    """The tensor itself, or what a function that was called for it returns as this tensor."""
    if tensor.op.type not in ("PartitionedCall", "StatefulPartitionedCall"):
        return tensor
    called = tensor.graph._get_function(tensor.op.get_attr("f").name).graph
    return origin(called.outputs[tensor.value_index])


def ancestors(operation):
    """An operation and all that it depends on."""
    found, pending = set(), [operation]
    while pending:
        operation = pending.pop()
        if operation not in found:
            found.add(operation)
            pending += [tensor.op for tensor in operation.inputs]
    return found
