"""The guidance that suits a model: that of the least Fréchet distance between drawings and real images."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pixelcnn import noise, require
from pixelcnn.data.split import held_out
from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.classifier import ARCHITECTURES
from pixelcnn.evaluation.fidelity import sample_classes
from pixelcnn.evaluation.frechet import frechet_distance
from pixelcnn.evaluation.judge import Judge, mean_share
from pixelcnn.evaluation.labelled_images import LabelledImages, check_data, equally_many, rounded
from pixelcnn.evaluation.share import Share


class GuidanceChoice(NamedTuple):
    """The guidance that suits a model, and what was measured of each guidance.

    Args:
        guidance: The guidance of the least Fréchet distance.
        record: The settings, and fidelity and Fréchet distance for each guidance.
    """

    guidance: float
    record: dict[str, Any]


def choose_guidance(
    model: PixelDistribution,
    train: Any,
    guidances: Sequence[float] = (0.0, 0.5, 1.0, 2.0),
    samples: int = 50,
    seed: int = 0,
    temperature: float = 1.0,
    verbose: int = 0,
) -> GuidanceChoice:
    """Draw images with several guidances, and return the guidance whose drawings are nearest to real images.

    Fidelity grows with guidance although drawings become less varied; the Fréchet distance counts both. The last tenth
    of each class of `train`, at least 2 images, are the validation images, with which the drawings are compared. A
    classifier is trained on all other images. No test image is needed, so figures on test images stay fair.

    Args:
        model: A class-conditional distribution that was made with `condition_dropout`.
        train: The images that the model was trained on, and their labels or class names.
        guidances: The guidances w to compare, different numbers.
        samples: Number of images to draw of each class with each guidance. All guidances have the same noise.
        seed: Seed of drawings and classifier.
        temperature, verbose: As in `sample`.

    Raises:
        ValueError: If an argument does not fit, or a class has fewer than 3 images.
    """
    if not (model.num_classes and model.condition.dropout):
        raise ValueError("model does not fit: expected one with classes that was made with condition_dropout.")
    samples = require.positive_integer("samples", samples)
    if samples * model.num_classes < 2:
        raise ValueError(f"samples={samples} does not fit one class: expected at least 2, for a Fréchet distance.")
    strengths = check_guidances(guidances)
    draw = model._check_draw([0], noise.check_seed(seed), temperature, max(strengths), 1)
    seed, temperature = draw.seed, draw.temperature
    settings: dict[str, Any] = {
        "guidances": strengths,
        "samples_per_class": samples,
        "seed": seed,
        "temperature": temperature,
    }
    rest, validation = _split(check_data("train", train, model), model.num_classes)
    judge = Judge(model, rest, seed, ARCHITECTURES[0])
    (real, of_real), (training, _) = judge.look(validation), judge.look(rest)
    points: list[dict[str, Any]] = []
    for guidance in strengths:
        started = time.perf_counter()
        drawn = LabelledImages(*sample_classes(model, samples, seed, temperature, guidance, verbose))
        seconds = time.perf_counter() - started
        features, matrix = judge.look(drawn)
        chosen = equally_many([drawn.classes, validation.classes, rest.classes])
        share = Share.of(int(np.trace(matrix)), int(matrix.sum()))
        points.append(
            {
                "guidance": guidance,
                "fidelity": share.share,
                "fidelity_interval": rounded(share.interval),
                "frechet_distance": round(frechet_distance(features[chosen[0]], real[chosen[1]]), 4),
                "seconds": round(seconds, 1),
            }
        )
    best = min(points, key=lambda point: (point["frechet_distance"], abs(point["guidance"])))["guidance"]
    return GuidanceChoice(
        best,
        {
            "guidance": best,
            "settings": settings,
            "points": points,
            "validation_images": len(validation.images),
            "classifier_balanced_accuracy": mean_share(of_real),
            "frechet_distance_of_training": round(frechet_distance(training[chosen[2]], real[chosen[1]]), 4),
        },
    )


def check_guidances(guidances: Sequence[float]) -> list[float]:
    """Return guidances as a list of floats.

    Args:
        guidances: Different finite numbers, at least one.

    Raises:
        ValueError: If they are not.

    Example:
        >>> check_guidances([0, 0.5])
        [0.0, 0.5]
    """
    values = np.asarray(guidances)
    kind = values.dtype.kind in "iuf"
    if not kind or values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ValueError(
            f"guidances={require.short(guidances)} does not fit: expected finite numbers, such as 0, 1, 2."
        )
    if len(np.unique(values)) < len(values):
        raise ValueError(f"guidances={require.short(guidances)} does not fit: expected each number once.")
    return [float(value) for value in values]


def _split(train: LabelledImages, num_classes: int) -> tuple[LabelledImages, LabelledImages]:
    """Return all images but the last tenth of each class, and this tenth."""
    rows = [np.flatnonzero(train.classes == label) for label in range(num_classes)]
    for label, part in enumerate(rows):
        if len(part) <= held_out(len(part)):
            raise ValueError(f"train has {len(part)} images of class {label}: expected at least 3, to set 2 aside.")
    ends = [len(part) - held_out(len(part)) for part in rows]
    first = np.concatenate([part[:end] for part, end in zip(rows, ends, strict=True)])
    last = np.concatenate([part[end:] for part, end in zip(rows, ends, strict=True)])
    return train.at(first), train.at(last)
