"""The LSTM of PixelRNN: one step, and the map from a state to the next one's gates.

NOTE: unlike [1], which says nothing of it, the forget gate begins open: 1 is added to it [2]. At one half, what a
state holds would be gone after a few of the 28 rows of a digit.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3, equation 3.
    2. Jozefowicz, Zaremba and Sutskever, An Empirical Exploration of Recurrent Network Architectures, 2015,
       <https://proceedings.mlr.press/v37/jozefowicz15.html>.
"""

from keras import ops

from pixelcnn.layers.pointwise import Pointwise

FORGET_BIAS = 1.0


def lstm_step(gates, memory):
    """From gates (…, 4 F) and the last memory (…, F) to the hidden state and the memory, (…, F) both.

    `c = sigmoid(f) c' + sigmoid(i) tanh(g)` and `h = sigmoid(o) tanh(c)`: equation 3 of [1]. Gates of zero leave a
    state of zero as it is.
    """
    output, forget, write, content = ops.split(gates, 4, axis=-1)
    memory = ops.sigmoid(forget + FORGET_BIAS) * memory + ops.sigmoid(write) * ops.tanh(content)
    return ops.sigmoid(output) * ops.tanh(memory), memory


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


def scan(step, start, inputs):
    """Run an LSTM along the first axis of its inputs.

    Args:
        step: From a hidden state, a memory and one of the inputs to the next hidden state and memory.
        start: The hidden state and memory before the first.
        inputs: A tuple of tensors with an entry for each step.

    Returns:
        The hidden states, one for each step, and the last hidden state and memory.
    """

    def both(state, one):
        state = step(*state, *one)
        return state, state

    last, (hidden, _) = ops.scan(both, start, inputs)
    return hidden, last
