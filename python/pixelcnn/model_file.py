"""Model files: a `.keras` archive is checked before Keras reads it, because Keras builds every class in an archive.

A damaged or hostile file raises a `ValueError` that names the file. The size of the file limits memory and time.
"""

import importlib
import json
import math
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.layers.budget import at_most
from pixelcnn.networks import FAMILIES
from pixelcnn.shared_model import check_finite
from pixelcnn.weights_file import WEIGHTS, Arrays, check_types, read_arrays

CONFIG = "config.json"  # member of the archive, as Keras names it
MOST_CONFIG_BYTES = 1 << 24
MOST_SUB_PIXELS = 1 << 28  # of an image, H W C, such as 16,384 x 16,384 x 1
# Keras does not compress archives. A compressed archive may unpack to 4 times its size, or to 256 MiB.
MOST_EXPANSION, ALWAYS_ALLOWED_BYTES = 4, 1 << 28
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
    for module in FAMILIES.values():
        importlib.import_module(module)  # registers the family with Keras
    path = require.path("path", path)
    if not path.is_file():
        raise FileNotFoundError(f"path={str(path)!r} is not a file: expected a .keras file that save() wrote.")
    if path.suffix != ".keras" or not zipfile.is_zipfile(path):
        raise ValueError(f"path={str(path)!r} is not a model file: expected a .keras file that save() wrote.")
    path.open("rb").close()  # outside `named`, because an OSError of the system names the file
    with named(path):
        with zipfile.ZipFile(path) as archive:
            check_archive(archive, path.stat().st_size)
            arrays, most_weights = _read_arrays(archive)
            _check_config(_read_config(archive), most_weights)
        with at_most(most_weights):
            model = keras.saving.load_model(path, safe_mode=True)
        check_types(arrays, model)
        check_finite(model.weights)
    return model


def load_weights(model: PixelDistribution, path: str | os.PathLike[str]) -> None:
    """Load the weights of a `.keras` file, and the state of its optimizer, into a model.

    Args:
        model: A compiled distribution with the same arguments as the distribution in the file.
        path: Path of the file.

    Raises:
        ValueError: If the file is damaged or is of another distribution, or if weights are not finite or are integers
            in the place of floats.
    """
    path = require.path("path", path)
    with named(path):
        with zipfile.ZipFile(path) as archive:
            check_archive(archive, path.stat().st_size)
            arrays, _ = _read_arrays(archive)
        check_types(arrays, model)
        model.load_weights(path)
        check_finite(model.weights)


@contextmanager
def named(path: str | os.PathLike[str]) -> Iterator[None]:
    """A context that turns every error into a ValueError that names the file.

    Keras, h5py and zipfile raise errors of any type for damaged files, such as RecursionError and MemoryError.

    Args:
        path: Path of the file.
    """
    try:
        yield
    except Exception as error:
        text = " ".join(str(error).split())[:400]
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise ValueError(f"path={str(path)!r} cannot be read as a saved distribution: {kind}{text}") from error


def check_archive(archive: zipfile.ZipFile, size: int) -> None:
    """Check that a ZIP archive is undamaged, and does not unpack to far more than its size.

    Args:
        archive: A `zipfile.ZipFile`.
        size: Size of the file in bytes.

    Raises:
        ValueError: If a member is encrypted or damaged, or all members together are too large.
    """
    members = archive.infolist()
    encrypted = [member.filename for member in members if member.flag_bits & 1]
    if encrypted:
        raise ValueError(f"its member {encrypted[0]!r} is encrypted.")
    total = sum(member.file_size for member in members)
    if total > max(MOST_EXPANSION * size, ALWAYS_ALLOWED_BYTES):
        raise ValueError(f"its members unpack to {total:,} bytes, which is too much for a file of {size:,} bytes.")
    damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"its member {damaged!r} is damaged: expected another checksum.")


def _read_config(archive: zipfile.ZipFile) -> dict[str, Any]:
    size = _member(archive, CONFIG).file_size
    if size > MOST_CONFIG_BYTES:
        raise ValueError(f"its {CONFIG} has {size:,} bytes: expected at most {MOST_CONFIG_BYTES:,}.")
    try:
        config = json.loads(archive.read(CONFIG))
    except ValueError as error:
        raise ValueError(f"its {CONFIG} is not JSON ({error}).") from None
    if not isinstance(config, dict):
        raise ValueError(f"its {CONFIG} holds no JSON object.")
    return config


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    try:
        return archive.getinfo(name)
    except KeyError:
        raise ValueError(f"it has no member {name}.") from None


def _check_config(config: dict[str, Any], most_weights: int) -> None:
    """Check that a configuration describes a distribution, and one of at most `most_weights` weights."""
    kind = keras.saving.get_registered_object(config.get("registered_name"))
    if not (isinstance(kind, type) and issubclass(kind, PixelDistribution)):
        raise ValueError(f"it holds a {config.get('class_name')}: expected a distribution of this package.")
    arguments = config.get("config")
    if not isinstance(arguments, dict):
        raise ValueError(f"its {CONFIG} has no arguments of the distribution.")
    for name, value in arguments.items():
        if name.startswith("num_") and isinstance(value, (int, float)) and value > most_weights:
            raise ValueError(f"its {name} is {value}, but the file holds at most {most_weights:,} weights.")
    image_shape = arguments.get("image_shape")
    if isinstance(image_shape, list) and math.prod(map(int, image_shape)) > MOST_SUB_PIXELS:
        raise ValueError(f"its image_shape is {image_shape}: expected at most {MOST_SUB_PIXELS:,} sub-pixels.")
    _check_training(config.get("compile_config"))


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


def _read_arrays(archive: zipfile.ZipFile) -> tuple[Arrays, int]:
    """Return the arrays that the weights file declares, and the largest number of weights that it can hold."""
    size = _member(archive, WEIGHTS).file_size
    return read_arrays(archive.read(WEIGHTS)), size // SMALLEST_WEIGHT
