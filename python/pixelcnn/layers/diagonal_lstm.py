"""The Diagonal BiLSTM of PixelRNN: two LSTMs, which run from an upper corner of the image to the opposite corner, one
diagonal at a time.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, section 3.2 and figures 2 (right) and 3.
"""

from keras import ops

from pixelcnn.backend import call_compiled, exported_format, has_accelerator
from pixelcnn.layers.lstm import StateToState, lstm_step, run_steps, run_steps_with_own_gradient
from pixelcnn.layers.raster_convolution import GroupedPointwise
from pixelcnn.traversal import Memory, Remembering

SIDE_BY_SIDE = 8  # number of images in a line that is skewed as one image
CLOSED = -1e4  # an input share that keeps a gate at 0, whatever the states contribute
BESIDE, ABOVE = 0, 1  # indices of the two states that a state depends on


def beside_and_above(states):
    """The states that the next column of a skewed image depends on: (…, H, F) -> (…, H, 2 F).

    The pixel beside a pixel lies in the same row of the column before, the pixel above it in the row above.
    """
    above = ops.concatenate([ops.zeros_like(states[..., :1, :]), states[..., :-1, :]], axis=-2)
    return ops.concatenate([states, above], axis=-1)


def from_beside_and_above(states):
    """The transpose of `beside_and_above`: (…, H, 2 F) -> (…, H, F)."""
    beside, above = ops.split(states, 2, axis=-1)
    return beside + ops.concatenate([above[..., 1:, :], ops.zeros_like(above[..., :1, :])], axis=-2)


NEIGHBOURS = beside_and_above, from_beside_and_above
ALONE = (lambda states: states,) * 2  # within a single row a state depends only on the state beside it


