"""CIFAR-10: small photographs in colour."""

import os
from typing import Any

from pixelcnn import require
from pixelcnn.data import _published
from pixelcnn.data.image_data import ImageData

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SPLITS = ("train", "test")
FILES = ("cifar10/cifar10.npz", "cifar10/cifar10_subset.npz")


def cifar10(split: str = "train", data_dir: str | os.PathLike[str] | None = None) -> ImageData:
    """Load CIFAR-10: 32x32 colour photographs of ten classes, 50,000 training images and 10,000 test images.

    The file comes from the folder `data_dir`, else from the folder PIXELCNN_DATA if it holds the file, else from Keras'
    download, whose SHA-256 is checked. A folder may hold `cifar10/cifar10.npz`, which is tried first, or
    `cifar10/cifar10_subset.npz`; bits/dim of a subset cannot be compared with published values. Both files hold
    `x_train`, `y_train`, `x_test` and `y_test`.

    Args:
        split: "train" or "test".
        data_dir: A folder that holds one of these files, in a folder `cifar10` or directly.

    Returns:
        `ImageData`: images (n, 32, 32, 3) uint8, labels (n,) 0 … 9, the ten class names.

    Raises:
        ValueError: If the split is unknown, or the file is damaged.
        FileNotFoundError: If `data_dir` does not hold the file.
        ConnectionError: If no folder holds the file and the download fails.

    Example:
        >>> import tempfile, pathlib, numpy as np, pixelcnn
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> np.savez(folder / "cifar10.npz", x_test=np.zeros((2, 32, 32, 3), "uint8"), y_test=[3, 8])
        >>> data = pixelcnn.data.cifar10("test", data_dir=folder)
        >>> data.images.shape, [data.class_names[label] for label in data.labels]
        ((2, 32, 32, 3), ['cat', 'ship'])

    Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009),
    https://www.cs.toronto.edu/~kriz/cifar.html
    """
    require.one_of("split", split, SPLITS)
    path = _published.find(FILES, data_dir)
    if path is None:
        images, labels = _published.download("CIFAR-10", FILES[0], _load_by_keras)[SPLITS.index(split)]
    else:
        images, labels = _published.read(path, [f"x_{split}", f"y_{split}"])
    return _published.image_data(images, labels, CIFAR10_CLASSES, (32, 32, 3), path)


def _load_by_keras() -> Any:
    import keras

    return keras.datasets.cifar10.load_data()
