"""Layers that the networks share, and the one that is a building block for others: `MaskedConv2D`."""

from pixelcnn.layers.masked_convolution import MaskedConv2D

__all__ = ["MaskedConv2D"]
