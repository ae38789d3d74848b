"""Trained models that come with the package, their weights in half precision."""

import json
from importlib import resources

import numpy as np

from pixelcnn import require

NAMES = ("quickdraw13",)


def load_pretrained(name):
    """A trained distribution, ready to sample: no training, no download.

    `quickdraw13` draws thirteen Quick, Draw! classes at 28x28: bee, bicycle, butterfly, frog, guitar, penguin, pizza,
    sea turtle, sheep, snowflake, tractor, train, tree. Its card is `pretrained/quickdraw13.md`.

    Args:
        name: `quickdraw13`.

    Returns:
        A `PixelCNNPlusPlus`, compute dtype float32.

    Raises:
        ValueError: If there is no such model.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.load_pretrained("quickdraw13")
        >>> dist.class_names[:3]
        ('bee', 'bicycle', 'butterfly')
    """
    from pixelcnn.networks.pixel_cnn_plus_plus import PixelCNNPlusPlus

    require.one_of("name", name, NAMES)
    with (
        resources.as_file(resources.files(__name__) / f"{name}.npz") as path,
        np.load(path, allow_pickle=False) as archive,
    ):
        config = json.loads(str(archive["config"]))
        weights = [archive[f"weight_{index}"].astype("float32") for index in range(len(archive.files) - 1)]
    distribution = PixelCNNPlusPlus.from_config(config)
    distribution.set_weights(weights)
    return distribution


def export(distribution, path):
    """Write a distribution as `load_pretrained` reads it: its configuration and its weights in half precision.

    Args:
        distribution: A trained `PixelCNNPlusPlus`.
        path: Path of the `.npz` file.
    """
    config = {**distribution.get_config(), "dtype": "float32"}
    weights = {f"weight_{index}": weight.astype("float16") for index, weight in enumerate(distribution.get_weights())}
    np.savez_compressed(path, config=json.dumps(config), **weights)
