"""PixelRNN: residual blocks of Row LSTMs or Diagonal BiLSTMs.

NOTE: unlike [1], a condition may be given; it is added to what a block's input contributes to the gates, as [2] adds
it to those of a PixelCNN. And there may be dropout, behind the LSTMs, and a mixture of logistics in place of the
softmax.
NOTE: unlike [1], which shifts the hidden states of the LSTM from the right down by a row, its input is; the states that
come out are the same.
NOTE: unlike [1], the Diagonal BiLSTM computes one column more than the image has. Under mask A no cell of a row sees
the row's last pixel, and the LSTM from the right, which brings a row to the pixels below it, reads that row alone: the
last pixel would be hidden from most of the next row. The cell behind it sees it.
NOTE: unlike [1], whose last 1x1 layers have 32 or 1024 filters, they have as many as the other layers.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, sections 3.1 to 3.3, figure 5 (right) and table 1.
    2. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
       <https://arxiv.org/abs/1606.05328>.
"""

import keras

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.layers.diagonal_lstm import DiagonalBiLSTM
from pixelcnn.layers.dropout import Dropout
from pixelcnn.layers.raster_convolution import GroupedPointwise
from pixelcnn.layers.row_lstm import RowLSTM
from pixelcnn.networks.one_grid import choose_filters
from pixelcnn.networks.one_stack import OneStackNetwork
from pixelcnn.traversal import WHOLE_IMAGE

CELLS = {"row": RowLSTM, "diagonal": DiagonalBiLSTM}


class LSTMBlock(keras.layers.Layer):
    """An LSTM of half as many features, and all of them again: figure 5 (right) of [1].

    Args:
        num_filters: Number of filters F.
        cell: `row` or `diagonal`.
        channel_groups: See `OneGridNetwork`.
        dropout_p: Dropout probability.
    """

    def __init__(self, num_filters, cell, channel_groups, dropout_p, name, dtype):
        super().__init__(name=name, dtype=dtype)
        half = num_filters // 2
        self.lstm = CELLS[cell](half, num_filters, channel_groups, name=f"{name}_lstm")
        self.expand = GroupedPointwise(num_filters, "B", channel_groups, half, name=f"{name}_expand")
        self.dropout = Dropout(dropout_p, name=f"{name}_dropout", dtype=dtype)
        self.built = True

    def linear_layers(self):
        """All layers that have a kernel."""
        return *self.lstm.linear_layers(), self.expand

    def horizontal_layers(self):
        """The layers that remember earlier cells."""
        return self.lstm.horizontal_layers()

    def call(self, x, condition=None, traversal=WHOLE_IMAGE, training=None):
        """(B, H, W, F) -> (B, H, W, F).

        Args:
            x: The block's input.
            condition: (B, 1, 1, G) or (B, H, W, G), for the G gates.
            traversal: How far the traversal has come.
            training: Whether dropout is active.
        """
        gates = self.lstm.gates(x, traversal)
        if condition is not None:
            gates = gates + traversal.local(condition)
        hidden = traversal.recur(self.lstm, gates)
        return x + self.expand(self.dropout(hidden, training=training))


class PixelRNNNetwork(OneStackNetwork):
    """The network of [1], table 1: a 7x7 convolution under mask A, blocks of LSTMs, layers of 1x1."""

    def __init__(self, head, cell, num_layers, num_filters, dropout_p, dtype):
        blocks = [
            LSTMBlock(num_filters, cell, head.channel_groups, dropout_p, name=f"block_{index}", dtype=dtype)
            for index in range(num_layers)
        ]
        super().__init__(head, num_filters, blocks, blocks[0].lstm.num_gates, dtype)
        self.margin = 1 if cell == "diagonal" else 0


@keras.saving.register_keras_serializable(package="pixelcnn")
class PixelRNN(PixelDistribution):
    """A PixelRNN distribution of images [1], a Keras model with a likelihood.

    `p(x | h) = prod_i p(x_i | x_<i, h)`, sub-pixels in raster order and channel by channel. Row LSTMs go from row to
    row and see a triangle above a pixel; Diagonal BiLSTMs go from either upper corner to the opposite one and see all
    pixels that come before. With a Bernoulli or categorical head the colour chain is in the network: features lie in a
    group for each channel, and a group sees the channels before its own. A mixture of logistics has a chain of its own.

    Args:
        image_shape: (H, W, C), any sizes.
        conditional_shape: Shape of a condition vector (flattened), or `()` for one number, or None.
        cell: `row` or `diagonal`.
        num_layers: Number of LSTMs behind the first layer.
        num_filters: Filters F of the layers, half as many inside an LSTM; a multiple of 2, and of 2 C where the network
            chains the channels. None is 128, or the next such number.
        head: `bernoulli`, `categorical` or `logistic_mixture`; None chooses by the number of levels: 2, up to 256, or
            more.
        num_logistic_mix: Mixture components M of a mixture of logistics.
        dropout_p: Dropout probability.
        high: Largest level of a pixel.
        low: Smallest level of a pixel.
        num_classes: Number of classes K; labels 0 … K-1 then are the condition.
        class_names: Names of the classes, which then may be given in place of labels.
        spatial_condition_shape: (H, W, N) of a map added pixel by pixel, or None.
        condition_dropout: Probability with which an image loses its condition in training. Above 0 the model is also
            the distribution without a condition (`conditional_input=None`), and `guidance` works.
        dtype: A Keras dtype or policy name; None takes Keras' own.
        name: Name of the model.

    Raises:
        ValueError: If an argument does not fit; the message names it.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelRNN((4, 4, 1), cell="diagonal", high=1, num_layers=2, num_filters=8)  # binary images
        >>> images = dist.sample(2, seed=0, verbose=0)
        >>> images.shape, int(images.max()) <= 1
        ((2, 4, 4, 1), True)
        >>> dist.log_prob(images).shape
        (2,)

    References:
        1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
           <https://arxiv.org/abs/1601.06759>.
    """

    __module__ = "pixelcnn"

    def __init__(
        self, image_shape, conditional_shape=None, cell="diagonal", num_layers=7, num_filters=None, head=None,
        num_logistic_mix=10, dropout_p=0.0, high=255, low=0, num_classes=None, class_names=None,
        spatial_condition_shape=None, condition_dropout=0.0, dtype=None, name="pixel_rnn",
    ):  # fmt: skip
        super().__init__(locals())
        self._make_network(
            PixelRNNNetwork,
            cell=require.one_of("cell", cell, tuple(CELLS)),
            num_layers=require.positive_integer("num_layers", num_layers),
            num_filters=choose_filters(num_filters, 2 * self.head.channel_groups, "twice the number of channel groups"),
            dropout_p=require.probability("dropout_p", dropout_p),
        )
