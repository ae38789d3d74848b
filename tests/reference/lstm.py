"""The LSTMs of van den Oord, Kalchbrenner and Kavukcuoglu (2016a), sections 3.1 and 3.2, pixel by pixel."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(gates, memory):
    """Equation 3, with 1 added to the forget gate: gates (4 F,) and memory (F,) to the next state."""
    output, forget, write, content = np.split(gates, 4)
    memory = sigmoid(forget + 1) * memory + sigmoid(write) * np.tanh(content)
    return sigmoid(output) * np.tanh(memory), memory


def row_lstm(gates, kernel):
    """Hidden states (H, W, F) from the input's share of the gates (H, W, 4 F) and a kernel (3, F, 4 F)."""
    height, width, count = gates.shape
    hidden, memory = np.zeros((height, width, count // 4)), np.zeros((height, width, count // 4))
    for row, column in np.ndindex(height, width):
        total, before = gates[row, column].copy(), np.zeros(count // 4)
        if row:
            before = memory[row - 1, column]
            for tap, neighbour in enumerate((column - 1, column, column + 1)):
                if 0 <= neighbour < width:
                    total += hidden[row - 1, neighbour] @ kernel[tap]
        hidden[row, column], memory[row, column] = step(total, before)
    return hidden


def diagonal_lstm(gates, kernel):
    """Hidden states (H, W, F) of the LSTM from the left, with a kernel (2, F, 4 F) of the states to the left and
    above.
    """
    height, width, count = gates.shape
    hidden, memory = np.zeros((height, width, count // 4)), np.zeros((height, width, count // 4))
    for row, column in np.ndindex(height, width):
        total, before = gates[row, column].copy(), np.zeros(count // 4)
        if column:
            total += hidden[row, column - 1] @ kernel[0]
            before = memory[row, column - 1]
        if row:
            total += hidden[row - 1, column] @ kernel[1]
        hidden[row, column], memory[row, column] = step(total, before)
    return hidden


def diagonal_bilstm(gates, from_left, from_right):
    """The sum of both LSTMs, the output of the one from the right shifted down by a row: gates (H, W, 8 F)."""
    left, right = np.split(gates, 2, axis=-1)
    result = diagonal_lstm(left, from_left)
    result[1:] += diagonal_lstm(right[:, ::-1], from_right)[:-1, ::-1]
    return result
