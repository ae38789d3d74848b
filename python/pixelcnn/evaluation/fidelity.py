"""Fidelity: the share of generated images that a classifier, trained on real images, assigns to their class."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.classifier import check_pair, predict_classes
from pixelcnn.evaluation.share import Share


def fidelity(classifier: Any, images: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean, over the classes, of the share of generated images that the classifier assigns to their class.

    Random guesses reach 1 / K. A perfect model reaches about the balanced accuracy of the classifier on real images.

    Shapes: images (B, H, W, C), labels (B,).

    Args:
        classifier: A result of `train_classifier` on real images.
        images: Generated images, integers.
        labels: The class that was the condition of each image.

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, or the classifier does not have the
            class of a label.
    """
    return balanced_accuracy(classifier, images, labels)


def balanced_accuracy(classifier: Any, images: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean, over the classes, of the share of images that the classifier assigns to their class, 0 … 1.

    Shapes: images (B, H, W, C), labels (B,).

    Args:
        classifier: A result of `train_classifier` on real images.
        images: Images of levels, integers.
        labels: The class of each image; a class that does not occur does not count.

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, or the classifier does not have the
            class of a label.
    """
    return float(np.mean(list(accuracy_per_class(classifier, images, labels).values())))


def accuracy_per_class(classifier: Any, images: ArrayLike, labels: ArrayLike) -> dict[int, float]:
    """Return a dictionary from each class in `labels` to the share of its images that the classifier assigns to it.

    Args:
        classifier: A result of `train_classifier` on real images.
        images: (B, H, W, C) integers.
        labels: (B,) integers.

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, or the classifier does not have the
            class of a label.
    """
    pixels, classes = check_pair(images, labels)
    matrix = confusion_matrix(classes, predict_classes(classifier, pixels), classifier.output_shape[-1])
    return {label: part.share for label, part in share_per_class(matrix).items()}


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, num_classes: int) -> np.ndarray:
    """Return the numbers of images (K, K) of each class (row) that were assigned to each class (column).

    Args:
        labels: (B,) The class of each image, integers 0 … K-1.
        predicted: (B,) The class to which each image was assigned, integers 0 … K-1.
        num_classes: K.

    Raises:
        ValueError: If the shapes differ, or a label is not 0 … K-1.

    Example:
        >>> confusion_matrix([0, 0, 1], [0, 1, 1], 2).tolist()
        [[1, 1], [0, 1]]
    """
    rows, columns = np.asarray(labels), np.asarray(predicted)
    if rows.shape != columns.shape:
        raise ValueError(
            f"labels of shape {rows.shape} and predicted of shape {columns.shape} do not fit: expected (B,) for both."
        )
    for name, classes in (("labels", rows), ("predicted", columns)):
        wrong = classes[(classes < 0) | (classes >= num_classes)]
        if wrong.size:
            raise ValueError(f"{name} holds {wrong[0]}, which does not fit: expected 0 … {num_classes - 1}.")
    matrix = np.zeros((num_classes, num_classes), int)
    np.add.at(matrix, (rows, columns), 1)
    return matrix


def share_per_class(matrix: ArrayLike) -> dict[int, Share]:
    """Return a dictionary from each class that occurs to the `Share` of its images that were assigned to it.

    Args:
        matrix: (K, K) integers, a result of `confusion_matrix`.

    Example:
        >>> share_per_class([[1, 1], [0, 0]])[0].share
        0.5
    """
    return {
        label: Share.of(int(row[label]), int(row.sum())) for label, row in enumerate(np.asarray(matrix)) if row.sum()
    }


def sample_classes(
    model: PixelDistribution,
    per_class: int,
    seed: int = 0,
    temperature: float = 1.0,
    guidance: float = 0.0,
    verbose: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the same number of images of every class of a class-conditional model; return `(images, labels)`.

    Shapes: images (K * per_class, H, W, C), labels (K * per_class,), class by class.

    Args:
        model: A distribution with `num_classes`.
        per_class: Number of drawings of each class, at least 1.
        seed: Seed of the drawings.
        temperature, guidance: As in `sample`.
        verbose: 1 for a progress bar.

    Raises:
        ValueError: If the model has no classes, or `per_class` is not positive.
    """
    if not model.num_classes:
        raise ValueError("model with num_classes=None does not fit: expected a class-conditional model.")
    labels = np.repeat(np.arange(model.num_classes), require.positive_integer("per_class", per_class))
    images = model.sample(
        conditional_input=labels, seed=seed, temperature=temperature, guidance=guidance, verbose=verbose
    )
    return np.asarray(images), labels
