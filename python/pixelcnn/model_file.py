"""Model files: a `.keras` archive is checked before Keras reads it, because Keras builds every class in an archive.

A damaged or hostile file raises a `ValueError` that names the file. The size of the file limits memory and time.
"""

import importlib
import json
import math
import os
import re
import zipfile
from typing import Any

import keras

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.layers.budget import at_most
from pixelcnn.networks import FAMILIES
from pixelcnn.shared_model import check_finite
from pixelcnn.weights_file import CONFIG, WEIGHTS, check_archive, check_types, member, named, read_arrays

MOST_CONFIG_BYTES = 1 << 24
MOST_SUB_PIXELS = 1 << 28  # largest image, H x W x C, such as 16,384 x 16,384 x 1
SMALLEST_WEIGHT = 2  # bytes, in half precision
# Modules of Keras' optimizers, losses and metrics; a saved optimizer may name a module of a backend.
TRAINING_MODULES = re.compile(r"keras\.(src\.)?(backend\.\w+\.)?(optimizers|losses|metrics)(\.\w+)*")


def load(path: str | os.PathLike[str]) -> PixelDistribution:
    """A distribution from a `.keras` file that `save` wrote, ready for sampling, evaluation and more training.

    A class of your own is loaded if it is a subclass of a family and is registered with
    `keras.saving.register_keras_serializable`. `load` builds no other class.

    Args:
        path: Path of the file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not a saved distribution or is damaged, or if weights are not finite or are integers
            in the place of floats.

    Example:
        >>> import pathlib, tempfile, pixelcnn
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "tiny.keras"
        >>> pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=8).save(path)
        >>> pixelcnn.load(path).image_shape
        (4, 4, 1)
    """
    register_families()
    path = require.path("path", path)
    if not path.is_file():
        raise FileNotFoundError(f"path={str(path)!r} does not fit: expected a .keras file that exists.")
    if path.suffix != ".keras" or not zipfile.is_zipfile(path):
        raise ValueError(f"path={str(path)!r} does not fit: expected a .keras file that save() wrote.")
    path.open("rb").close()  # outside `named`, because an OSError of the system names the file
    with named(path):
        with zipfile.ZipFile(path) as archive:
            check_archive(archive, path.stat().st_size)
            arrays = read_arrays(archive.read(member(archive, WEIGHTS)))
            most_weights = member(archive, WEIGHTS).file_size // SMALLEST_WEIGHT
            check_config(_read_config(archive), most_weights)
        with at_most(most_weights):
            model = keras.saving.load_model(path, safe_mode=True)
        check_types(arrays, model)
        check_finite(model.weights)
    return model


def register_families() -> None:
    """Import all families, because Keras builds a class only after its module has registered it."""
    for module in FAMILIES.values():
        importlib.import_module(module)


def _read_config(archive: zipfile.ZipFile) -> Any:
    size = member(archive, CONFIG).file_size
    if size > MOST_CONFIG_BYTES:
        raise ValueError(f"its {CONFIG} has {size:,} bytes: expected at most {MOST_CONFIG_BYTES:,}.")
    try:
        config = json.loads(archive.read(CONFIG))
    except ValueError as error:
        raise ValueError(f"its {CONFIG} is not JSON ({error}).") from None
    return config


def check_config(config: Any, most_weights: int) -> type:
    """Check that a configuration describes a distribution, and one of a limited size. Return the class.

    Args:
        config: The content of a `config.json`.
        most_weights: Largest number of weights that the file of weights can hold.

    Raises:
        ValueError: If the configuration describes something else or something larger.
    """
    if not isinstance(config, dict):
        raise ValueError(f"its {CONFIG} holds a {type(config).__name__}: expected a JSON object.")
    kind = keras.saving.get_registered_object(config.get("registered_name"))
    if not (isinstance(kind, type) and issubclass(kind, PixelDistribution)):
        raise ValueError(f"it holds a {config.get('class_name')}: expected a distribution of this package.")
    arguments = config.get("config")
    if not isinstance(arguments, dict):
        raise ValueError(f"its {CONFIG} has no member 'config': expected the arguments of the distribution.")
    for name, value in arguments.items():
        if name.startswith("num_") and isinstance(value, (int, float)) and value > most_weights:
            raise ValueError(f"its {name} is {value}, but the file holds at most {most_weights:,} weights.")
    image_shape = arguments.get("image_shape")
    if isinstance(image_shape, list) and math.prod(map(int, image_shape)) > MOST_SUB_PIXELS:
        raise ValueError(f"its image_shape is {image_shape}: expected at most {MOST_SUB_PIXELS:,} sub-pixels.")
    _check_training(config.get("compile_config"))
    return kind


def _check_training(config: Any) -> None:
    """Check that a compile configuration names only optimizers, losses and metrics, and no networks."""
    if isinstance(config, list):
        for part in config:
            _check_training(part)
    if not isinstance(config, dict):
        return
    for part in config.values():
        _check_training(part)
    name, module = config.get("class_name"), config.get("module")
    allowed = (module, name) in (("keras", "DTypePolicy"), ("builtins", "function"))
    allowed = allowed or TRAINING_MODULES.fullmatch(str(module)) is not None
    if name is not None and not allowed and keras.saving.get_registered_object(config.get("registered_name")) is None:
        raise ValueError(f"its compile_config names {module}.{name}: expected an optimizer, losses and metrics.")
