"""Quality of a distribution: bits per dimension, and fidelity, variety and novelty of the images that it draws."""

from pixelcnn.evaluation.bits import Bits, bits_per_class, bits_per_dim
from pixelcnn.evaluation.classifier import build_classifier, extract_features, train_classifier
from pixelcnn.evaluation.fidelity import (
    accuracy_per_class,
    balanced_accuracy,
    confusion_matrix,
    fidelity,
    sample_classes,
    share_per_class,
)
from pixelcnn.evaluation.frechet import frechet_distance
from pixelcnn.evaluation.neighbours import Neighbours, mean_pairwise_distance, nearest_neighbours
from pixelcnn.evaluation.share import Share

__all__ = [
    "Bits",
    "Neighbours",
    "Share",
    "accuracy_per_class",
    "balanced_accuracy",
    "bits_per_class",
    "bits_per_dim",
    "build_classifier",
    "confusion_matrix",
    "extract_features",
    "fidelity",
    "frechet_distance",
    "mean_pairwise_distance",
    "nearest_neighbours",
    "sample_classes",
    "share_per_class",
    "train_classifier",
]
