"""Autoregressive image distributions as Keras 3 models: PixelCNN++ and its family.

Names are imported on first use, so that `pixelcnn --help` does not wait for Keras.
"""

import importlib
from typing import TYPE_CHECKING

from pixelcnn.networks import FAMILIES

if TYPE_CHECKING:  # for tools that do not run the code; a test compares these names with `__all__`
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

_HOMES = {
    **FAMILIES,
    "Occluded": "pixelcnn.occlusion",
    "PixelDistribution": "pixelcnn.distribution",
    "load": "pixelcnn.model_file",
    "load_pretrained": "pixelcnn.pretrained",
    "occlude": "pixelcnn.occlusion",
}
_PACKAGES = ("data", "evaluation", "interop", "layers", "losses", "plot", "pretrained", "training")

__all__ = sorted([*_HOMES, *_PACKAGES])


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in _PACKAGES:
        return importlib.import_module(f"pixelcnn.{name}")
    raise AttributeError(f"module 'pixelcnn' has no attribute {name!r}")


def __dir__():
    return __all__
