"""The whole image at once, as in training and for a likelihood."""

from pixelcnn.backend import convolve


class WholeImage:
    """All rows and columns at once."""

    def convolve(self, layer, x, activation):
        """The layer's convolution of activated features at every cell, with zeros before the image: (B, H, W, C) ->
        (B, H / stride, W / stride, F).
        """
        return convolve(x, activation, layer.kernel, layer.stride, (layer.top, layer.left, layer.right))

    def recur(self, layer, x):
        """The result of a layer that depends on earlier cells, such as an LSTM: (B, H, W, G) -> (B, H, W, F)."""
        return layer.image(x)

    def select(self, vertical):
        """Of features that are known for whole rows, those at the cells that are computed now."""
        return vertical

    def local(self, condition):
        """Of a condition that is given for the whole grid, the part at the cells that are computed now."""
        return condition

    def coarser(self, x, downsample, inner, upsample, features):
        """Go down to the coarser grid, through `inner` there, and up again.

        Args:
            x: Features (B, H, W, F) on this grid.
            downsample, upsample: Convolutions to the coarser grid and back.
            inner: A function from coarse features and a traversal of the coarse grid to coarse features, and to a
                dictionary from places of blocks to the features of these blocks.
            features: A dictionary from these places to the keys under which the blocks' features are remembered.

        Returns:
            Features on this grid, and the dictionary that `inner` gave.
        """
        y, found = inner(downsample(x, traversal=self), self)
        return upsample(y, traversal=self), found


WHOLE_IMAGE = WholeImage()