class DiagonalBiLSTM(Remembering):
    """Two LSTMs whose hidden states are added.

    In the LSTM from the left, a pixel's state depends on the states of the pixels to the left and above. In the LSTM
    from the right, it depends on the states of the pixels to the right and above. That LSTM reads the image shifted
    down by a row, so that it sees no later pixels.

    The states of a diagonal depend on those of the diagonal before and not on each other. Each row is therefore moved
    by one column against the row above, as in [1]; the result is called skewed. One pass over the H + W - 1 columns of
    the skewed image computes all states. For the LSTM from the right the image is mirrored.

    Args:
        num_hidden: Number of features F of a hidden state.
        channels: Number of features C of the input.
        channel_groups: See `OneGridNetwork`.
        name: Prefix of the layers' names.
    """

    def __init__(self, num_hidden, channels, channel_groups, name):
        self.num_hidden, self.num_gates = num_hidden, 8 * num_hidden  # the gates of both LSTMs
        # The memory of a pixel: the hidden state and the memory cell of the LSTM from the left, the hidden state of the
        # LSTM from the right, and the input's share of that LSTM's gates, which the next row uses.
        self.sizes = (num_hidden, num_hidden, num_hidden, 4 * num_hidden)
        self.memory = Memory(sum(self.sizes), rows=1, columns=1)
        self.input_to_state = GroupedPointwise(
            self.num_gates, "B", channel_groups, channels, name=f"{name}_input_to_state"
        )
        self.from_left = StateToState(2, num_hidden, name=f"{name}_from_left")
        self.from_right = StateToState(2, num_hidden, name=f"{name}_from_right")

    def linear_layers(self):
        """All layers that have a kernel."""
        return self.input_to_state, self.from_left, self.from_right

    def horizontal_layers(self):
        """The layers that remember earlier cells."""
        return (self,)

    def gates(self, x, traversal):
        """What the input (B, H, W, C) contributes to the gates of both LSTMs, (B, H, W, 8 F)."""
        return self.input_to_state(x)

    def _parts(self, remembered):
        first, second, third, _ = self.sizes
        return ops.split(remembered, [first, first + second, first + second + third], axis=-1)

    def image(self, gates):
        """Summed hidden states (B, H, W, F) of a whole image, from the input's share of the gates, (B, H, W, 8 F)."""
        both, kernels = _mirrored(*self._lagging(gates)), self._kernel()
        if not has_accelerator():  # two calls, so that each LSTM can run on its own core
            hidden = ops.concatenate(
                [
                    call_compiled(hidden_states, *parts)
                    for parts in zip(ops.split(both, 2), ops.split(kernels, 2), strict=True)
                ]
            )
        else:
            hidden = hidden_states(both, kernels)
        return sum(_mirrored_back(hidden))

    def rows(self, gates, above):
        """As `image` for the next rows, from the memory of the row above, (B, 1, W, 7 F).

        Returns:
            The summed hidden states (B, H, W, F), and the memory of the last row.
        """
        left_above, memory, right_above, waiting = self._parts(above)
        left, right = self._lagging(gates, waiting)
        left = _add_to_first_row(left, self.from_left.share(ABOVE, left_above))
        right = _add_to_first_row(right, self.from_right.share(ABOVE, right_above))
        hidden, _ = run_steps(_columns(_mirrored(left, right)), self._kernel(), NEIGHBOURS)
        left, right = _mirrored_back(_of_columns(hidden, gates.shape[2]))
        last = (left[:, -1:], ops.zeros_like(memory), right[:, -1:], gates[:, -1:, :, 4 * self.num_hidden :])
        return left + right, ops.concatenate(last, axis=-1)

    def _lagging(self, gates, waiting=None):
        """The input's share of the gates of each LSTM; for the LSTM from the right, shifted down by a row."""
        left, right = ops.split(gates, 2, axis=-1)
        waiting = ops.zeros_like(right[:, :1]) if waiting is None else waiting
        earlier, _ = ops.split(right, [right.shape[1] - 1], axis=1)
        return left, ops.concatenate([waiting, earlier], axis=1)

    def _kernel(self):
        return ops.stack([self.from_left.matrix(), self.from_right.matrix()])

    def from_row_above(self, above):
        """What a row takes from the row above, (B, 1, W, 5 F).

        These are the share that the states above have in the gates of the LSTM from the left, and the row's hidden
        states of the LSTM from the right.
        """
        left, _, right, waiting = self._parts(above[:, 0])
        from_above = self.from_left.share(ABOVE, left)
        return ops.concatenate([from_above, self._from_right(right, waiting)], axis=-1)[:, None]

    def _from_right(self, above, gates):
        """A row's hidden states (B, W, F) of the LSTM from the right, from those above and the input's gates."""
        gates = gates + self.from_right.share(ABOVE, above)
        gates = ops.transpose(ops.flip(gates, axis=1), (1, 0, 2))[:, None, :, None]
        beside = self.from_right.kernel[BESIDE][None]
        hidden, _ = run_steps(gates, beside, ALONE)
        return ops.flip(ops.transpose(hidden[:, 0, :, 0], (1, 0, 2)), axis=1)

    def pixel(self, gates, above, left):
        """Compute the summed hidden states and the memory of the next pixel, (B, 1, 1, …).

        Args:
            gates: The input's share of the gates.
            above: The pixel's column of the result of `from_row_above`.
            left: The memory of the pixel to the left.
        """
        left_gates, right_gates = ops.split(gates, 2, axis=-1)
        from_above, right = ops.split(above, [4 * self.num_hidden], axis=-1)
        hidden, memory, _, _ = self._parts(left)
        beside = self.from_left.share(BESIDE, hidden)
        hidden, memory = lstm_step(left_gates + from_above + beside, memory)
        return hidden + right, ops.concatenate([hidden, memory, right, right_gates], axis=-1)


def hidden_states(gates, kernels):
    """Hidden states (D, B, H, W, F) of D LSTMs from the left.

    Args:
        gates: The input's share of the gates, (D, B, H, W, 4 F).
        kernels: (D, 2 F, 4 F), for the states beside and above.
    """
    _, batch, _, width, _ = ops.shape(gates)
    at_most = 1 if exported_format() else SIDE_BY_SIDE  # because JAX cannot divide a free number of images into lines
    count = min(at_most, batch) if isinstance(batch, int) else at_most
    lines = side_by_side(gates, max(1, count))
    hidden = run_steps_with_own_gradient(_columns(lines), kernels, NEIGHBOURS)
    return apart(_of_columns(hidden, lines.shape[3]), batch, width)


