"""Autoregressive image distributions as Keras 3 models: PixelCNN++ and its family.

Names are imported on first use, so that `pixelcnn --help` does not wait for Keras.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixelcnn import data, evaluation, interop, layers, losses, plot, pretrained, training
    from pixelcnn.distribution import PixelDistribution
    from pixelcnn.model_file import load
    from pixelcnn.networks.gated_pixel_cnn import GatedPixelCNN
    from pixelcnn.networks.pixel_cnn import PixelCNN
    from pixelcnn.networks.pixel_cnn_plus_plus import PixelCNNPlusPlus
    from pixelcnn.networks.pixel_rnn import PixelRNN
    from pixelcnn.occlusion import Occluded, occlude
    from pixelcnn.pretrained import load_pretrained

__version__ = "0.1.0.dev0"
__all__ = [
    "GatedPixelCNN",
    "Occluded",
    "PixelCNN",
    "PixelCNNPlusPlus",
    "PixelDistribution",
    "PixelRNN",
    "data",
    "evaluation",
    "interop",
    "layers",
    "load",
    "load_pretrained",
    "losses",
    "occlude",
    "plot",
    "pretrained",
    "training",
]

_HOMES = {
    "GatedPixelCNN": "pixelcnn.networks.gated_pixel_cnn",
    "Occluded": "pixelcnn.occlusion",
    "PixelCNN": "pixelcnn.networks.pixel_cnn",
    "PixelCNNPlusPlus": "pixelcnn.networks.pixel_cnn_plus_plus",
    "PixelDistribution": "pixelcnn.distribution",
    "PixelRNN": "pixelcnn.networks.pixel_rnn",
    "load": "pixelcnn.model_file",
    "load_pretrained": "pixelcnn.pretrained",
    "occlude": "pixelcnn.occlusion",
}


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in __all__:
        return importlib.import_module(f"pixelcnn.{name}")
    raise AttributeError(f"module 'pixelcnn' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
