"""Drawings of a model beside real images: fidelity, Fréchet distance, diversity and memorisation."""

import math
import time
from typing import Any, NamedTuple

import keras
import numpy as np

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.classifier import extract_features, train_classifier
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

    Raises:
        ValueError: If an argument does not fit, or a class has no training image.
    """
    samples = require.positive_integer("samples", samples)
    settings: dict[str, Any] = {"seed": seed, "temperature": temperature, "guidance": guidance}
    if model.num_classes:
        drawn = LabelledImages(*sample_classes(model, samples, verbose=verbose, **settings))
    else:
        drawn = LabelledImages(np.asarray(model.sample(samples, verbose=verbose, **settings)), None)
    record: dict[str, Any] = {"samples_per_class": samples, **settings}
    if train is None:
        return Drawings(drawn, None, record)
    record["training_images"] = len(train.images)
    sets = [drawn, test, train]
    if model.num_classes:
        points, judged = _judge(model, sets, seed)
        record |= judged
    else:
        points = [_levels(model, part.images) for part in sets]
    chosen = _equally_many([part.classes for part in sets])
    record["compared_per_class"] = len(chosen[0]) // len(np.unique(drawn.classes[chosen[0]]))
    if model.num_classes:
        first, second, third = (part[rows] for part, rows in zip(points, chosen, strict=True))
        record["frechet_distance"] = round(frechet_distance(first, second), 4)
        record["frechet_distance_of_training"] = round(frechet_distance(third, second), 4)
    near = [nearest_neighbours(part, points[2]) for part in points[:2]]
    names = ("generated", "real")
    record["diversity"], record["memorisation"] = {}, {}
    for name, part, rows, features, neighbours in zip(names, sets, chosen, points, near, strict=False):
        record["diversity"][name] = _diversity(features[rows], part.classes[rows], neighbours.indices[rows])
        record["memorisation"][name] = _quantiles(neighbours.distances[rows])
    return Drawings(drawn, near[0], record)


def _equally_many(sets: list[np.ndarray]) -> list[np.ndarray]:
    """Return for each set of labels the indices of equally many images of each class that all sets have."""
    labels = sorted(set.intersection(*(set(classes.tolist()) for classes in sets)))
    count = min(int(np.sum(classes == label)) for classes in sets for label in labels)
    return [first_of_each(classes, labels, count) for classes in sets]


def _judge(model: PixelDistribution, sets: list[LabelledImages], seed: int) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Train a classifier on the last of three sets: drawings, test and training images.

    Return the features of each set, and a record of the classes that the classifier gives to the drawings.
    """
    drawn, test, train = sets
    started = time.perf_counter()
    judge = train_classifier(train.images, train.classes, model.num_classes, low=model.low, high=model.high, seed=seed)
    seconds = time.perf_counter() - started
    features = extract_features(judge, np.concatenate([part.images for part in sets]))
    predicted = np.argmax(keras.ops.convert_to_numpy(judge.layers[-1](features)), axis=-1)
    ends = np.cumsum([len(drawn.images), len(test.images)])
    matrix, of_test = (
        confusion_matrix(part.classes, chosen, len(class_names(model)))
        for part, chosen in zip((drawn, test), np.split(predicted, ends), strict=False)
    )
    whole = Share.of(int(np.trace(matrix)), int(matrix.sum()))
    named = by_name(model, share_per_class(matrix))
    return np.split(features, ends), {
        "fidelity": whole.share,
        "fidelity_interval": rounded(whole.interval),
        "fidelity_by_class": {name: round(share.share, 4) for name, share in named.items()},
        "fidelity_interval_by_class": {name: rounded(share.interval) for name, share in named.items()},
        "fidelity_confusion": confusion_by_name(model, matrix),
        "classifier_balanced_accuracy": float(np.mean([part.share for part in share_per_class(of_test).values()])),
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
        "pairwise_distance": rounded([float(np.mean(distances))])[0],
    }


def _quantiles(distances: np.ndarray) -> dict[str, Any]:
    return {f"{percent}%": round(float(np.percentile(distances, percent)), 4) for percent in (0, 5, 50, 95)}
