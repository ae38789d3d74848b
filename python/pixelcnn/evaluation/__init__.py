"""Quality of a distribution: bits per dimension, and fidelity of drawings to their class."""

from pixelcnn.evaluation.bits import Bits, bits_per_class, bits_per_dim
from pixelcnn.evaluation.classifier import build_classifier, train_classifier
from pixelcnn.evaluation.fidelity import accuracy_per_class, balanced_accuracy, fidelity, sample_classes

__all__ = [
    "Bits",
    "accuracy_per_class",
    "balanced_accuracy",
    "bits_per_class",
    "bits_per_dim",
    "build_classifier",
    "fidelity",
    "sample_classes",
    "train_classifier",
]
