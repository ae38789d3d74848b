"""Records of likelihood, classes and speed: plain dictionaries, lists and numbers, which JSON can hold."""

import math
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pixelcnn.backend import device_names
from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.bits import Bits, bits_per_class
from pixelcnn.evaluation.fidelity import confusion_matrix
from pixelcnn.evaluation.labelled_images import LabelledImages, class_names, confusion_by_name, rounded
from pixelcnn.threads import cores

SCORED, DRAWN = 256, 64  # images whose log_prob and drawing are timed


def measure_likelihood(
    model: PixelDistribution, test: LabelledImages, verbose: int = 0
) -> tuple[dict[str, Any], np.ndarray]:
    """Return a record of bits/dim with confidence intervals and of nats an image, and the bits/dim (B,) of each image.

    Args:
        model: A distribution.
        test: Images that the model was not trained on.
        verbose: 1 for a progress bar.
    """
    values = np.asarray(model.bits_per_dim(test.images, conditional_input=test.labels, verbose=verbose))
    return likelihood_record(values, test.labels, class_names(model), model.image_shape), values


def likelihood_record(
    values: np.ndarray, labels: np.ndarray | None, names: Sequence[str], image_shape: Sequence[int]
) -> dict[str, Any]:
    """Return a record of bits/dim with confidence intervals, and of nats an image.

    Args:
        values: (B,) bits/dim of images.
        labels: (B,) integers, or None for a model without classes.
        names: The names of the classes.
        image_shape: (H, W, C).
    """
    bits = Bits.of(values)
    record: dict[str, Any] = {
        "bits_per_dim": bits.mean,
        "standard_error": None if math.isnan(bits.standard_error) else bits.standard_error,  # as JSON has no NaN
        "bits_per_dim_interval": rounded(bits.interval),
        "test_images": bits.images,
        "nats": round(bits.mean * math.prod(image_shape) * math.log(2), 4),
    }
    if labels is not None:
        parts = {names[label]: part for label, part in bits_per_class(values, labels).items()}
        record["bits_per_dim_by_class"] = {name: round(part.mean, 4) for name, part in parts.items()}
        record["bits_per_dim_interval_by_class"] = {name: rounded(part.interval) for name, part in parts.items()}
    return record


def measure_classification(model: PixelDistribution, test: LabelledImages, verbose: int = 0) -> dict[str, Any]:
    """Return a record of the accuracy of `model.classify`, and its confusion matrix.

    Args:
        model: A class-conditional distribution.
        test: Images that the model was not trained on.
        verbose: 1 for a progress bar.
    """
    chosen = model.condition.check(model.classify(test.images, verbose=verbose))[0]["label"]  # class names as integers
    matrix = confusion_matrix(test.classes, chosen, len(class_names(model)))
    return {
        "bayes_accuracy": float(np.trace(matrix) / matrix.sum()),
        "bayes_confusion": confusion_by_name(model, matrix),
    }


def measure_speed(model: PixelDistribution, test: LabelledImages) -> dict[str, Any]:
    """Return a record of the speed of `log_prob` and of `sample` after compilation, with the processor's name.

    `images_per_second` counts seconds on the clock. `images_per_processor_second` counts the seconds that the process
    computed on all cores, which other work on the machine hardly changes; work on an accelerator is not counted.

    Args:
        model: A distribution.
        test: Images for `log_prob`, and conditions for `sample`.
    """
    scored, drawn = (test.at(range(min(count, len(test.images)))) for count in (SCORED, DRAWN))
    number = len(drawn.images) if drawn.labels is None else None  # one image for each label
    seconds = {
        "log_prob": _seconds(lambda: model.log_prob(scored.images, scored.labels)) / len(scored.images),
        "sample": _seconds(lambda: model.sample(number, 0, drawn.labels, verbose=0)) / len(drawn.images),
    }
    rates = {name: [float(f"{1 / part:.3g}") for part in parts] for name, parts in seconds.items()}
    return {
        "images_per_second": {name: clock for name, (clock, _) in rates.items()},
        "images_per_processor_second": {name: processor for name, (_, processor) in rates.items()},
        "processor": processor_name(),
        "cores": cores(),
        "devices": device_names(),
    }


def processor_name() -> str:
    """Return the name of the processor, as far as the system tells it.

    Example:
        >>> bool(processor_name())
        True
    """
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, [*names, platform.processor(), platform.machine()]), "unknown")


def _seconds(call: Callable[[], object]) -> np.ndarray:
    """Return the seconds of the second call, because the first one may compile: on the clock, and of the processor."""
    call()
    before = np.array([time.perf_counter(), time.process_time()])
    call()
    return np.maximum(np.array([time.perf_counter(), time.process_time()]) - before, 1e-6)
