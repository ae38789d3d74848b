"""Drawings of a model beside real images: fidelity, Fréchet distance, diversity and memorisation."""

import math
import time
from typing import Any, NamedTuple

import numpy as np

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.classifier import extract_features, predict_classes, train_classifier
from pixelcnn.evaluation.fidelity import confusion_matrix, sample_classes, share_per_class
from pixelcnn.evaluation.frechet import frechet_distance
from pixelcnn.evaluation.labelled_images import (
    LabelledImages,
    by_name,
    class_names,
    confusion_by_name,
    first_of_each,
    rounded,
)
from pixelcnn.evaluation.neighbours import Neighbours, mean_pairwise_distance, nearest_neighbours
from pixelcnn.evaluation.share import Share


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
) -> Drawings:
    """Draw images, and compare them with training and test images: fidelity, Fréchet distance, diversity, memorisation.

    All but fidelity are measured on equally many images of each class, drawn, of the test and of the training images.
    Distances are those between features of a classifier that is trained on `train`; of a model without classes they are
    root mean squares of the differences of levels, as a share of the range of levels.

    Args:
        model: A distribution without a condition, or with classes.
        test: Real images that the model was not trained on.
        train: The images that the model was trained on; None measures nothing.
        samples: Number of images to draw of each class, or of all images without classes.
        seed: Seed of drawings and classifier.
        temperature, guidance, verbose: As in `sample`.
    """
    settings = {"seed": seed, "temperature": temperature, "guidance": guidance}
    if model.num_classes:
        drawn = LabelledImages(*sample_classes(model, samples, verbose=verbose, **settings))
    else:
        count = require.positive_integer("samples", samples)
        drawn = LabelledImages(np.asarray(model.sample(count, verbose=verbose, **settings)), None)
    record: dict[str, Any] = {"samples_per_class": samples, **settings}
    if train is None:
        return Drawings(drawn, None, record)
    record["training_images"] = len(train.images)
    if model.num_classes:
        judge, judged = _judge(model, drawn, train, test, seed)
        record |= judged
        features = extract_features(judge, np.concatenate([part.images for part in (drawn, test, train)]))
        points = np.split(features, np.cumsum([len(drawn.images), len(test.images)]))
    else:
        points = [_levels(model, part.images) for part in (drawn, test, train)]
    chosen, count = _equally_many(drawn.classes, test.classes, train.classes)
    neighbours = [nearest_neighbours(part, points[2]) for part in points[:2]]
    record["compared_per_class"] = count
    if model.num_classes:
        first, second, third = (part[rows] for part, rows in zip(points, chosen, strict=True))
        record["frechet_distance"] = round(frechet_distance(first, second), 4)
        record["frechet_distance_of_training"] = round(frechet_distance(third, second), 4)
    for place, (name, part) in enumerate((("generated", drawn), ("real", test))):
        rows, near = chosen[place], neighbours[place]
        record.setdefault("diversity", {})[name] = _diversity(
            points[place][rows], part.classes[rows], near.indices[rows]
        )
        record.setdefault("memorisation", {})[name] = _quantiles(near.distances[rows])
    return Drawings(drawn, neighbours[0], record)


def _equally_many(*sets: np.ndarray) -> tuple[list[np.ndarray], int]:
    """Return indices of equally many images of each class in all sets, and the number of images of a class."""
    labels = sorted(set.intersection(*(set(classes.tolist()) for classes in sets)))
    count = min(int(np.sum(classes == label)) for classes in sets for label in labels)
    return [first_of_each(classes, labels, count) for classes in sets], count


def _judge(
    model: PixelDistribution, drawn: LabelledImages, train: LabelledImages, test: LabelledImages, seed: int
) -> tuple[Any, dict[str, Any]]:
    """Train a classifier on real images; return the classifier, and a record of its classes of the drawings."""
    started = time.perf_counter()
    judge = train_classifier(train.images, train.classes, model.num_classes, low=model.low, high=model.high, seed=seed)
    seconds = time.perf_counter() - started
    predicted = np.split(predict_classes(judge, np.concatenate([drawn.images, test.images])), [len(drawn.images)])
    matrix, of_test = (
        confusion_matrix(part.classes, chosen, len(class_names(model)))
        for part, chosen in zip((drawn, test), predicted, strict=True)
    )
    whole = Share.of(int(np.trace(matrix)), int(matrix.sum()))
    named = by_name(model, share_per_class(matrix))
    real = share_per_class(of_test)
    return judge, {
        "fidelity": whole.share,
        "fidelity_interval": rounded(whole.interval),
        "fidelity_by_class": {name: round(share.share, 4) for name, share in named.items()},
        "fidelity_interval_by_class": {name: rounded(share.interval) for name, share in named.items()},
        "fidelity_confusion": confusion_by_name(model, matrix),
        "classifier_balanced_accuracy": float(np.mean([share.share for share in real.values()])),
        "classifier_seconds": round(seconds, 1),
    }


def _levels(model: PixelDistribution, images: np.ndarray) -> np.ndarray:
    """Return images as points (B, F) whose distance is the root mean square difference, as a share of the range."""
    shares = (images.astype("float64") - model.low) / (model.high - model.low)
    return shares.reshape(len(images), -1) / math.sqrt(model.num_dims)


def _diversity(points: np.ndarray, classes: np.ndarray, neighbours: np.ndarray) -> dict[str, Any]:
    distances = [mean_pairwise_distance(points[classes == label]) for label in np.unique(classes)]
    return {
        "distinct_neighbours": round(len(np.unique(neighbours)) / len(neighbours), 4),
        "pairwise_distance": rounded([np.mean(distances)])[0],
    }


def _quantiles(distances: np.ndarray) -> dict[str, Any]:
    return {f"{percent}%": round(float(np.percentile(distances, percent)), 4) for percent in (0, 5, 50, 95)}
