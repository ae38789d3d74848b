"""Drawings of a model beside real images: fidelity, Fréchet distance, diversity and memorisation."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pixelcnn import noise, require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.classifier import ARCHITECTURES
from pixelcnn.evaluation.fidelity import sample_classes
from pixelcnn.evaluation.judge import Judge, compare_judges, judge_drawings
from pixelcnn.evaluation.labelled_images import LabelledImages, equally_many, rounded
from pixelcnn.evaluation.neighbours import Neighbours, mean_pairwise_distance, nearest_neighbours


class Drawings(NamedTuple):
    """Images that a model drew, and what was measured of them.

    Args:
        drawn: The images, class by class.
        neighbours: Their nearest training images, by index; None without training images.
        record: The figures.
    """

    drawn: LabelledImages
    neighbours: Neighbours | None
    record: dict[str, Any]


def measure_drawings(
    model: PixelDistribution,
    test: LabelledImages,
    train: LabelledImages | None = None,
    samples: int = 50,
    seed: int = 0,
    temperature: float = 1.0,
    guidance: float = 0.0,
    verbose: Any = 0,
    judges: int | Sequence[Judge] = 1,
) -> Drawings:
    """Draw images, and compare them with training and test images: fidelity, Fréchet distance, diversity, memorisation.

    All but fidelity are measured on equally many drawings, test images and training images of each class, so of a class
    with few test images on few of all three. Distances are those between features of a classifier that is trained on
    `train`; of a model without classes they are root mean squares of the differences of levels, as a share of the range
    of levels. A second classifier, of another architecture, tells whether fidelity depends on the classifier: the two
    agree if it differs by at most 0.03.

    Args:
        model: A distribution without a condition, or with classes.
        test: Real images that the model was not trained on.
        train: The images that the model was trained on; None measures nothing.
        samples: Number of images to draw of each class, or of all images without classes.
        seed: Seed of drawings and classifier.
        temperature, guidance, verbose: As in `sample`.
        judges: Number of classifiers, 1 or 2; or trained `Judge`s of different architectures, which saves their
            training when several models or guidances are measured.

    Raises:
        ValueError: If an argument does not fit, or a class has no training image.
    """
    samples = require.positive_integer("samples", samples)
    draw = model._check_draw([0] if model.num_classes else None, noise.check_seed(seed), temperature, guidance, 1)
    seed = draw.seed
    architectures = _architectures(judges)
    if len(architectures) > 1 and (not model.num_classes or train is None):
        raise ValueError(
            f"judges={require.short(judges)} does not fit: expected 1 without classes or without training images."
        )
    settings: dict[str, Any] = {"seed": seed, "temperature": draw.temperature, "guidance": draw.guidance}
    if model.num_classes:
        drawn = LabelledImages(*sample_classes(model, samples, verbose=verbose, **settings))
    else:
        drawn = LabelledImages(np.asarray(model.sample(samples, verbose=verbose, **settings)), None)
    record: dict[str, Any] = {"samples_per_class": samples, **settings}
    if train is None:
        return Drawings(drawn, None, record)
    record["training_images"] = len(train.images)
    sets = [drawn, test, train]
    chosen = equally_many([part.classes for part in sets])
    record["compared_images"] = len(chosen[0])
    if model.num_classes and len(chosen[0]) < 2:
        raise ValueError(
            f"samples={samples}, {len(test.images)} test images and {len(train.images)} training images do not fit: "
            "expected at least 2 of each that are of the same classes."
        )
    if model.num_classes:
        if not isinstance(judges, Sequence):
            judges = [Judge(model, train, seed, name) for name in architectures]
        judged = {judge.architecture: judge_drawings(judge, sets, chosen) for judge in judges}
        points, first = judged[architectures[0]]
        record |= first
        if len(judged) > 1:
            record |= compare_judges({name: figures for name, (_, figures) in judged.items()})
    else:
        points = [_levels(model, part.images) for part in sets]
    near = [nearest_neighbours(part, points[2]) for part in points[:2]]
    names = ("generated", "real")
    record["diversity"], record["memorisation"] = {}, {}
    for name, part, rows, features, neighbours in zip(names, sets, chosen, points, near, strict=False):
        record["diversity"][name] = _diversity(features[rows], part.classes[rows], neighbours.indices[rows])
        record["memorisation"][name] = _quantiles(neighbours.distances[rows])
    return Drawings(drawn, near[0], record)


def _architectures(judges: int | Sequence[Judge]) -> Sequence[str]:
    """Return the architectures of judges."""
    if not isinstance(judges, Sequence):
        return ARCHITECTURES[: require.whole("judges", judges, 1, len(ARCHITECTURES))]
    names = [judge.architecture for judge in judges if isinstance(judge, Judge)]
    if not names or len(set(names)) < len(judges):
        raise ValueError(f"judges={require.short(judges)} does not fit: expected `Judge`s of different architectures.")
    return names


def _levels(model: PixelDistribution, images: np.ndarray) -> np.ndarray:
    """Return images as points (B, F) whose distance is the root mean square difference, as a share of the range."""
    shares = (np.asarray(images, "float64") - model.low) / (model.high - model.low)
    return shares.reshape(len(images), -1) / math.sqrt(model.num_dims)


def _diversity(points: np.ndarray, classes: np.ndarray, neighbours: np.ndarray) -> dict[str, Any]:
    distances = [mean_pairwise_distance(points[classes == label]) for label in np.unique(classes)]
    return {
        "distinct_neighbours": round(len(np.unique(neighbours)) / len(neighbours), 4),
        "pairwise_distance": rounded([float(np.mean(distances))])[0],
    }


def _quantiles(distances: np.ndarray) -> dict[str, Any]:
    return {f"{percent}%": round(float(np.percentile(distances, percent)), 4) for percent in (0, 5, 50, 95)}
