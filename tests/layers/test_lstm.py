import gc
import weakref

import keras
import numpy as np
import pytest
from keras import ops

from pixelcnn.backend import value_and_gradients
from pixelcnn.layers.diagonal_lstm import DiagonalBiLSTM, skew, unskew
from pixelcnn.layers.linear import parameters_in_place, stacks_of
from pixelcnn.layers.lstm import lstm_step, run_steps_with_own_gradient
from pixelcnn.layers.row_lstm import RowLSTM
from reference.lstm import diagonal_bilstm, row_lstm

HIDDEN = 3
SHAPES = [(1, 1), (1, 6), (6, 1), (4, 7), (7, 4)]


def small(cell):
    """An LSTM with random kernels, and its stacks."""
    lstm = cell(HIDDEN, channels=6, channel_groups=1, name="lstm")
    stacks = stacks_of(lstm.linear_layers(), use_weight_norm=False, dtype="float64")
    for stack in stacks:
        stack.direction.assign(np.random.default_rng(1).standard_normal(stack.direction.shape))
    return lstm, stacks


def gates_of(lstm, height, width):
    return np.random.default_rng(0).standard_normal((2, height, width, lstm.num_gates))


def nothing_above(lstm, gates):
    """What is remembered of the row above the image."""
    return ops.zeros((gates.shape[0], *lstm.memory.shape(gates.shape[2])), "float64")


def by_the_paper(lstm, gates):
    """The slow reference, with the kernels that are in place."""

    def kernel(layer):
        return ops.convert_to_numpy(ops.stack(layer.kernel))

    if isinstance(lstm, RowLSTM):
        return np.stack([row_lstm(image, kernel(lstm.state_to_state)) for image in gates])
    return np.stack([diagonal_bilstm(image, kernel(lstm.from_left), kernel(lstm.from_right)) for image in gates])


@pytest.mark.parametrize("cell", [RowLSTM, DiagonalBiLSTM])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_recurrence_of_the_paper(cell, shape):
    lstm, stacks = small(cell)
    gates = gates_of(lstm, *shape)
    with parameters_in_place(stacks):
        hidden, _ = lstm.rows(ops.convert_to_tensor(gates, "float64"), nothing_above(lstm, gates))
        expected = by_the_paper(lstm, gates)
    np.testing.assert_allclose(ops.convert_to_numpy(hidden), expected, atol=1e-12)


@pytest.mark.parametrize("cell", [RowLSTM, DiagonalBiLSTM])
@pytest.mark.parametrize("first", [1, 3])
def test_what_is_remembered_of_a_row_is_all_that_the_next_ones_need(cell, first):
    lstm, stacks = small(cell)
    gates = ops.convert_to_tensor(gates_of(lstm, 5, 6), "float64")
    with parameters_in_place(stacks):
        whole, last = lstm.rows(gates, nothing_above(lstm, gates))
        upper, above = lstm.rows(gates[:, :first], nothing_above(lstm, gates))
        lower, last_of_parts = lstm.rows(gates[:, first:], above)
    parts = ops.concatenate([upper, lower], axis=1)
    np.testing.assert_allclose(ops.convert_to_numpy(parts), ops.convert_to_numpy(whole), atol=1e-12)
    np.testing.assert_allclose(ops.convert_to_numpy(last_of_parts), ops.convert_to_numpy(last), atol=1e-12)


def test_gates_of_zero_leave_a_state_of_zero():
    hidden, memory = lstm_step(ops.zeros((2, 4 * HIDDEN)), ops.zeros((2, HIDDEN)))
    assert not ops.convert_to_numpy(hidden).any() and not ops.convert_to_numpy(memory).any()


@pytest.mark.parametrize("shape", SHAPES)
def test_skewing_moves_each_row_a_column_further_and_is_undone(shape):
    height, width = shape
    image = np.random.default_rng(0).standard_normal((2, height, width, 3))
    skewed = ops.convert_to_numpy(skew(ops.convert_to_tensor(image)))
    assert skewed.shape == (2, height, height + width - 1, 3)
    for row in range(height):
        assert np.array_equal(skewed[:, row, row : row + width], image[:, row])
    assert np.isclose(np.abs(skewed).sum(), np.abs(image).sum())
    assert np.array_equal(ops.convert_to_numpy(unskew(ops.convert_to_tensor(skewed), width)), image)


@pytest.mark.parametrize("cell", [RowLSTM, DiagonalBiLSTM])
@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_whole_image_is_its_rows_with_the_gradients_that_the_backend_finds(cell, batch):
    lstm, stacks = small(cell)
    gates = np.random.default_rng(0).standard_normal((batch, 4, 5, lstm.num_gates))
    weights = ops.convert_to_tensor(np.random.default_rng(1).standard_normal((batch, 4, 5, HIDDEN)))
    given = keras.Variable(gates, dtype="float64")
    variables = [given, *(variable for stack in stacks for variable in stack.trainable_variables)]

    def found_by(function):
        def weighted():
            with parameters_in_place(stacks):
                return ops.sum(ops.sin(function(ops.convert_to_tensor(given))) * weights)

        value, gradients = value_and_gradients(weighted, variables)
        used = [ops.convert_to_numpy(gradient) for gradient in gradients if gradient is not None]
        return [ops.convert_to_numpy(value), *used]

    backends = found_by(lambda gates: lstm.rows(gates, nothing_above(lstm, gates))[0])
    ours = found_by(lstm.image)
    assert len(ours) == len(backends) >= 3
    for one, other in zip(ours, backends, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10)


@pytest.mark.quick
def test_a_training_step_leaves_nothing_behind():
    gates = keras.Variable(np.ones((4, 1, 2, 3, 4 * HIDDEN)))
    kernel = keras.Variable(np.ones((1, HIDDEN, 4 * HIDDEN)))
    kept = []

    def loss():
        def gather(states):
            return ops.copy(states)

        kept.append(weakref.ref(gather))  # the gradient needs it, and would be kept with it
        given = ops.tanh(gates)
        for _ in range(2):
            hidden = run_steps_with_own_gradient(given, ops.tanh(kernel), (gather, gather))
            given = ops.concatenate([hidden] * 4, axis=-1)
        return ops.sum(hidden)

    value_and_gradients(loss, [gates, kernel])
    gc.collect()
    assert [gather() for gather in kept] == [None]
