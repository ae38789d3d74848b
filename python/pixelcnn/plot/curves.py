"""Curves, drawn by matplotlib: the distribution of a pixel over its levels, and the history of a training."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import ArrayLike
from PIL import Image

from pixelcnn import require
from pixelcnn.files import read_text
from pixelcnn.images import check_images
from pixelcnn.plot.parameters import check_pixel, pixel_parameters

UNITS = {"loss": "nats an image", "bits_per_dim": "bits/dim"}
BARS = 64  # levels up to which probabilities are drawn as bars, because more bars are a surface


def pixel_distribution(
    dist: Any,
    image: ArrayLike,
    pixel: Sequence[int] | None = None,
    channel: int = 0,
    conditional_input: Any = None,
) -> Image.Image:
    """Return a figure of the probabilities of all levels of one sub-pixel, given the earlier ones of an image.

    With the head `logistic_mixture` the figure also shows each component of the mixture, times its weight; their sum is
    the probability of a level. A vertical line marks the level of the image.

    Args:
        dist: A distribution.
        image: (H, W, C), levels.
        pixel: (row, column) of the pixel, or None for the pixel in the middle.
        channel: 0 … C - 1. The levels of earlier channels are those of the image.
        conditional_input: The condition, if the distribution has one.

    Raises:
        ImportError: If matplotlib is not installed.
        ValueError: If an argument does not fit.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelCNNPlusPlus((4, 4, 1), num_resnet=1, num_hierarchies=1, num_filters=4)
        >>> pixel_distribution(dist, np.zeros((4, 4, 1), "uint8"), (2, 1)).mode
        'RGB'
    """
    probs, components = level_probs(dist, image, pixel, channel, conditional_input)
    row, column = check_pixel(pixel, dist.image_shape)
    levels = np.arange(dist.low, dist.high + 1)
    figure, axes = _figure(f"level of the pixel in row {row}, column {column}", "probability")
    if len(levels) <= BARS:
        axes.bar(levels, probs, color="0.75", label="all")
    else:
        axes.fill_between(levels, probs, step="mid", color="0.8", label="all")
    for component in components:
        axes.plot(levels, component, linewidth=1)
    if len(components):
        axes.plot([], [], color="C0", linewidth=1, label="components")
    level = np.asarray(image)[row, column, channel]
    axes.axvline(level, color="black", linewidth=1, linestyle=":", label=f"level of the image, {level}")
    axes.set_ylim(bottom=0)
    figure.legend(frameon=False, loc="outside upper left", ncols=3)
    return _picture(figure)


def level_probs(
    dist: Any,
    image: ArrayLike,
    pixel: Sequence[int] | None = None,
    channel: int = 0,
    conditional_input: Any = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities of all L levels of one sub-pixel, given the earlier ones of an image.

    Arguments and errors as in `pixel_distribution`.

    Returns:
        The probabilities (L,), and what each component of a mixture of logistics contributes to them, (M, L); (0, L)
            for another head.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelCNN((4, 4, 1), high=3, num_blocks=1, num_filters=2, head="logistic_mixture")
        >>> probs, components = level_probs(dist, np.zeros((4, 4, 1), "uint8"))
        >>> components.shape, bool(np.allclose(components.sum(axis=0), probs))
        ((10, 4), True)
    """
    row, column = check_pixel(pixel, dist.image_shape)
    require.whole("channel", channel, 0, dist.image_shape[2] - 1)
    levels = check_images(image, dist.image_shape, dist.low, dist.high, name="image")[None]
    parameters = pixel_parameters(dist, levels, conditional_input)[:, row, column]
    earlier = ops.convert_to_tensor(levels[:, row, column].astype("float32"))
    probs = ops.convert_to_numpy(dist.head.probs(parameters, earlier, channel))[0]
    if not hasattr(dist.head, "component_log_probs"):
        return probs, np.zeros((0, len(probs)), probs.dtype)
    components = ops.exp(dist.head.component_log_probs(parameters, earlier, channel))
    return probs, ops.convert_to_numpy(components)[0].T


def history(metrics: Mapping[str, Sequence[float]] | str | os.PathLike[str]) -> Image.Image:
    """Return a figure of the metrics of a training after each epoch, a panel for each metric.

    Args:
        metrics: A list for each metric, such as the `history` of what `fit` returns, where `val_NAME` is a metric of
            the validation images; or the path of a run's `history.csv`.

    Raises:
        ImportError: If matplotlib is not installed.
        ValueError: If there is no metric, or the file is not a run's history.
        OSError: If the file cannot be read.

    Example:
        >>> history({"bits_per_dim": [2.1, 1.8], "val_bits_per_dim": [2.0, 1.9]}).mode
        'RGB'
    """
    of_epochs = metrics if isinstance(metrics, Mapping) else _read(metrics)
    names = [name for name in of_epochs if f"val_{name}" in of_epochs or not name.startswith("val_")]
    if not names:
        raise ValueError(f"metrics={require.short(metrics)} does not fit: expected at least one metric.")
    figure, panels = _figure("epoch", "", len(names))
    for axes, name in zip(np.atleast_1d(panels), names, strict=True):
        for key, label in ((name, "training"), (f"val_{name}", "validation")):
            if key in of_epochs:
                epochs = _epochs(key, len(of_epochs[key]), max(map(len, of_epochs.values())))
                axes.plot(epochs, of_epochs[key], ".-", label=label)
        axes.set_title(name.removeprefix("val_").replace("_", " "))
        axes.set_ylabel(UNITS.get(name.removeprefix("val_"), ""))
        axes.legend(frameon=False)
    return _picture(figure)


def _epochs(name: str, count: int, epochs: int) -> range:
    """Return the epochs, from 1, after which a metric was measured `count` times at equal distances."""
    if count and epochs % count == 0:
        every = [epochs // count]
    else:  # the last epochs have no value
        every = [distance for distance in range(1, epochs + 1) if epochs // distance == count]
    if len(every) != 1:
        raise ValueError(
            f"metrics does not fit: {name!r} has {count} values for {epochs} epochs. Expected a value for each epoch, "
            "or for each k-th one, as with a whole number for validation_freq."
        )
    return range(every[0], epochs + 1, every[0])


def _read(path: str | os.PathLike[str]) -> dict[str, list[float]]:
    """Read the metrics of a `history.csv`; a metric that no epoch has is left out."""
    rows = list(csv.DictReader(io.StringIO(read_text(path), newline="")))
    try:
        columns = {name: [float(row[name] or "nan") for row in rows] for name in (*UNITS, "val_bits_per_dim")}
    except (KeyError, ValueError, TypeError):
        raise ValueError(f"{path} does not fit: expected the history.csv of a run.") from None
    return {name: values for name, values in columns.items() if np.any(np.isfinite(values))}


def _figure(x: str, y: str, panels: int = 1) -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("this figure needs the library matplotlib: pip install 'pixelcnn[plot]'.") from None
    figure = Figure(figsize=(1.5 + 4.5 * panels, 3.6), layout="constrained")
    axes = figure.subplots(1, panels)
    for one in np.atleast_1d(axes):
        one.set(xlabel=x, ylabel=y)
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _picture(figure: Any) -> Image.Image:
    """Return a figure of matplotlib as a picture."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    return Image.open(content).convert("RGB")
