"""The Row LSTM of PixelRNN: from the top row to the bottom one, all columns at once.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3.1 and figure 2 (centre).
"""

from keras import ops

from pixelcnn.layers.lstm import StateToState, lstm_step, run_steps, run_steps_with_own_gradient
from pixelcnn.layers.pointwise import matrix_product
from pixelcnn.layers.raster_convolution import RasterConv2D
from pixelcnn.traversal import Memory, Remembering


def three_columns(states):
    """States (…, W, F) and those of the columns beside them: (…, W, 3 F)."""
    return ops.concatenate([_move(states, 1), states, _move(states, -1)], axis=-1)


def from_three_columns(states):
    """The transpose of `three_columns`: (…, W, 3 F) -> (…, W, F)."""
    before, same, behind = ops.split(states, 3, axis=-1)
    return _move(before, -1) + same + _move(behind, 1)


def _move(states, columns):
    """Column c of the result is column c - 1 or c + 1 of (…, W, F)."""
    nothing = ops.zeros_like(states[..., :1, :])
    parts = [nothing, states[..., :-1, :]] if columns == 1 else [states[..., 1:, :], nothing]
    return ops.concatenate(parts, axis=-2)


NEIGHBOURS = three_columns, from_three_columns


def _swapped(x):
    """(B, H, W, F) -> (H, B, W, F), and back."""
    return ops.transpose(x, (1, 0, 2, 3))


def _by_row(gates):
    """(B, H, W, G) -> (H, 1, B, W, G): steps of one LSTM."""
    return ops.expand_dims(_swapped(gates), 1)


def _by_image(hidden):
    """(H, 1, B, W, F) -> (B, H, W, F)."""
    return _swapped(ops.squeeze(hidden, 1))


class RowLSTM(Remembering):
    """`h, c = LSTM(K_is * x + K_ss * h', c')` with the state (h', c') of the row above, `*` a convolution along the
    row: three columns of the state above, and the input's column and the one to the left under mask B.

    A state sees a triangle of what came before: a row further up, one column more on either side.

    Args:
        num_hidden: Number of features F of a hidden state.
        channels: Number of features C of the input.
        channel_groups: See `OneGridNetwork`.
        name: Prefix of the layers' names.
    """

    def __init__(self, num_hidden, channels, channel_groups, name):
        self.num_hidden, self.num_gates = num_hidden, 4 * num_hidden
        self.memory = Memory(2 * num_hidden, rows=1)  # of each pixel above: its hidden state and its memory cell
        self.input_to_state = RasterConv2D(
            self.num_gates, (1, 3), "B", channel_groups, channels, name=f"{name}_input_to_state"
        )
        self.state_to_state = StateToState(3, num_hidden, name=f"{name}_state_to_state")

    def linear_layers(self):
        """All layers that have a kernel."""
        return self.input_to_state, self.state_to_state

    def horizontal_layers(self):
        """The layers that remember earlier cells."""
        return self.input_to_state, self

    def gates(self, x, traversal):
        """What the input (B, H, W, C) contributes to the gates (B, H, W, 4 F)."""
        return self.input_to_state(x, traversal=traversal)

    def image(self, gates):
        """Hidden states (B, H, W, F) of a whole image, from what the input contributes to their gates, (B, H, W, 4
        F).
        """
        return _by_image(run_steps_with_own_gradient(_by_row(gates), self._kernel(), NEIGHBOURS))

    def rows(self, gates, above):
        """The next rows: as `image`, from what is remembered of the row above, (B, 1, W, 2 F).

        Returns:
            Hidden states (B, H, W, F), and what is remembered of the last row.
        """
        start = ops.split(_swapped(above), 2, axis=-1)
        hidden, last = run_steps(_by_row(gates), self._kernel(), NEIGHBOURS, start)
        return _by_image(hidden), _swapped(ops.concatenate(last, axis=-1))

    def _kernel(self):
        return ops.expand_dims(self.state_to_state.matrix(), 0)

    def from_row_above(self, above):
        """What is known of a row before its first pixel: the state's share of the gates, and the memory (B, 1, W, 5
        F).
        """
        hidden, memory = ops.split(above, 2, axis=-1)
        from_above = matrix_product(three_columns(hidden), self.state_to_state.matrix())
        return ops.concatenate([from_above, memory], axis=-1)

    def pixel(self, gates, above, left=None):
        """The next pixel, (B, 1, 1, …), from its input's share of the gates and what `from_row_above` gave: the hidden
        state, and what is remembered.
        """
        from_above, memory = ops.split(above, [self.num_gates], axis=-1)
        hidden, memory = lstm_step(gates + from_above, memory)
        return hidden, ops.concatenate([hidden, memory], axis=-1)
