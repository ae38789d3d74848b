"""Distributions and data sets as objects of other libraries, and models of other libraries as distributions."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pixelcnn import require
from pixelcnn.data.classes import resolve_classes
from pixelcnn.data.labels import BLOG20, quickdraw_classes, warn_of_tent
from pixelcnn.data.quickdraw import BASE_URL
from pixelcnn.distribution import PixelDistribution
from pixelcnn.inference.given import Given, unbound
from pixelcnn.interop.conversion import from_tfp, from_tfp_weights, require_tfp, to_tfp
from pixelcnn.interop.pytorch import from_pytorch_pixelcnnpp

__all__ = ["as_tfp", "from_pytorch_pixelcnnpp", "from_tfp", "from_tfp_weights", "tfds_quickdraw", "to_tfp"]


def as_tfp(
    distribution: PixelDistribution | Given,
    conditional_input: Any = None,
    dtype: Any = "float32",
    name: str | None = None,
) -> Any:
    """A distribution as a `tfp.distributions.Distribution`, on the TensorFlow backend.

    The result has `event_shape` (H, W, C), the batch shape of the condition, and `log_prob`, `prob` and `sample` with
    TFP's shapes and seeds. The result works inside `tf.function`, `tf.data`, joint distributions, mixtures and
    `tfd.Independent`, and under gradients by the weights and by the condition. Indices select a part of the batch, and
    `copy` replaces arguments. `variables` are the weights of the distribution, without frozen ones, and the variables
    of the condition. With a whole number 0 … 2^64 - 1 as the seed, `sample` returns the images of `distribution.sample`
    with this seed, in eager mode and in a `tf.function`. XLA (`jit_compile=True`) compiles `log_prob` but not `sample`.

    Args:
        distribution: Any distribution of this package, or one that is `given` a condition.
        conditional_input: The condition, if the distribution has one: an array, a tensor, or a variable, whose value
            each use reads. `log_prob` does not check the values of symbolic tensors.
        dtype: Type of the pixels, which are whole numbers; `float32` as for TFP's own PixelCNN, or another.
        name: Name of the result; by default the name of the distribution.

    Raises:
        ValueError: If the backend is not TensorFlow, or the condition does not fit.
        ImportError: If TensorFlow Probability is not installed.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelCNNPlusPlus((2, 2, 1), num_classes=3, num_resnet=1, num_hierarchies=1, num_filters=4)
        >>> images = as_tfp(dist, [0, 2]).sample(5, seed=1)  # doctest: +SKIP
        >>> images.shape  # doctest: +SKIP
        TensorShape([5, 2, 2, 2, 1])
    """
    require_tfp("as_tfp")
    from pixelcnn.interop.tfp import PixelDistributionForTFP

    ours, conditional_input = unbound(distribution, conditional_input, "as_tfp()")
    ours._require_no_context("a distribution of TensorFlow Probability")
    return PixelDistributionForTFP(ours, conditional_input, dtype, name)


def tfds_quickdraw(
    classes: Sequence[str | int] = BLOG20,
    per_class: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    base_url: str = BASE_URL,
) -> Any:
    """Some classes of Quick, Draw! as a builder of TensorFlow Datasets, `quickdraw_classes`.

    TFDS' own `quickdraw_bitmap` prepares all 345 classes, 36.8 GiB. This builder downloads 0.1 GB for each class that
    is asked for, with TFDS' download manager and its checksums, and prepares the rows that are asked for.

    Args:
        classes: K class names or TFDS labels; their order gives the labels 0 … K-1.
        per_class: Number of drawings of each class in each split, the first ones; None for all.
        folder: A folder with Google's `.npy` files, as `data_dir` of `pixelcnn.data.quickdraw`, which is read in place
            of a download; or None.
        data_dir: The folder that TFDS prepares data sets in; by default `~/tensorflow_datasets`.
        base_url: The address of the folder of `.npy` files on a server, which must be Google's files.

    Returns:
        A `tfds.core.DatasetBuilder` with the splits "train" and "test" (the last 10% of the rows of each class).

    Raises:
        ValueError: If a class is unknown or `per_class` is not positive.
        ImportError: If TensorFlow Datasets is not installed.

    Example:
        >>> builder = pixelcnn.interop.tfds_quickdraw(["bee", "sun"], per_class=1500)  # doctest: +SKIP
        >>> builder.download_and_prepare()  # doctest: +SKIP
        >>> dist.fit(builder.as_dataset("train", as_supervised=True).shuffle(3000).batch(32))  # doctest: +SKIP

    Source: https://github.com/googlecreativelab/quickdraw-dataset (CC BY 4.0, Google)
    """
    all_names = quickdraw_classes()
    chosen = resolve_classes(classes, all_names)
    warn_of_tent(chosen)
    if per_class is not None:
        per_class = require.positive_integer("per_class", per_class)
    try:
        from pixelcnn.interop import tfds
    except ImportError as error:
        raise ImportError(
            f"tfds_quickdraw needs TensorFlow Datasets: pip install 'pixelcnn[tfds]' ({error})."
        ) from error
    folder = None if folder is None else str(Path(folder).expanduser())
    wanted = tfds.config([all_names[label] for label in chosen], per_class, folder, base_url.rstrip("/"))
    return tfds.QuickdrawClasses(config=wanted, data_dir=data_dir)
