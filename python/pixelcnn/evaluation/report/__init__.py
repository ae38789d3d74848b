"""A report of a model: one page of HTML without other files, and the same figures as a dictionary."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.drawings import measure_drawings
from pixelcnn.evaluation.judge import Judge
from pixelcnn.evaluation.labelled_images import check_data
from pixelcnn.evaluation.measures import measure_likelihood, measure_speed
from pixelcnn.evaluation.report.page import History, report_page
from pixelcnn.files import require_writable, write_text

__all__ = ["check_shown", "report_page", "write_report"]


def write_report(
    model: PixelDistribution,
    test: Any,
    path: str | os.PathLike[str],
    train: Any = None,
    samples: int = 50,
    seed: int = 0,
    temperature: float = 1.0,
    guidance: float = 0.0,
    history: History = (),
    title: str = "model",
    verbose: Any = 0,
    judges: int | Sequence[Judge] = 1,
) -> dict[str, Any]:
    """Measure a model, write the page of its report, and return the figures.

    The page has bits/dim by class, training curves, drawings, completions, fidelity, Fréchet distance, variety and
    memorisation, nearest training images, the most and the least likely test images, and images per second.

    Args:
        model: A distribution of images of one or three channels, without a condition or with classes.
        test: Real images that the model was not trained on: a pair of images (B, H, W, C) and labels or class names,
            or the result of a loader; without classes images alone.
        path: The file to write.
        train: The images that the model was trained on, as `test`. Without them the page has no fidelity, no distances
            and no nearest training images. A classifier is trained on them, which takes minutes.
        samples: Number of images to draw of each class, or of all images without classes.
        seed: Seed of drawings and classifier.
        temperature, guidance, verbose: As in `sample`.
        history: Rows of epochs with `bits_per_dim` and `val_bits_per_dim`, such as those of a run's `history.csv`.
        title: Name of the model.
        judges: As in `measure_drawings`.

    Returns:
        The figures, as plain dictionaries, lists and numbers.

    Raises:
        ValueError: If an argument does not fit.
        OSError: If the file cannot be written.

    Example:
        >>> import pathlib, tempfile
        >>> import numpy as np, pixelcnn
        >>> dist = pixelcnn.PixelCNN((4, 4, 1), high=1, num_blocks=1, num_filters=2)
        >>> images = np.random.default_rng(0).integers(0, 2, (6, 4, 4, 1))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = pathlib.Path(folder) / "report.html"
        ...     figures = write_report(dist, images, page, samples=2)
        ...     page.read_text()[:15], figures["test_images"]
        ('<!doctype html>', 6)
    """
    check_shown(model)
    require_writable("path", path)
    require.text("title", title)
    if not all(isinstance(row, Mapping) for row in history):
        raise ValueError(f"history={require.short(history)} does not fit: expected a sequence of rows, one an epoch.")
    test = check_data("test", test, model)
    train = None if train is None else check_data("train", train, model)
    drawings = measure_drawings(model, test, train, samples, seed, temperature, guidance, verbose, judges)
    likelihood, bits = measure_likelihood(model, test)
    record = likelihood | drawings.record | measure_speed(model, test)
    write_text(path, report_page(model, test, train, record, bits, drawings, history, title))
    return record


def check_shown(model: PixelDistribution) -> None:
    """Check that a report can show the images of a model.

    Args:
        model: A distribution.

    Raises:
        ValueError: If the images have another number of channels than one or three.
    """
    if model.image_shape[-1] not in (1, 3):
        raise ValueError(
            f"model with image_shape={tuple(model.image_shape)} does not fit: expected 1 or 3 channels, because the "
            "report shows images."
        )
