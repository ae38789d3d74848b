"""Fidelity: how often a classifier trained on real images gives a generated image the class it was asked for."""

import numpy as np

from pixelcnn.evaluation.classifier import check_pair, predict_classes


def fidelity(classifier, images, labels):
    """Return the share of generated images that the classifier calls by the class they were asked for, 0 … 1.

    Chance is 1 / K. What a perfect model reaches is about the classifier's own balanced accuracy on real images.

    Shapes: images (B, H, W, C), labels (B,).

    Args:
        classifier: What `train_classifier` returned for the real images.
        images: Generated images, integers.
        labels: The classes they were asked for.

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, or a label is no class of the
            classifier.
    """
    return balanced_accuracy(classifier, images, labels)


def balanced_accuracy(classifier, images, labels):
    """Return the mean over the classes of the share of their images that is named right, 0 … 1.

    Shapes: images (B, H, W, C), labels (B,).

    Args:
        classifier: What `train_classifier` returned.
        images: Integers.
        labels: Their classes; a class that does not occur does not count.

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, or a label is no class of the
            classifier.
    """
    return float(np.mean(list(accuracy_per_class(classifier, images, labels).values())))


def accuracy_per_class(classifier, images, labels):
    """Return a dictionary from each class that occurs to the share of its images that is named right.

    Args:
        classifier: What `train_classifier` returned.
        images: (B, H, W, C) integers.
        labels: (B,) integers.

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, or a label is no class of the
            classifier.
    """
    images, labels = check_pair(images, labels)
    num_classes = classifier.output_shape[-1]
    if labels.max() >= num_classes:
        raise ValueError(f"labels holds {labels.max()}; expected 0 … {num_classes - 1}, the classifier's classes.")
    right = predict_classes(classifier, images) == labels
    return {int(label): float(right[labels == label].mean()) for label in np.unique(labels)}


def sample_classes(model, per_class, seed=0, temperature=1.0, guidance=0.0, verbose=0):
    """Return `(images, labels)`: the same number of drawings of every class of a conditional model.

    Shapes: images (K * per_class, H, W, C), labels (K * per_class,), class by class.

    Args:
        model: A distribution with `num_classes`.
        per_class: Drawings of each class, at least one.
        seed: Of the noise.
        temperature, guidance: As in `sample`.
        verbose: 1 shows a bar.

    Raises:
        ValueError: If the model has no classes, or `per_class` is not positive.
    """
    if not model.num_classes:
        raise ValueError("model has no classes (num_classes is None); expected a class-conditional model.")
    if per_class < 1:
        raise ValueError(f"per_class is {per_class}; expected at least 1.")
    labels = np.repeat(np.arange(model.num_classes), per_class)
    images = model.sample(
        conditional_input=labels, seed=seed, temperature=temperature, guidance=guidance, verbose=verbose
    )
    return np.asarray(images), labels
