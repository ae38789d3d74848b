"""The whole image at once, as in training and for a likelihood."""

from pixelcnn.backend import convolve


class WholeImage:
    """Computes all rows and columns at once."""

    def convolve(self, layer, x, activation):
        """Convolve the activated features x at every cell, with zeros before the image: (B, H, W, C) -> (B, H / stride,
        W / stride, F).
        """
        return convolve(x, activation, layer.kernel, layer.stride, (layer.top, layer.left, layer.right))

    def recur(self, layer, x):
        """Apply a layer that depends on earlier cells, such as an LSTM: (B, H, W, G) -> (B, H, W, F)."""
        return layer.image(x)

    def select(self, vertical):
        """Select the cells that the traversal computes now, from features of whole rows of the vertical stack."""
        return vertical

    def local(self, condition):
        """Select the cells that the traversal computes now, from a condition of the whole grid."""
        return condition

    def coarser(self, x, downsample, inner, upsample, feature_keys):
        """Go down to the coarser grid, apply `inner` there, and go up again.

        Args:
            x: Features (B, H, W, F) on this grid.
            downsample, upsample: Convolutions to the coarser grid and back.
            inner: A function of coarse features and a traversal of the coarse grid. It returns coarse features, and a
                dictionary from places of blocks to the features of these blocks.
            feature_keys: A dictionary from these places to the memory keys of the blocks' features.

        Returns:
            Features on this grid, and the dictionary that `inner` returned.
        """
        y, features = inner(downsample(x, traversal=self), self)
        return upsample(y, traversal=self), features


WHOLE_IMAGE = WholeImage()
