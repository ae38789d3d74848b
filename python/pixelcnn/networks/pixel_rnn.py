"""PixelRNN: residual blocks of Row LSTMs or Diagonal BiLSTMs.

NOTE: unlike [1], the model may have a condition, which is added to the input's share of the gates, as [2] adds it to
the gates of a PixelCNN. Unlike [1], it may have dropout behind the LSTMs, and a mixture of logistics in place of the
softmax.
NOTE: [1] shifts the hidden states of the LSTM from the right down by a row. Here the LSTM's input is shifted, which
gives the same states.
NOTE: unlike [1], the Diagonal BiLSTM computes one column more than the image has. Under mask A no cell of a row sees
the row's last pixel, and the LSTM from the right passes on only that row to the pixels below. The last pixel would
therefore be hidden from most of the next row. The cell in the additional column sees the last pixel.
NOTE: the last 1x1 layers have as many filters as the other layers; in [1] they have 32 or 1024.

References:
    1. van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016,
       <https://arxiv.org/abs/1601.06759>, sections 3.1 to 3.3, figure 5 (right) and table 1.
    2. van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016,
       <https://arxiv.org/abs/1606.05328>.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.layers.diagonal_lstm import DiagonalBiLSTM
from pixelcnn.layers.dropout import Dropout
from pixelcnn.layers.raster_convolution import GroupedPointwise
from pixelcnn.layers.remat import run_block
from pixelcnn.layers.row_lstm import RowLSTM
from pixelcnn.networks.one_grid import choose_filters
from pixelcnn.networks.one_stack import OneStackNetwork
from pixelcnn.traversal import WHOLE_IMAGE

CELLS = {"row": RowLSTM, "diagonal": DiagonalBiLSTM}


class LSTMBlock(keras.layers.Layer):
    """An LSTM of F / 2 features, and a 1x1 convolution back to F features, with a residual connection: figure 5 (right)
    of [1].

    Args:
        num_filters: Number of filters F.
        cell: `row` or `diagonal`.
        channel_groups: See `OneGridNetwork`.
        dropout_p: Dropout probability.
        name, dtype: As in `keras.layers.Layer`.
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
        """Compute the block's features: (B, H, W, F) -> (B, H, W, F).

        Args:
            x: The block's input.
            condition: (B, 1, 1, G) or (B, H, W, G), added to the G gates.
            traversal: The traversal of the image.
            training: Whether dropout is active.
        """
        keep = self.dropout.keep((*ops.shape(x)[:-1], self.lstm.num_hidden), training)

        def features(x, condition):
            gates = self.lstm.gates(x, traversal)
            if condition is not None:
                gates = gates + traversal.local(condition)
            return x + self.expand(self.dropout.drop(traversal.recur(self.lstm, gates), keep))

        return run_block(features, self.linear_layers(), x, condition)


class PixelRNNNetwork(OneStackNetwork):
    """The network of [1], table 1: a 7x7 convolution under mask A, blocks of LSTMs, and 1x1 layers."""

    def __init__(self, head, reading, cell, num_layers, num_filters, dropout_p, dtype):
        blocks = [
            LSTMBlock(num_filters, cell, head.channel_groups, dropout_p, name=f"block_{index}", dtype=dtype)
            for index in range(num_layers)
        ]
        super().__init__(head, reading, num_filters, blocks, blocks[0].lstm.num_gates, dtype)
        self.cell, self.margin = cell, 1 if cell == "diagonal" else 0


@keras.saving.register_keras_serializable(package="pixelcnn")
class PixelRNN(PixelDistribution):
    """A PixelRNN distribution of images [1], a Keras model with a likelihood.

    `p(x | h) = prod_i p(x_i | x_<i, h)` over pixels in raster order and the channels of each pixel. A Row LSTM runs
    from row to row and sees a triangle above a pixel. A Diagonal BiLSTM runs from both upper corners to the opposite
    corners and sees all earlier pixels. With a Bernoulli or categorical head the network chains the channels: features
    form a group for each channel, and a group sees the channels before its own. A mixture of logistics chains the
    channels in the head.

    Args:
        image_shape: (H, W, C), any sizes.
        conditional_shape: Shape of a condition vector, which the model flattens; `()` for one number; or None.
        cell: `row` (Row LSTM) or `diagonal` (Diagonal BiLSTM).
        num_layers: Number of LSTMs behind the first layer.
        num_filters: Number of filters F of the layers; an LSTM has F / 2 inside. A multiple of 2, and of 2 C where the
            network chains the channels. None chooses the smallest such number of at least 128.
        head: `bernoulli`, `categorical` or `logistic_mixture`. None chooses `bernoulli` for 2 levels, `categorical` for
            up to 256 and for names, and `logistic_mixture` for more.
        num_logistic_mix: Number of components M of a mixture of logistics.
        dropout_p: Dropout probability.
        high: Largest level of a pixel.
        low: Smallest level of a pixel.
        num_classes: Number of classes K, or None. The condition is then a label 0 … K-1.
        class_names: Names of the classes, which users may pass in place of labels; or None.
        spatial_condition_shape: Shape (H, W, N) of a map that is a condition for each pixel, or None.
        condition_dropout: Probability that an image loses its condition in training. Above 0 the model also learns the
            distribution without a condition (`conditional_input=None`), which `guidance` needs.
        levels: `ordinal`: levels are numbers, such as brightness. `categorical`: levels are names, such as the codes of
            a VQ-VAE; the network reads `embedding_dim` learned features of each level, and the head is `categorical`,
            or `bernoulli` for 2 levels.
        embedding_dim: Number of learned features of each level or code that is a name.
        spatial_condition_levels: Number K of codes of a map that holds codes 0 … K-1 and no numbers, or None.
        orders: 1 for raster order alone; 4 for one model of four orders of the pixels, the flips of raster order; 8 for
            these and their transpositions, for square images. In training each image of a batch gets a random order.
            See `pixelcnn.orders`.
        dtype: A Keras dtype, or a dtype policy or its name; None takes Keras' default.
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
        self,
        image_shape: Sequence[int],
        conditional_shape: Sequence[int] | None = None,
        cell: str = "diagonal",
        num_layers: int = 7,
        num_filters: int | None = None,
        head: str | None = None,
        num_logistic_mix: int = 10,
        dropout_p: float = 0.0,
        high: int = 255,
        low: int = 0,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        spatial_condition_shape: Sequence[int] | None = None,
        condition_dropout: float = 0.0,
        levels: str = "ordinal",
        embedding_dim: int = 16,
        spatial_condition_levels: int | None = None,
        orders: int = 1,
        dtype: Any = None,
        name: str = "pixel_rnn",
    ) -> None:
        super().__init__(locals())
        self._make_network(
            PixelRNNNetwork,
            cell=require.one_of("cell", cell, tuple(CELLS)),
            num_layers=require.positive_integer("num_layers", num_layers),
            num_filters=choose_filters(num_filters, 2 * self.head.channel_groups, "twice the number of channel groups"),
            dropout_p=require.probability("dropout_p", dropout_p),
        )
