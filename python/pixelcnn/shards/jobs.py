"""The two jobs that are split into shards: drawing images and computing their log-probabilities."""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

import pixelcnn
from pixelcnn import noise, require
from pixelcnn.backend import backend_version
from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation import check_data
from pixelcnn.evaluation.labelled_images import check_condition, class_names
from pixelcnn.evaluation.measures import likelihood_record
from pixelcnn.fingerprint import fingerprint
from pixelcnn.progress import check_verbose, progress
from pixelcnn.shards.folder import PART_SIZE, PartFolder
from pixelcnn.training.data_source import checksum

SAMPLES, SCORES = "samples", "log_prob"  # kinds of jobs


def sample_shard(
    model: PixelDistribution,
    folder: str | os.PathLike[str],
    count: int,
    labels: ArrayLike | None = None,
    seed: int = 0,
    temperature: float = 1.0,
    guidance: float = 0.0,
    shard: tuple[int, int] = (0, 1),
    part_size: int = PART_SIZE,
    verbose: int = 0,
) -> list[Path]:
    """Draw one shard of many images, and write its parts into a folder that all shards share.

    Image k of the job is the image k of the seed, `model.sample(1, seed, first=k)`, however many shards there are. A
    part that is there and whole is not drawn again.

    Args:
        model: A distribution without a condition, or with classes.
        folder: The folder, which is new, is empty or holds parts of this job.
        count: Number of images of all shards together.
        labels: (K,) labels or class names, which the images take in turn: image k has the label k mod K.
        seed: A whole number, 0 … 2^64 - 1.
        temperature: As in `sample`.
        guidance: As in `sample`.
        shard: i and n: this call draws the parts i, i + n, i + 2 n, …, for i = 0 … n - 1.
        part_size: Number of images of a part. All shards take the same number.
        verbose: 1 for a progress bar.

    Returns:
        The parts that were written: files with the arrays `images` (n, H, W, C), `numbers` (n,) and, with classes,
        `labels` (n,).

    Raises:
        ValueError: If an argument does not fit, or the folder holds another job or files of something else.
        OSError: If a file cannot be written.

    Example:
        >>> import tempfile
        >>> model = pixelcnn.PixelCNN((2, 2, 1), high=1, num_blocks=1, num_filters=2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     one, two = (sample_shard(model, folder, 8, shard=(i, 2), part_size=4) for i in range(2))
        ...     [path.name for path in one], missing_parts(folder)
        (['part-00000.npz'], [])
    """
    check_condition(model)
    shard = _checked_shard(shard)
    draw = model._check_draw(labels, require.whole("seed", seed, 0, noise.LARGEST_SEED), temperature, guidance, 1)
    classes = _checked_labels(model, labels)
    drawn_as = {"seed": draw.seed, "temperature": draw.temperature, "guidance": draw.guidance}
    chosen = {"labels": None if classes is None else classes.tolist()}
    job = PartFolder.of_job(folder, _manifest(model, SAMPLES, count, part_size) | drawn_as | chosen)

    def write(part: int, told: Callable[[int, int], object]) -> None:
        numbers = np.array(job.images_of(part))
        own = {} if classes is None else {"labels": classes[numbers % len(classes)]}
        images = model.sample(
            len(numbers), conditional_input=own.get("labels"), **drawn_as, first=numbers[0], verbose=told
        )
        job.write(part, images=images, **own)

    return _write_missing(job, shard, write, model.image_shape[0], "Drawing", verbose)


def score_shard(
    model: PixelDistribution,
    folder: str | os.PathLike[str],
    data: Any,
    shard: tuple[int, int] = (0, 1),
    part_size: int = PART_SIZE,
    name: str | None = None,
    verbose: int = 0,
) -> list[Path]:
    """Compute the log-probabilities of one shard of images, and write its parts into a folder that all shards share.

    A part that is there and whole is not computed again. `merge_scores` gives the mean of all images.

    Args:
        model: A distribution without a condition, or with classes.
        folder: The folder, which is new, is empty or holds parts of this job.
        data: All images of the job (B, H, W, C), or a pair of images and labels or class names.
        shard: i and n: this call computes the parts i, i + n, i + 2 n, …, for i = 0 … n - 1.
        part_size: Number of images of a part. All shards take the same number.
        name: A name of the data for the manifest.
        verbose: 1 for a progress bar.

    Returns:
        The parts that were written: files with the arrays `log_prob` (n,) in nats, `numbers` (n,) and, with classes,
        `labels` (n,).

    Raises:
        ValueError: If an argument does not fit, or the folder holds another job or files of something else.
        OSError: If a file cannot be written.

    Example:
        >>> import tempfile
        >>> model = pixelcnn.PixelCNN((2, 2, 1), high=1, num_blocks=1, num_filters=2)
        >>> images = np.zeros((6, 2, 2, 1), "uint8")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     parts = [score_shard(model, folder, images, shard=(i, 2), part_size=2) for i in range(2)]
        ...     [len(part) for part in parts], merge_scores(folder)["test_images"]
        ([2, 1], 6)
    """
    test = check_data("data", data, model)
    shard = _checked_shard(shard)
    checksums = {"test_checksum": checksum(*test.arrays), "weights_checksum": checksum(*model.get_weights())}
    job = PartFolder.of_job(folder, _manifest(model, SCORES, len(test.images), part_size) | {"data": name} | checksums)

    def write(part: int, told: Callable[[int, int], object]) -> None:
        own = test.at(job.images_of(part))
        log_prob = model.log_prob(own.images, own.labels, verbose=told)
        job.write(part, log_prob=log_prob, **({} if test.labels is None else {"labels": own.classes}))

    return _write_missing(job, shard, write, 1, "Likelihood", verbose)


