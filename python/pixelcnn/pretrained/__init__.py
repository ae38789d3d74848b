"""Trained models that are part of the package, with weights in half precision."""

import json
import os
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.files import replacing
from pixelcnn.networks.pixel_cnn_plus_plus import PixelCNNPlusPlus
from pixelcnn.shared_model import check_finite
from pixelcnn.weights_file import check_archive, named

__all__ = ["NAMES", "export", "load_pretrained", "read_exported"]

NAMES = ("quickdraw13",)


def load_pretrained(name: str) -> PixelCNNPlusPlus:
    """A trained distribution, ready to sample without training or download.

    `quickdraw13` draws thirteen Quick, Draw! classes at 28x28: bee, bicycle, butterfly, frog, guitar, penguin, pizza,
    sea turtle, sheep, snowflake, tractor, train, tree. Its description is `pretrained/quickdraw13.md`.

    Args:
        name: The name of the model, `quickdraw13`.

    Returns:
        A `PixelCNNPlusPlus`, compute dtype float32.

    Raises:
        ValueError: If `name` is unknown, or the file is damaged.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.load_pretrained("quickdraw13")
        >>> dist.class_names[:3]
        ('bee', 'bicycle', 'butterfly')
    """
    require.one_of("name", name, NAMES)
    with resources.as_file(resources.files(__name__) / f"{name}.npz") as path:
        return read_exported(path)


def read_exported(path: str | os.PathLike[str]) -> PixelCNNPlusPlus:
    """A distribution from a file that `export` wrote.

    Args:
        path: Path of the `.npz` file.

    Raises:
        OSError: If the file cannot be opened.
        ValueError: If the file is damaged, or holds weights that are not finite.
    """
    with Path(path).open("rb") as file, named(path):
        with zipfile.ZipFile(file) as archive:
            check_archive(archive, Path(path).stat().st_size)
        with np.load(path, allow_pickle=False) as archive:
            config = json.loads(str(archive["config"]))
            weights = [archive[f"weight_{index}"].astype("float32") for index in range(len(archive.files) - 1)]
        distribution = PixelCNNPlusPlus.from_config(config)
        distribution.set_weights(weights)
        check_finite(distribution.weights)
    return distribution


def export(distribution: PixelCNNPlusPlus, path: str | os.PathLike[str]) -> None:
    """Write the configuration and the weights of a distribution to a file, the weights in half precision.

    Args:
        distribution: A trained `PixelCNNPlusPlus`.
        path: Path of the `.npz` file.

    Raises:
        ValueError: If a weight is not finite in half precision, whose largest number is 65,504.
    """
    config = {**distribution.get_config(), "dtype": "float32"}
    with np.errstate(over="ignore"):
        halves = [weight.astype("float16") for weight in distribution.get_weights()]
    overflowed = [
        weight.path for weight, half in zip(distribution.weights, halves, strict=True) if not np.isfinite(half).all()
    ]
    if overflowed:
        raise ValueError(
            f"distribution does not fit: expected weights of at most 65,504, but {overflowed[0]} is not finite in half "
            "precision."
        )
    weights: dict[str, Any] = {f"weight_{index}": half for index, half in enumerate(halves)}
    with replacing(path) as temporary:
        np.savez_compressed(temporary, config=json.dumps(config), **weights)
