"""The LSTM of PixelRNN: one step, many steps, and the map from hidden states to the gates of the next step.

NOTE: 1 is added to the forget gate, as [2] recommends, so that it starts near 0.73 and not at 0.5. At 0.5 a state would
lose its content within a few of the 28 rows of a digit. [1] does not mention a bias of the forget gate.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3, equation 3.
    2. Jozefowicz, Zaremba and Sutskever, An Empirical Exploration of Recurrent Network Architectures, 2015,
       <https://proceedings.mlr.press/v37/jozefowicz15.html>.
"""

from keras import ops

from pixelcnn.backend import scan, tanh
from pixelcnn.layers.pointwise import Pointwise, matrix_product

FORGET_BIAS = 1.0


def lstm_step(gates, memory):
    """Compute the hidden state and the memory cell, (…, F) both, from gates (…, 4 F) and the last memory cell (…, F).

    `c = sigmoid(f) c' + sigmoid(i) tanh(g)` and `h = sigmoid(o) tanh(c)`: equation 3 of [1]. Where the gates and the
    last state are zero, the state stays zero.
    """
    output, forget, write, content = _activations(gates)
    memory = forget * memory + write * content
    return output * tanh(memory), memory


def _activations(gates):
    output, forget, write, content = ops.split(gates, 4, axis=-1)
    return ops.sigmoid(output), ops.sigmoid(forget + FORGET_BIAS), ops.sigmoid(write), tanh(content)


class StateToState(Pointwise):
    """What a few neighbouring hidden states, (…, F) each, contribute to the gates (…, 4 F).

    The layer has no bias, because the map from the input to the gates has one.

    Args:
        cells: Number of neighbours.
        num_hidden: Number of features F of a hidden state.
        name: See `Linear`.
    """

    use_bias = False

    def __init__(self, cells, num_hidden, name):
        super().__init__(4 * num_hidden, [num_hidden] * cells, name)

    def matrix(self):
        """The kernel (cells F, 4 F) for the concatenated states of all neighbours."""
        return ops.concatenate(self.kernel)


def run_steps(gates, kernel, neighbours, start=None):
    """Run D LSTMs for S steps. Each LSTM has a line of N states.

    Args:
        gates: What the inputs contribute to the gates, (S, D, B, N, 4 F).
        kernel: The kernel (D, cells F, 4 F) from neighbouring hidden states to the gates.
        neighbours: A pair of functions. The first maps the hidden states (…, N, F) of a step to the neighbours' states
            (…, N, cells F), which the gates of the next step depend on. The second is its transpose.
        start: Hidden states and memory cells, (D, B, N, F) each, before the first step; None stands for zeros.

    Returns:
        Hidden states (S, D, B, N, F), and the pair of the last hidden states and memory cells.
    """
    (hidden, _, _), last = _run_steps(gates, kernel, neighbours[0], _zeros(gates) if start is None else tuple(start))
    return hidden, last


def run_steps_with_own_gradient(gates, kernel, neighbours):
    """Compute the hidden states of `run_steps` from states of zero, with a custom gradient.

    The custom gradient is faster than that of the backends, which compute everything step by step. It computes the
    derivatives of all steps at once before the steps back, and the gradient of the kernel at once behind them.
    """
    gather, scatter = neighbours

    @ops.custom_gradient
    def run(gates, kernel):
        (output, memory, gates), _ = _run_steps(gates, kernel, gather, _zeros(gates))
        hidden = ops.stop_gradient(output)  # because torch never frees an output that its own gradient refers to

        def gradient(*arguments, upstream=None):
            upstream = arguments[0] if upstream is None else upstream
            expose, forget, write, content = _activations(gates)
            squashed = tanh(memory)
            # Derivatives of the hidden state by the memory cell, and of both by the gates.
            by_memory = expose * (1 - squashed * squashed)
            by_gates = ops.concatenate(
                [
                    squashed * expose * (1 - expose),
                    _shift(memory) * forget * (1 - forget),
                    content * write * (1 - write),
                    write * (1 - content * content),
                ],
                axis=-1,
            )
            transposed = ops.swapaxes(kernel, -1, -2)

            def step_back(gradients, step):
                upstream, by_memory, by_gates, forget = step
                of_hidden = gradients[0] + upstream
                of_memory = gradients[1] + of_hidden * by_memory
                back = scatter(_product(_of_gates(of_hidden, of_memory) * by_gates, transposed))
                return (back, of_memory * forget), (of_hidden, of_memory)

            steps = (upstream, by_memory, by_gates, forget)
            _, (of_hidden, of_memory) = ops.scan(step_back, _zeros(gates), steps, reverse=True)
            of_gates = _of_gates(of_hidden, of_memory) * by_gates
            return of_gates, _of_kernel(gather(_shift(hidden)), of_gates)

        return output, gradient

    return run(gates, kernel)


def _run_steps(gates, kernel, gather, start):
    """Compute hidden states, memory cells and gates of all steps, and the last hidden states and memory cells."""

    def step(state, gates):
        hidden, memory, _ = state
        gates = gates + _product(gather(hidden), kernel)
        state = *lstm_step(gates, memory), gates
        return state, state  # both alike, because Keras' scan requires this on TensorFlow

    (hidden, memory, _), states = scan(step, (*start, ops.zeros_like(gates[0])), gates)
    return states, (hidden, memory)


def _zeros(gates):
    """States of zero for gates (S, D, B, N, 4 F)."""
    zeros = ops.zeros_like(gates[0, ..., : gates.shape[-1] // 4])
    return zeros, zeros


def _shift(states):
    """Shift states (S, …) by one step, to the states before each step; the first are zeros."""
    return ops.concatenate([ops.zeros_like(states[:1]), states[:-1]])


def _of_gates(of_hidden, of_memory):
    """Arrange gradients by gate: the output gate acts on the hidden state, the three others on the memory cell."""
    return ops.concatenate([of_hidden, of_memory, of_memory, of_memory], axis=-1)


def _product(x, kernel):
    """Multiply x (…, D, B, N, C) by kernels (D, C, F), with one matrix product for each of the D LSTMs."""
    if kernel.shape[0] == 1:  # because TensorFlow crashes where oneDNN broadcasts a single kernel over the steps
        return matrix_product(x, kernel[0])
    *steps, count, batch, places, channels = ops.shape(x)
    product = ops.reshape(x, (*steps, count, batch * places, channels)) @ kernel
    return ops.reshape(product, (*steps, count, batch, places, kernel.shape[-1]))


def _of_kernel(before, of_gates):
    """Compute the kernel's gradient (D, C, F) from its inputs (S, D, B, N, C) and the gradients of its outputs."""
    steps, count, batch, places, channels = ops.shape(before)
    filters = of_gates.shape[-1]
    if count == 1:
        flat = ops.reshape(before, (-1, channels)), ops.reshape(of_gates, (-1, filters))
        return ops.expand_dims(ops.transpose(flat[0]) @ flat[1], 0)
    before = ops.reshape(before, (steps, count, batch * places, channels))
    of_gates = ops.reshape(of_gates, (steps, count, batch * places, filters))
    return ops.sum(ops.swapaxes(before, -1, -2) @ of_gates, axis=0)