def merge_scores(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the record of bits/dim of all shards, as `measure_likelihood` returns it for all images.

    The record also has the entries `data`, `test_checksum` and `weights_checksum` of the manifest.

    Args:
        folder: The folder of `score_shard`.

    Raises:
        ValueError: If the folder is not one of `score_shard`, or a part is absent or damaged.
        OSError: If the folder cannot be read.
    """
    job = PartFolder.at(folder, SCORES)
    parts = list(job.read())
    log_prob = np.concatenate([part["log_prob"] for part in parts])
    labels = np.concatenate([part["labels"] for part in parts]) if "labels" in parts[0] else None
    image_shape = job.manifest["image_shape"]
    values = -log_prob / (math.prod(image_shape) * math.log(2))
    origin = {name: job.manifest[name] for name in ("data", "test_checksum", "weights_checksum")}
    return origin | likelihood_record(values, labels, job.manifest["class_names"], image_shape)


def read_parts(folder: str | os.PathLike[str]) -> Iterator[dict[str, np.ndarray]]:
    """Yield the arrays of each part of a job, in the order of the images; the checksum of a part is checked first.

    Args:
        folder: The folder of `sample_shard` or `score_shard`.

    Raises:
        ValueError: If the folder has no manifest, or a part is absent or damaged.
        OSError: If the folder cannot be read.

    Example:
        >>> import tempfile
        >>> model = pixelcnn.PixelCNN((2, 2, 1), high=1, num_blocks=1, num_filters=2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = sample_shard(model, folder, 6, part_size=4)
        ...     [part["images"].shape for part in read_parts(folder)]
        [(4, 2, 2, 1), (2, 2, 2, 1)]
    """
    return PartFolder.at(folder).read()


def missing_parts(folder: str | os.PathLike[str]) -> list[int]:
    """Return the numbers of the parts of a job that are absent or damaged. All checksums are computed anew.

    Args:
        folder: The folder of `sample_shard` or `score_shard`.

    Raises:
        ValueError: If the folder has no manifest.
        OSError: If the folder cannot be read.
    """
    return PartFolder.at(folder).missing()


def _checked_labels(model: PixelDistribution, labels: Any) -> np.ndarray | None:
    """Labels (K,) as integers, or None where the images have no class."""
    arrays, shape = model.condition.check(labels)
    if labels is None or not model.num_classes:
        return None
    if len(shape) > 1 or shape == (0,):
        raise ValueError(f"labels of shape {shape} do not fit: expected (K,) with K >= 1.")
    return np.atleast_1d(arrays["label"]).astype("int64")


def _checked_shard(shard: Any) -> tuple[int, int]:
    """Check that a shard is a pair (i, n) with i = 0 … n - 1."""
    try:
        index, number = (require.integer("shard", part, 0) for part in shard)
    except (TypeError, ValueError):
        index, number = 0, 0
    if index >= number:
        raise ValueError(f"shard={require.short(shard)} does not fit: expected (i, n) with i = 0 … n - 1.")
    return index, number


def _write_missing(
    job: PartFolder,
    shard: tuple[int, int],
    write: Callable[[int, Callable[[int, int], object]], None],
    steps: int,
    description: str,
    verbose: int,
) -> list[Path]:
    """Write the parts of a shard that are not whole, and return their files.

    Args:
        job: The folder.
        shard: i and n.
        write: A function that writes a part, and calls its second argument with the steps done and all steps.
        steps: Steps of an image.
        description: What is done, for the bar.
        verbose: 1 for a bar.
    """
    parts = job.missing(job.parts_of(shard))
    total = steps * sum(len(job.images_of(part)) for part in parts)
    with progress(check_verbose(verbose), total, description, parts=steps) as advance:
        for part in parts:
            write(part, _differences(advance))
    return [job.file(part) for part in parts]


def _differences(advance: Callable[[int], object]) -> Callable[[int, int], object]:
    """A function of the steps done so far, which passes the steps since its last call to `advance`."""
    before = 0

    def tell(done: int, _: int) -> None:
        nonlocal before
        advance(max(done - before, 0))  # 0 steps tell of a compilation
        before = max(done, before)

    return tell


def _manifest(model: PixelDistribution, kind: str, count: Any, part_size: Any) -> dict[str, Any]:
    """The entries of a manifest that both kinds of jobs have."""
    return {
        "kind": kind,
        "model": fingerprint(model, model.values_of(model.network.variables)).hex(),
        "image_shape": list(model.image_shape),
        "class_names": class_names(model),
        "count": require.positive_integer("count", count),
        "part_size": require.positive_integer("part_size", part_size),
        "versions": {
            "pixelcnn": pixelcnn.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
            keras.backend.backend(): backend_version(),
        },
    }
