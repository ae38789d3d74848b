"""Classifiers as judges of drawings: their records of fidelity and Fréchet distance, and whether two of them agree."""

import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.classifier import extract_features, train_classifier
from pixelcnn.evaluation.fidelity import confusion_matrix, share_per_class
from pixelcnn.evaluation.frechet import frechet_distance
from pixelcnn.evaluation.labelled_images import LabelledImages, by_name, class_names, confusion_by_name, rounded
from pixelcnn.evaluation.share import Share

AGREEMENT = 0.03  # largest difference of the fidelities of judges that agree
COMPARED = (
    "fidelity",
    "fidelity_interval",
    "fidelity_by_class",
    "classifier_balanced_accuracy",
    "classifier_seconds",
    "frechet_distance",
    "frechet_distance_of_training",
)


class Judge:
    """A classifier that is trained on real images, and the seconds that its training took.

    Args:
        model: The class-conditional distribution whose drawings are judged.
        train: Real images; each class of the model occurs.
        seed: Seed of the classifier.
        architecture: As in `build_classifier`.

    Raises:
        ValueError: As in `train_classifier`.

    Example:
        >>> import pixelcnn
        >>> from pixelcnn.evaluation import LabelledImages, measure_drawings
        >>> model = pixelcnn.PixelCNN((4, 4, 1), class_names=["dark", "light"], high=3, num_filters=2, num_blocks=1)
        >>> images = LabelledImages(np.repeat([0, 3], 20 * 16).reshape(40, 4, 4, 1), np.repeat([0, 1], 20))
        >>> judge = Judge(model, images, seed=0, architecture="convolutional")
        >>> records = [
        ...     measure_drawings(model, images, images, samples=2, seed=seed, judges=[judge]).record for seed in (0, 1)
        ... ]
    """

    def __init__(self, model: PixelDistribution, train: LabelledImages, seed: int, architecture: str) -> None:
        started = time.perf_counter()
        self.model, self.architecture = model, architecture
        self.classifier = train_classifier(
            train.images,
            train.classes,
            model.num_classes,
            low=model.low,
            high=model.high,
            seed=seed,
            architecture=architecture,
        )
        self.seconds = time.perf_counter() - started

    def look(self, part: LabelledImages) -> tuple[np.ndarray, np.ndarray]:
        """Return the features (B, F) of images, and the confusion matrix (K, K) of their classes.

        Args:
            part: Images with labels.
        """
        features = extract_features(self.classifier, part.images)
        logits = keras.ops.convert_to_numpy(self.classifier.layers[-1](features))
        return features, confusion_matrix(part.classes, logits.argmax(axis=-1), len(class_names(self.model)))


def judge_drawings(
    judge: Judge, sets: list[LabelledImages], chosen: list[np.ndarray]
) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Return the judge's features (B, F) of three sets, and a record of fidelity and Fréchet distance.

    Args:
        judge: The judge.
        sets: Drawings, test images and training images.
        chosen: For each set the indices of the images whose features the Fréchet distance compares.
    """
    points, (matrix, of_test, _) = zip(*(judge.look(part) for part in sets), strict=True)
    first, second, third = (part[rows] for part, rows in zip(points, chosen, strict=True))
    whole = Share.of(int(np.trace(matrix)), int(matrix.sum()))
    named = by_name(judge.model, share_per_class(matrix))
    return list(points), {
        "fidelity": whole.share,
        "fidelity_interval": rounded(whole.interval),
        "fidelity_by_class": {name: round(share.share, 4) for name, share in named.items()},
        "fidelity_interval_by_class": {name: rounded(share.interval) for name, share in named.items()},
        "fidelity_confusion": confusion_by_name(judge.model, matrix),
        "classifier_balanced_accuracy": mean_share(of_test),
        "classifier_seconds": round(judge.seconds, 1),
        "frechet_distance": round(frechet_distance(first, second), 4),
        "frechet_distance_of_training": round(frechet_distance(third, second), 4),
    }


def mean_share(matrix: np.ndarray) -> float:
    """Return the mean, over the classes, of the share of images that were assigned to their class.

    Args:
        matrix: (K, K) integers, a result of `confusion_matrix`.
    """
    return float(np.mean([part.share for part in share_per_class(matrix).values()]))


def compare_judges(judged: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a record of what each judge measured, and whether the fidelities differ by at most 0.03.

    Args:
        judged: Results of `judge_drawings` by architecture.

    Example:
        >>> mixed = compare_judges({"one": {"fidelity": 0.50}, "two": {"fidelity": 0.55}})
        >>> mixed["judges_difference"], mixed["judges_agree"]
        (0.05, False)
    """
    shares = [record["fidelity"] for record in judged.values()]
    difference = round(max(shares) - min(shares), 4)
    return {
        "judges": {name: {key: record[key] for key in COMPARED if key in record} for name, record in judged.items()},
        "judges_difference": difference,
        "judges_agree": difference <= AGREEMENT,
    }