def _mirrored(left, right):
    """Stack the gates of both LSTMs, mirrored for the LSTM from the right: (B, H, W, G) each -> (2, B, H, W, G)."""
    return ops.stack([left, ops.flip(right, axis=2)])


def _mirrored_back(both):
    """Undo `_mirrored`."""
    left, right = ops.unstack(both)
    return left, ops.flip(right, axis=2)


def _columns(gates):
    """Skew images and arrange them as steps, one for each column: (D, B, H, W, G) -> (H + W - 1, D, B, H, G)."""
    return ops.transpose(skew(gates), (3, 0, 1, 2, 4))


def _of_columns(hidden, width):
    """Undo `_columns`: (H + W - 1, D, B, H, F) -> (D, B, H, W, F)."""
    return unskew(ops.transpose(hidden, (1, 2, 3, 0, 4)), width)


def side_by_side(gates, count):
    """Arrange images in lines of `count` images: (D, B, H, W, G) -> (D, ceil(B / count), H, count (W + 1), G).

    Lines are faster, because about half of a skewed image is padding, and a much smaller part of a skewed line. A
    column of closed gates behind each image sets the states to zero.
    """
    directions, batch, height, width, features = ops.shape(gates)
    gates = ops.pad(gates, ((0, 0), (0, 0), (0, 0), (0, 1), (0, 0)), constant_values=CLOSED)
    missing = -batch % count
    if not isinstance(missing, int) or missing:
        filler = ops.zeros((directions, missing, height, width + 1, features), gates.dtype)
        gates = ops.concatenate([gates, filler], axis=1)
    gates = ops.reshape(gates, (directions, -1, count, height, width + 1, features))
    gates = ops.transpose(gates, (0, 1, 3, 2, 4, 5))
    return ops.reshape(gates, (directions, -1, height, count * (width + 1), features))


def apart(hidden, batch, width):
    """Undo `side_by_side`: (D, lines, H, count (W + 1), F) -> (D, B, H, W, F)."""
    directions, lines, height, columns, features = ops.shape(hidden)
    hidden, _ = ops.split(
        ops.reshape(hidden, (directions, lines, height, columns // (width + 1), width + 1, features)), [width], axis=4
    )
    hidden = ops.reshape(ops.transpose(hidden, (0, 1, 3, 2, 4, 5)), (directions, -1, height, width, features))
    return hidden[:, :batch]


def _add_to_first_row(x, row):
    """Add a row (B, 1, W, G) to the first row of x (B, H, W, G)."""
    return ops.concatenate([x[:, :1] + row, x[:, 1:]], axis=1)


def skew(x):
    """Move row r of an image by r columns to the right: (…, H, W, F) -> (…, H, H + W - 1, F). Free cells are zero.

    Example:
        >>> import numpy as np
        >>> [row.tolist() for row in np.asarray(skew(np.array([[[1.0], [2]], [[3], [4]]])))[..., 0]]
        [[1.0, 2.0, 0.0], [0.0, 3.0, 4.0]]
    """
    *batch, rows, width, features = ops.shape(x)
    x = ops.pad(x, ((0, 0),) * (len(batch) + 1) + ((0, rows), (0, 0)))
    x = ops.reshape(x, (*batch, rows * (rows + width), features))
    x, _ = ops.split(x, [rows * (rows + width - 1)], axis=-2)  # `split`, because the gradient of a slice is slower
    return ops.reshape(x, (*batch, rows, rows + width - 1, features))


def unskew(x, width):
    """Undo `skew`: (…, H, H + W - 1, F) -> (…, H, W, F)."""
    *batch, rows, columns, features = ops.shape(x)
    x = ops.reshape(x, (*batch, rows * columns, features))
    x = ops.pad(x, ((0, 0),) * len(batch) + ((0, rows), (0, 0)))
    x, _ = ops.split(ops.reshape(x, (*batch, rows, columns + 1, features)), [width], axis=-2)
    return x
