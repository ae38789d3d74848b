"""MNIST: handwritten digits in gray, in the binarisation of published figures, or binarised anew for each batch."""

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from pixelcnn import require
from pixelcnn.data import _published
from pixelcnn.data.binarize import binarize
from pixelcnn.data.image_data import ImageData

if TYPE_CHECKING:
    from pixelcnn.data.binarized_batches import BinarizedBatches

DIGITS = tuple(map(str, range(10)))
SPLITS = ("train", "valid", "test")
TRAINING_IMAGES = 50_000  # of the 60,000 training images of MNIST's file; the other 10,000 are the valid split
FIXED_URL = "https://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist"
# From TensorFlow Datasets' `binarized_mnist/checksums.tsv`.
FIXED_SHA256 = {
    "train": "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d",
    "valid": "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2",
    "test": "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c",
}


def mnist(
    binarized: bool | str = False,
    split: str = "train",
    batch_size: int = 100,
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
) -> "ImageData | BinarizedBatches":
    """Load MNIST: 28x28 handwritten digits, 50,000 training, 10,000 validation and 10,000 test images.

    Papers report nats of binary digits of two kinds. "fixed" is one published binarisation; published figures of
    PixelRNN and PixelCNN are measured on its test split. "dynamic" takes gray levels as probabilities of ink and draws
    each training batch anew. Nats of the two kinds cannot be compared. A model of either kind has `high=1`.

    A file comes from the folder `data_dir`, else from the folder PIXELCNN_DATA if it holds the file (`mnist/mnist.npz`,
    `mnist/binarized_mnist.npz`), else from a download. Keras downloads MNIST or Larochelle's text files, keeps them in
    its cache (`~/.keras/datasets`), and checks their SHA-256. The function checks the arrays and the pixels of all
    files.

    Args:
        binarized: `False` for gray images 0 … 255, "fixed" or "dynamic" for images of 0 and 1.
        split: "train", "valid" or "test". The valid split is the last 10,000 of MNIST's 60,000 training images;
            "fixed" has its own.
        batch_size: Images in a batch of the dynamic training split.
        seed: Seed of the "dynamic" images, a whole number of at least 0.
        data_dir: A folder that holds these files, in a folder `mnist` or directly.

    Returns:
        `ImageData`: images (n, 28, 28, 1) uint8, labels (n,) 0 … 9, names "0" … "9". The fixed binarisation has
        another order than MNIST and no labels. For the dynamic training split, a `keras.utils.PyDataset` of batches
        (images, labels) for `dist.fit(data)`, which shuffles and draws the images anew in each epoch. The other dynamic
        splits are drawn once, and depend on `seed` only.

    Raises:
        ValueError: If an argument does not fit, or a file is damaged.
        FileNotFoundError: If `data_dir` does not hold the file.
        ConnectionError: If no folder holds the file and the download fails.

    Example:
        >>> import tempfile, pathlib, numpy as np, pixelcnn
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> splits = {name: np.ones((3, 28, 28), "uint8") for name in ("train", "valid", "test")}
        >>> np.savez(folder / "binarized_mnist.npz", **splits)
        >>> pixelcnn.data.mnist("fixed", split="test", data_dir=folder).images.shape
        (3, 28, 28, 1)

    Source: LeCun, Bottou, Bengio, Haffner (1998), http://yann.lecun.com/exdb/mnist. The fixed binarisation:
    Salakhutdinov and Murray, On the Quantitative Analysis of Deep Belief Networks (2008); Larochelle and Murray, The
    Neural Autoregressive Distribution Estimator (2011), http://proceedings.mlr.press/v15/larochelle11a.html
    """
    require.one_of("binarized", binarized, (False, "fixed", "dynamic"))
    require.one_of("split", split, SPLITS)
    batch_size, seed = require.positive_integer("batch_size", batch_size), require.integer("seed", seed, 0)
    if binarized == "fixed":
        return _fixed(split, data_dir)
    gray = _gray(split, data_dir)
    if binarized == "dynamic" and split == "train":
        from pixelcnn.data.binarized_batches import BinarizedBatches  # imports Keras

        return BinarizedBatches(gray, batch_size, seed)
    if binarized == "dynamic":
        return gray._replace(images=binarize(gray.images, np.random.default_rng((seed, SPLITS.index(split)))))
    return gray


def _gray(split: str, data_dir: str | os.PathLike[str] | None) -> ImageData:
    path = _published.find(["mnist/mnist.npz"], data_dir)
    part = "test" if split == "test" else "train"
    if path is None:
        training, test = _published.download("MNIST", "mnist/mnist.npz", _load_by_keras)
        images, labels = test if part == "test" else training
    else:
        images, labels = _published.read(path, [f"x_{part}", f"y_{part}"])
    rows = {"train": slice(TRAINING_IMAGES), "valid": slice(TRAINING_IMAGES, None), "test": slice(None)}[split]
    images, labels = np.atleast_1d(images)[rows], np.reshape(labels, -1)[rows]
    return _published.image_data(images, labels, DIGITS, (28, 28), path)


def _load_by_keras() -> Any:
    import keras

    return keras.datasets.mnist.load_data()


def _fixed(split: str, data_dir: str | os.PathLike[str] | None) -> ImageData:
    path = _published.find(["mnist/binarized_mnist.npz"], data_dir)
    if path is None:
        images = _published.download("Binarised MNIST", "mnist/binarized_mnist.npz", lambda: _download_fixed(split))
    else:
        (images,) = _published.read(path, [split])
    return _published.image_data(images, None, None, (28, 28), path, high=1)


def _download_fixed(split: str) -> np.ndarray:
    """Return the images of a text file, (n, 28, 28). A line is an image: 784 digits 0 or 1, separated by spaces."""
    import keras

    name = f"binarized_mnist_{split}.amat"
    path = keras.utils.get_file(
        name, f"{FIXED_URL}/{name}", file_hash=FIXED_SHA256[split], cache_subdir="datasets/binarized_mnist"
    )
    digits = np.fromfile(path, "uint8")[::2]  # every second byte is a space or the end of a line
    return digits.reshape(-1, 28, 28) - ord("0")
