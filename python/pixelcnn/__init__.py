"""Autoregressive image distributions as Keras 3 models: PixelCNN++ and its family.

A name is imported when it is first used, because `pixelcnn --help` must not wait for Keras.
"""

import importlib
import sys
import warnings
from types import ModuleType
from typing import TYPE_CHECKING

from pixelcnn import installed as _installed
from pixelcnn.networks import FAMILIES

if TYPE_CHECKING:  # Type checkers and editors do not run `__getattr__`. A test compares these names with `__all__`.
    from pixelcnn import anomaly as anomaly
    from pixelcnn import codec as codec
    from pixelcnn import data as data
    from pixelcnn import evaluation as evaluation
    from pixelcnn import interop as interop
    from pixelcnn import layers as layers
    from pixelcnn import losses as losses
    from pixelcnn import plot as plot
    from pixelcnn import pretrained as pretrained
    from pixelcnn import shards as shards
    from pixelcnn import training as training
    from pixelcnn import vq as vq
    from pixelcnn.backend import join_machines as join_machines
    from pixelcnn.backend import use_devices as use_devices
    from pixelcnn.distribution import PixelDistribution as PixelDistribution
    from pixelcnn.model_file import load as load
    from pixelcnn.networks.gated_pixel_cnn import GatedPixelCNN as GatedPixelCNN
    from pixelcnn.networks.pixel_cnn import PixelCNN as PixelCNN
    from pixelcnn.networks.pixel_cnn_plus_plus import PixelCNNPlusPlus as PixelCNNPlusPlus
    from pixelcnn.networks.pixel_rnn import PixelRNN as PixelRNN
    from pixelcnn.occlusion import Occluded as Occluded
    from pixelcnn.occlusion import occlude as occlude
    from pixelcnn.pretrained import load_pretrained as load_pretrained

__version__ = "0.1.0.dev0"

_HOMES = {
    **FAMILIES,
    "Occluded": "pixelcnn.occlusion",
    "PixelDistribution": "pixelcnn.distribution",
    "join_machines": "pixelcnn.backend",
    "load": "pixelcnn.model_file",
    "load_pretrained": "pixelcnn.pretrained",
    "occlude": "pixelcnn.occlusion",
    "use_devices": "pixelcnn.backend",
}
_PACKAGES = (
    "anomaly", "codec", "data", "evaluation", "interop", "layers", "losses", "plot", "pretrained", "shards",
    "training", "vq",
)  # fmt: skip

__all__ = sorted([*_HOMES, *_PACKAGES])


# A warning and no error, because data sets and `pixelcnn --help` need no backend.
if _problem := _installed.problem():
    warnings.warn(_problem, stacklevel=2)
elif "keras" in sys.modules:  # TensorFlow reads the flag of its cache before its first operation, which may come soon
    importlib.import_module("pixelcnn.backend")


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(_import(_HOMES[name]), name)
    if name in _PACKAGES:
        return _import(f"pixelcnn.{name}")
    raise AttributeError(f"module 'pixelcnn' has no attribute {name!r}")


def _import(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError:
        if problem := _installed.problem():
            raise ImportError(problem) from None
        raise


def __dir__() -> list[str]:
    return __all__
