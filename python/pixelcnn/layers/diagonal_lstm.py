"""The Diagonal BiLSTM of PixelRNN: from either upper corner of the image to the opposite one, a diagonal at a time.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3.2 and figures 2 (right) and 3.
"""

from keras import ops

from pixelcnn.layers.lstm import StateToState, lstm_step, scan
from pixelcnn.layers.raster_convolution import GroupedPointwise

BESIDE, ABOVE = 0, 1  # the two states that a state follows from


class DiagonalBiLSTM:
    """Two LSTMs. In one, a pixel's state follows from those of the pixels to the left and above; in the other, which
    lags a row behind, from those to the right and above. The hidden states of both are added.

    The states of a diagonal depend on those of the diagonal before and not on each other. So each row is skewed by one
    column against the row above, as in [1], and one pass over the H + W - 1 columns of the skewed image is the
    recurrence, in both directions at once.

    Args:
        num_hidden: Number of features F of a hidden state.
        channels: Number of features C of the input.
        channel_groups: See `OneGridNetwork`.
        name: Prefix of the layers' names, and the name under which a pixel's state is remembered.
    """

    top, left = 1, 1  # what a step needs: the row above, and the pixel to the left

    def __init__(self, num_hidden, channels, channel_groups, name):
        self.name, self.num_hidden = name, num_hidden
        self.num_gates = 8 * num_hidden  # of both LSTMs
        # Of a pixel there are remembered: from the left its hidden state and memory, from the right the hidden state
        # of the row above and its input's share of the gates, for which it is too early.
        self.sizes = (num_hidden, num_hidden, num_hidden, 4 * num_hidden)
        self.channels = sum(self.sizes)
        self.input_to_state = GroupedPointwise(
            self.num_gates, "B", channel_groups, channels, name=f"{name}_input_to_state"
        )
        self.from_left = StateToState(2, num_hidden, name=f"{name}_from_left")
        self.from_right = StateToState(2, num_hidden, name=f"{name}_from_right")

    def linear_layers(self):
        """All layers that have a kernel."""
        return self.input_to_state, self.from_left, self.from_right

    def convolutions(self):
        """The convolutions that advance pixel by pixel."""
        return ()

    def gates(self, x, traversal):
        """What the input (B, H, W, C) contributes to the gates (B, H, W, 8 F) of both LSTMs."""
        return self.input_to_state(x)

    def _parts(self, remembered):
        first, second, third, _ = self.sizes
        return ops.split(remembered, [first, first + second, first + second + third], axis=-1)

    def rows(self, gates, above=None):
        """The next rows, from what the input contributes to their gates, (B, H, W, 8 F), and what is remembered of the
        row above, (B, 1, W, 7 F).

        Returns:
            The sum of the hidden states (B, H, W, F), and what is remembered of the last row.
        """
        if above is None:
            above = ops.zeros((*ops.shape(gates)[:1], 1, gates.shape[2], self.channels), gates.dtype)
        left_above, memory, right_above, waiting = self._parts(above)
        left_gates, right_gates = ops.split(gates, 2, axis=-1)
        lagging = ops.concatenate([waiting, right_gates[:, :-1]], axis=1)
        left, right = self._scan(left_gates, lagging, left_above, right_above)
        last = (left[:, -1:], ops.zeros_like(memory), right[:, -1:], right_gates[:, -1:])
        return left + right, ops.concatenate(last, axis=-1)

    def _scan(self, left_gates, right_gates, left_above, right_above):
        """Hidden states (B, H, W, F) of both LSTMs, from their gates and their hidden states (B, 1, W, F) above."""
        rows, width = left_gates.shape[1:3]
        gates = ops.stack([left_gates, ops.flip(right_gates, axis=2)])
        above = ops.stack([left_above, ops.flip(right_above, axis=2)])[:, :, 0]
        kernel = ops.stack([self.from_left.matrix(), self.from_right.matrix()])
        above = ops.transpose(ops.pad(above, ((0, 0), (0, 0), (0, rows - 1), (0, 0))), (2, 0, 1, 3))
        gates = ops.transpose(skew(gates), (3, 0, 1, 2, 4))

        def step(hidden, memory, gates, above):
            # In the skewed image the pixel to the left is in the row's last column, that above in the last of the row
            # above.
            upper = ops.concatenate([above[:, :, None], hidden[:, :, :-1]], axis=2)
            before = ops.reshape(ops.concatenate([hidden, upper], axis=-1), (2, -1, 2 * self.num_hidden))
            return lstm_step(gates + ops.reshape(before @ kernel, ops.shape(gates)), memory)

        nothing = ops.zeros_like(gates[0, ..., : self.num_hidden])
        hidden, _ = scan(step, (nothing, nothing), (gates, above))
        hidden = unskew(ops.transpose(hidden, (1, 2, 3, 0, 4)), width)
        return hidden[0], ops.flip(hidden[1], axis=2)

    def from_row_above(self, above):
        """What is known of a row before its first pixel: the share of the LSTM from the left in the gates, and the
        hidden states of the one from the right, (B, 1, W, 5 F).
        """
        left, _, right, waiting = self._parts(above[:, 0])
        from_above = self.from_left.share(ABOVE, left)
        return ops.concatenate([from_above, self._from_right(right, waiting)], axis=-1)[:, None]

    def _from_right(self, above, gates):
        """Hidden states (B, W, F) of a row of the LSTM from the right, from those above and the input's share of the
        gates.
        """
        gates = gates + self.from_right.share(ABOVE, above)
        gates = ops.transpose(ops.flip(gates, axis=1), (1, 0, 2))

        def step(hidden, memory, gates):
            return lstm_step(gates + self.from_right.share(BESIDE, hidden), memory)

        nothing = ops.zeros_like(above[:, 0])
        hidden, _ = scan(step, (nothing, nothing), (gates,))
        return ops.flip(ops.transpose(hidden, (1, 0, 2)), axis=1)

    def pixel(self, gates, above, left):
        """The next pixel, (B, 1, 1, …), from its input's share of the gates, what `from_row_above` gave, and what is
        remembered of the pixel to the left: the sum of the hidden states, and what is remembered.
        """
        left_gates, right_gates = ops.split(gates, 2, axis=-1)
        from_above, right = ops.split(above, [4 * self.num_hidden], axis=-1)
        hidden, memory, _, _ = self._parts(left)
        beside = self.from_left.share(BESIDE, hidden)
        hidden, memory = lstm_step(left_gates + from_above + beside, memory)
        return hidden + right, ops.concatenate([hidden, memory, right, right_gates], axis=-1)


def skew(x):
    """Move row r of an image by r columns to the right: (…, H, W, F) -> (…, H, H + W - 1, F), zeros beside the image.

    Example:
        >>> import numpy as np
        >>> [row.tolist() for row in np.asarray(skew(np.array([[[1.0], [2]], [[3], [4]]])))[..., 0]]
        [[1.0, 2.0, 0.0], [0.0, 3.0, 4.0]]
    """
    *batch, rows, width, features = ops.shape(x)
    x = ops.pad(x, ((0, 0),) * (len(batch) + 1) + ((0, rows), (0, 0)))
    x = ops.reshape(x, (*batch, rows * (rows + width), features))[..., : rows * (rows + width - 1), :]
    return ops.reshape(x, (*batch, rows, rows + width - 1, features))


def unskew(x, width):
    """Undo `skew`: (…, H, H + W - 1, F) -> (…, H, W, F)."""
    *batch, rows, columns, features = ops.shape(x)
    x = ops.reshape(x, (*batch, rows * columns, features))
    x = ops.pad(x, ((0, 0),) * len(batch) + ((0, rows), (0, 0)))
    return ops.reshape(x, (*batch, rows, columns + 1, features))[..., :width, :]
