"""Calls of TensorFlow's functions by name give what the functions give."""

from typing import NamedTuple

import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.backend import compile_for_inference

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's alone")
ONE, TWO = np.array([1.0, 2.0], "float32"), np.array([[3.0], [4.0]], "float32")


class Pair(NamedTuple):
    second: object  # the order of the fields is not that of the alphabet
    first: object = None


def weighted(scale, by_name, pairs, nothing):
    """A function that is not symmetric in any of its tensors."""
    (bias, _), pair = pairs
    total = scale * by_name["b"] - by_name["a"] / scale + 7 * bias + 11 * pair.second
    return {"total": total, "nothing": nothing, "parts": [ops.sum(total), (scale,)]}


def call(function, scale):
    tensors = [ops.convert_to_tensor(value) for value in (scale, ONE, TWO, 5 * ONE, 6 * TWO)]
    scale, a, b, bias, second = tensors
    return function([], scale, {"b": b, "a": a}, [(bias, None), Pair(second)], None)


def expected(scale):
    total = scale * TWO - ONE / scale + 7 * 5 * ONE + 11 * 6 * TWO
    return {"total": total, "nothing": None, "parts": [total.sum(), (scale,)]}


def assert_equal(found, right):
    keras.tree.assert_same_structure(found, right)
    for one, other in zip(keras.tree.flatten(found), keras.tree.flatten(right), strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_allclose(ops.convert_to_numpy(one), other, rtol=1e-6)


@pytest.fixture(params=[False, True], ids=["graph", "XLA"])
def function(request):
    return compile_for_inference(weighted, [], xla=request.param)


def test_nested_arguments_and_results_keep_their_places(function):
    for scale in (2.0, 3.0, 5.0):  # the first call traces
        assert_equal(call(function, np.float32(scale)), expected(np.float32(scale)))


def test_each_list_of_shapes_and_types_has_its_own_function(function):
    assert_equal(call(function, np.float32(2)), expected(np.float32(2)))
    assert_equal(call(function, np.full((2, 2), 2, "float32")), expected(np.full((2, 2), 2, "float32")))
    assert_equal(call(function, np.float32(3)), expected(np.float32(3)))


def added_or_subtracted(scale, parts):
    added, subtracted = parts.get("added"), parts.get("subtracted")
    return scale + (0 if added is None else added) - (0 if subtracted is None else subtracted)


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("absent", [{}, {"added": None, "subtracted": None}], ids=["no key", "None"])
def test_tensors_of_one_shape_at_different_places_have_their_own_functions(xla, absent):
    function = compile_for_inference(added_or_subtracted, [], xla=xla)
    two, three = ops.convert_to_tensor(TWO), ops.convert_to_tensor(3 * TWO)
    for _ in range(2):
        assert_equal(function([], two, {**absent, "added": three}), 4 * TWO)
        assert_equal(function([], two, {**absent, "subtracted": three}), -2 * TWO)


def test_a_function_that_was_called_eagerly_can_be_called_in_a_graph_and_the_other_way_round(function):
    import tensorflow as tf

    inside = tf.function(lambda scale: call(function, scale)["total"], autograph=False)
    assert_equal(call(function, np.float32(2)), expected(np.float32(2)))
    np.testing.assert_allclose(inside(tf.constant(2.0)), expected(np.float32(2))["total"])
    assert_equal(call(function, np.float32(3)), expected(np.float32(3)))


def test_arrays_in_place_of_tensors_are_taken(function):
    scale, names = np.float32(2), {"b": TWO, "a": ONE}
    for _ in range(2):
        assert_equal(function([], scale, names, [(5 * ONE, None), Pair(6 * TWO)], None), expected(scale))


def test_functions_that_run_eagerly_do_so(function):
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        assert_equal(call(function, np.float32(2)), expected(np.float32(2)))
    finally:
        tf.config.run_functions_eagerly(False)
    assert_equal(call(function, np.float32(2)), expected(np.float32(2)))
