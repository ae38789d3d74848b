"""The LSTM of PixelRNN: one step, many steps, and the map from a state to the next one's gates.

NOTE: unlike [1], which says nothing of it, the forget gate begins open: 1 is added to it [2]. At one half, what a
state holds would be gone after a few of the 28 rows of a digit.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3, equation 3.
    2. Jozefowicz, Zaremba and Sutskever, An Empirical Exploration of Recurrent Network Architectures, 2015,
       <https://proceedings.mlr.press/v37/jozefowicz15.html>.
"""

from keras import ops

from pixelcnn.backend import tanh
from pixelcnn.layers.pointwise import Pointwise, matrix_product

FORGET_BIAS = 1.0


def lstm_step(gates, memory):
    """From gates (…, 4 F) and the last memory (…, F) to the hidden state and the memory, (…, F) both.

    `c = sigmoid(f) c' + sigmoid(i) tanh(g)` and `h = sigmoid(o) tanh(c)`: equation 3 of [1]. Gates of zero leave a
    state of zero as it is.
    """
    output, forget, write, content = _activations(gates)
    memory = forget * memory + write * content
    return output * tanh(memory), memory


def _activations(gates):
    output, forget, write, content = ops.split(gates, 4, axis=-1)
    return ops.sigmoid(output), ops.sigmoid(forget + FORGET_BIAS), ops.sigmoid(write), tanh(content)


class StateToState(Pointwise):
    """What a few neighbouring hidden states, (…, F) each, contribute to the gates (…, 4 F).

    It has no bias: the map from the input to the gates has one.

    Args:
        cells: Number of neighbours.
        num_hidden: Number of features F of a hidden state.
        name: See `Linear`.
    """

    use_bias = False

    def __init__(self, cells, num_hidden, name):
        super().__init__(4 * num_hidden, [num_hidden] * cells, name)

    def matrix(self):
        """The kernel (cells F, 4 F) for neighbours that lie side by side."""
        return ops.concatenate(self.kernel)


def run_steps(gates, kernel, neighbours, start=None):
    """Run D LSTMs, whose states lie along a line, for S steps.

    Args:
        gates: What the inputs contribute to the gates, (S, D, B, N, 4 F).
        kernel: From neighbouring states to gates, (D, cells F, 4 F).
        neighbours: A pair of functions: from the hidden states (…, N, F) of a step to those that the next one's gates
            depend on, (…, N, cells F), and its transpose.
        start: Hidden states and memories (D, B, N, F) before the first step; zeros if None.

    Returns:
        Hidden states (S, D, B, N, F), and the last hidden states and memories.
    """
    (hidden, _, _), last = _run_steps(gates, kernel, neighbours[0], _zeros(gates) if start is None else tuple(start))
    return hidden, last


def run_steps_with_own_gradient(gates, kernel, neighbours):
    """As `run_steps` from zeros, only the hidden states, and with a gradient of its own: what a step back needs is
    worked out for all steps at once before, and the kernel's gradient for all at once behind. Backends would do both
    step by step.
    """
    gather, scatter = neighbours

    @ops.custom_gradient
    def run(gates, kernel):
        (output, memory, gates), _ = _run_steps(gates, kernel, gather, _zeros(gates))
        # Apart from the output: torch frees no output that its own gradient refers to.
        hidden = ops.stop_gradient(output)

        def gradient(*arguments, upstream=None):
            upstream = arguments[0] if upstream is None else upstream
            expose, forget, write, content = _activations(gates)
            squashed = tanh(memory)
            # Of a step's memory by its hidden state, and of its gates by both.
            by_hidden = expose * (1 - squashed * squashed)
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

            def step_back(state, given):
                upstream, by_hidden, by_gates, forget = given
                hidden = state[0] + upstream
                memory = state[1] + hidden * by_hidden
                back = scatter(_product(_of_gates(hidden, memory) * by_gates, transposed))
                return (back, memory * forget), (hidden, memory)

            given = (upstream, by_hidden, by_gates, forget)
            _, found = ops.scan(step_back, _zeros(gates), given, reverse=True)
            of_gates = _of_gates(*found) * by_gates
            return of_gates, _of_kernel(gather(_shift(hidden)), of_gates)

        return output, gradient

    return run(gates, kernel)


def _run_steps(gates, kernel, gather, start):
    """Hidden states, memories and gates of all steps, and the last hidden states and memories."""

    def step(state, gates):
        hidden, memory, _ = state
        gates = gates + _product(gather(hidden), kernel)
        state = *lstm_step(gates, memory), gates
        return state, state  # on TensorFlow, Keras' scan takes nothing else

    (hidden, memory, _), states = ops.scan(step, (*start, ops.zeros_like(gates[0])), gates)
    return states, (hidden, memory)


def _zeros(gates):
    """States of zero for gates (S, D, B, N, 4 F)."""
    zeros = ops.zeros_like(gates[0, ..., : gates.shape[-1] // 4])
    return zeros, zeros


def _shift(states):
    """The states before each step: (S, …) -> (S, …)."""
    return ops.concatenate([ops.zeros_like(states[:1]), states[:-1]])


def _of_gates(hidden, memory):
    """The gradients that the output gate has from the hidden state, and the three others from the memory."""
    return ops.concatenate([hidden, memory, memory, memory], axis=-1)


def _product(x, kernel):
    """(…, D, B, N, C) times (D, C, F), as one matrix product for each of the D."""
    if kernel.shape[0] == 1:  # TensorFlow crashes where oneDNN is to broadcast a single kernel over the steps
        return matrix_product(x, kernel[0])
    *steps, count, batch, places, channels = ops.shape(x)
    product = ops.reshape(x, (*steps, count, batch * places, channels)) @ kernel
    return ops.reshape(product, (*steps, count, batch, places, kernel.shape[-1]))


def _of_kernel(before, of_gates):
    """The kernel's gradient (D, C, F) from what went in (S, D, B, N, C) and the gradients of what came out."""
    steps, count, batch, places, channels = ops.shape(before)
    filters = of_gates.shape[-1]
    if count == 1:
        flat = ops.reshape(before, (-1, channels)), ops.reshape(of_gates, (-1, filters))
        return ops.expand_dims(ops.transpose(flat[0]) @ flat[1], 0)
    before = ops.reshape(before, (steps, count, batch * places, channels))
    of_gates = ops.reshape(of_gates, (steps, count, batch * places, filters))
    return ops.sum(ops.swapaxes(before, -1, -2) @ of_gates, axis=0)
