"""Layers of the networks. `MaskedConv2D` is public, as a building block of other networks."""

from pixelcnn.layers.masked_convolution import MaskedConv2D

__all__ = ["MaskedConv2D"]
