"""The Row LSTM of PixelRNN, which runs from the top row to the bottom row, over all columns at once.

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
    """Concatenate the states of each column with the states of both columns beside it: (…, W, F) -> (…, W, 3 F)."""
    return ops.concatenate([_move(states, 1), states, _move(states, -1)], axis=-1)


def from_three_columns(states):
    """The transpose of `three_columns`: (…, W, 3 F) -> (…, W, F)."""
    before, same, behind = ops.split(states, 3, axis=-1)
    return _move(before, -1) + same + _move(behind, 1)


def _move(states, columns):
    """Move states (…, W, F) by 1 or -1 columns to the right; the column that becomes free is zero."""
    free = ops.zeros_like(states[..., :1, :])
    parts = [free, states[..., :-1, :]] if columns == 1 else [states[..., 1:, :], free]
    return ops.concatenate(parts, axis=-2)


NEIGHBOURS = three_columns, from_three_columns


def _swapped(x):
    """Swap the first two axes: (B, H, W, F) -> (H, B, W, F), and back."""
    return ops.transpose(x, (1, 0, 2, 3))


def _by_row(gates):
    """Arrange gates as steps of one LSTM: (B, H, W, G) -> (H, 1, B, W, G)."""
    return ops.expand_dims(_swapped(gates), 1)


def _by_image(hidden):
    """Undo `_by_row`: (H, 1, B, W, F) -> (B, H, W, F)."""
    return _swapped(ops.squeeze(hidden, 1))


class RowLSTM(Remembering):
    """An LSTM whose steps are rows: `h, c = LSTM(K_is * x + K_ss * h', c')`.

    (h', c') is the state of the row above, and `*` a convolution along the row. K_ss covers three columns of h'. K_is
    covers the current column under mask B and the column to the left. A state therefore depends on a triangle of
    earlier pixels, which grows by one column on either side with each row further up.

    Args:
        num_hidden: Number of features F of a hidden state.
        channels: Number of features C of the input.
        channel_groups: See `OneGridNetwork`.
        name: Prefix of the layers' names.
    """

    def __init__(self, num_hidden, channels, channel_groups, name):
        self.num_hidden, self.num_gates = num_hidden, 4 * num_hidden
        self.memory = Memory(2 * num_hidden, rows=1)  # the hidden state and the memory cell of each pixel above
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
        """Hidden states (B, H, W, F) of a whole image, from the input's share of the gates, (B, H, W, 4 F)."""
        return _by_image(run_steps_with_own_gradient(_by_row(gates), self._kernel(), NEIGHBOURS))

    def rows(self, gates, above):
        """As `image` for the next rows, from the memory of the row above, (B, 1, W, 2 F).

        Returns:
            Hidden states (B, H, W, F), and the memory of the last row.
        """
        start = ops.split(_swapped(above), 2, axis=-1)
        hidden, last = run_steps(_by_row(gates), self._kernel(), NEIGHBOURS, start)
        return _by_image(hidden), _swapped(ops.concatenate(last, axis=-1))

    def _kernel(self):
        return ops.expand_dims(self.state_to_state.matrix(), 0)

    def from_row_above(self, above):
        """What a row takes from the row above, (B, 1, W, 5 F): the states' share of the gates, and the memory cells."""
        hidden, memory = ops.split(above, 2, axis=-1)
        from_above = matrix_product(three_columns(hidden), self.state_to_state.matrix())
        return ops.concatenate([from_above, memory], axis=-1)

    def pixel(self, gates, above, left=None):
        """Compute the hidden state and the memory of the next pixel, (B, 1, 1, …).

        Args:
            gates: The input's share of the gates.
            above: The pixel's column of the result of `from_row_above`.
            left: Not used, because a state does not depend on its own row.
        """
        from_above, memory = ops.split(above, [self.num_gates], axis=-1)
        hidden, memory = lstm_step(gates + from_above, memory)
        return hidden, ops.concatenate([hidden, memory], axis=-1)
