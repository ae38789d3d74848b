"""The Row LSTM of PixelRNN: from the top row to the bottom one, all columns at once.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3.1 and figure 2 (centre).
"""

from keras import ops

from pixelcnn.layers.lstm import StateToState, lstm_step, scan
from pixelcnn.layers.pointwise import matrix_product
from pixelcnn.layers.raster_convolution import RasterConv2D


class RowLSTM:
    """`h, c = LSTM(K_is * x + K_ss * h', c')` with the state (h', c') of the row above, `*` a convolution along the
    row: three columns of the state above, and the input's column and the one to the left under mask B.

    A state sees a triangle of what came before: a row further up, one column more on either side.

    Args:
        num_hidden: Number of features F of a hidden state.
        channels: Number of features C of the input.
        channel_groups: See `OneGridNetwork`.
        name: Prefix of the layers' names, and the name under which a pixel's state is remembered.
    """

    top, left = 1, 0  # what a step needs: the row above, and of this row nothing

    def __init__(self, num_hidden, channels, channel_groups, name):
        self.name, self.num_hidden = name, num_hidden
        self.num_gates = 4 * num_hidden
        self.channels = 2 * num_hidden  # of a pixel there are remembered: its hidden state and its memory
        self.input_to_state = RasterConv2D(
            self.num_gates, (1, 3), "B", channel_groups, channels, name=f"{name}_input_to_state"
        )
        self.state_to_state = StateToState(3, num_hidden, name=f"{name}_state_to_state")

    def linear_layers(self):
        """All layers that have a kernel."""
        return self.input_to_state, self.state_to_state

    def convolutions(self):
        """The convolutions that advance pixel by pixel."""
        return (self.input_to_state,)

    def gates(self, x, traversal):
        """What the input (B, H, W, C) contributes to the gates (B, H, W, 4 F)."""
        return self.input_to_state(x, traversal=traversal)

    def rows(self, gates, above=None):
        """The next rows, from what the input contributes to their gates, (B, H, W, 4 F), and what is remembered of the
        row above, (B, 1, W, 2 F).

        Returns:
            Hidden states (B, H, W, F), and what is remembered of the last row.
        """
        if above is None:
            above = ops.zeros((*ops.shape(gates)[:1], 1, gates.shape[2], self.channels), gates.dtype)

        def step(hidden, memory, gates):
            return lstm_step(gates + self._from_above(hidden), memory)

        start = tuple(ops.split(above[:, 0], 2, axis=-1))
        hidden, last = scan(step, start, (ops.transpose(gates, (1, 0, 2, 3)),))
        return ops.transpose(hidden, (1, 0, 2, 3)), ops.concatenate(last, axis=-1)[:, None]

    def _from_above(self, hidden):
        """What hidden states (B, W, F) contribute to the gates below them, (B, W, 4 F)."""
        width = hidden.shape[1]
        padded = ops.pad(hidden, ((0, 0), (1, 1), (0, 0)))
        windows = ops.concatenate([padded[:, column : column + width] for column in range(3)], axis=-1)
        return matrix_product(windows, self.state_to_state.matrix())

    def from_row_above(self, above):
        """What is known of a row before its first pixel: the state's share of the gates, and the memory (B, 1, W, 5
        F).
        """
        hidden, memory = ops.split(above, 2, axis=-1)
        return ops.concatenate([self._from_above(hidden[:, 0])[:, None], memory], axis=-1)

    def pixel(self, gates, above, left=None):
        """The next pixel, (B, 1, 1, …), from its input's share of the gates and what `from_row_above` gave: the hidden
        state, and what is remembered.
        """
        from_above, memory = ops.split(above, [self.num_gates], axis=-1)
        hidden, memory = lstm_step(gates + from_above, memory)
        return hidden, ops.concatenate([hidden, memory], axis=-1)
