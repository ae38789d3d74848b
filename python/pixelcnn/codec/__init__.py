"""Lossless compression of images by the probabilities of a distribution."""

from pixelcnn.codec.images import compress, decompress

__all__ = ["compress", "decompress"]
