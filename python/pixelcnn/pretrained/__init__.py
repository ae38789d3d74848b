"""Trained models that are part of the package, with weights in half precision.

A model is two files of this folder: `NAME.npz`, which `export` writes, and `NAME.md` with its card.
"""

import importlib
import json
import os
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.files import replacing
from pixelcnn.layers.budget import LEAST, at_most
from pixelcnn.networks import FAMILIES
from pixelcnn.pretrained.card import Card, read_card
from pixelcnn.shared_model import check_finite
from pixelcnn.weights_file import check_archive, named

__all__ = ["MOST_BYTES", "NAMES", "Card", "cards", "export", "load_pretrained", "read_exported"]

FOLDER = resources.files(__name__)
NAMES = tuple(sorted(file.name.removesuffix(".npz") for file in FOLDER.iterdir() if file.name.endswith(".npz")))
MOST_BYTES = 2_500_000  # of the file of a shipped model, so that the wheel of several models stays below 10 MB


def load_pretrained(name: str) -> PixelDistribution:
    """A trained distribution, ready to sample without training or download.

    `quickdraw13` and `quickdraw20` draw thirteen and twenty classes of Quick, Draw! at 28x28, `doodles20` twenty
    classes of the package's own doodles, `mnist_binary` digits of two levels. `quickdraw13_large` has the classes of
    `quickdraw13` and better likelihoods, and its first draw compiles longer. `pixelcnn.pretrained.cards()` tells the
    data, licences, figures and faults of each.

    Args:
        name: The name of the model, such as `quickdraw13`.

    Returns:
        A distribution, compute dtype float32.

    Raises:
        ValueError: If `name` is unknown, or the file is damaged.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.load_pretrained("quickdraw13")
        >>> dist.class_names[:3]
        ('bee', 'bicycle', 'butterfly')
    """
    require.one_of("name", name, NAMES)
    with resources.as_file(FOLDER / f"{name}.npz") as path:
        return read_exported(path)


def cards() -> dict[str, Card]:
    """The cards of all models of the package, by name.

    Example:
        >>> cards()["quickdraw13"].figures["test bits/dim"]
        1.5533
    """
    return {name: read_card(FOLDER / f"{name}.md") for name in NAMES}


def read_exported(path: str | os.PathLike[str]) -> PixelDistribution:
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
        family = _family(config.pop("family", "PixelCNNPlusPlus"))  # the first files had one family
        with at_most(LEAST * sum(weight.size for weight in weights)):  # because a small tensor counts as LEAST weights
            distribution = family.from_config(config)
        distribution.set_weights(weights)
        check_finite(distribution.weights)
    return distribution


def export(distribution: PixelDistribution, path: str | os.PathLike[str], most_bytes: int | None = None) -> None:
    """Write the configuration and the weights of a distribution to a file, the weights in half precision.

    Args:
        distribution: A trained distribution of one of the package's families.
        path: Path of the `.npz` file.
        most_bytes: Largest size of the file, `MOST_BYTES` for a model of the package; None for any size.

    Raises:
        ValueError: If a weight is not finite in half precision, whose largest number is 65,504; if the file would be
            larger than `most_bytes`; or if the class of the distribution is none of the package's.
    """
    family = type(distribution).__name__
    if type(distribution) is not _family(family):
        raise ValueError(f"distribution is a {type(distribution)}: expected one of {', '.join(FAMILIES)} itself.")
    config = {**distribution.get_config(), "dtype": "float32", "family": family}
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
        size = Path(temporary).stat().st_size
        if most_bytes is not None and size > most_bytes:
            raise ValueError(
                f"distribution does not fit: its file has {size:,} bytes, expected at most {most_bytes:,}."
            )


def _family(name: str) -> type[PixelDistribution]:
    """Return the class of a family."""
    require.one_of("family", name, tuple(FAMILIES))
    return getattr(importlib.import_module(FAMILIES[name]), name)
