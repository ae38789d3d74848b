"""Quality of a distribution: bits per dimension, and fidelity, variety and novelty of the images that it draws."""

from pixelcnn.evaluation.bits import Bits, bits_per_class, bits_per_dim
from pixelcnn.evaluation.classifier import build_classifier, extract_features, train_classifier
from pixelcnn.evaluation.drawings import Drawings, measure_drawings
from pixelcnn.evaluation.fidelity import (
    accuracy_per_class,
    balanced_accuracy,
    confusion_matrix,
    fidelity,
    sample_classes,
    share_per_class,
)
from pixelcnn.evaluation.frechet import frechet_distance
from pixelcnn.evaluation.guidance import GuidanceChoice, choose_guidance
from pixelcnn.evaluation.judge import Judge
from pixelcnn.evaluation.labelled_images import LabelledImages, check_data
from pixelcnn.evaluation.measures import measure_classification, measure_likelihood, measure_speed
from pixelcnn.evaluation.neighbours import Neighbours, mean_pairwise_distance, nearest_neighbours
from pixelcnn.evaluation.report import report_page, write_report
from pixelcnn.evaluation.share import Share

__all__ = [
    "Bits",
    "Drawings",
    "GuidanceChoice",
    "Judge",
    "LabelledImages",
    "Neighbours",
    "Share",
    "accuracy_per_class",
    "balanced_accuracy",
    "bits_per_class",
    "bits_per_dim",
    "build_classifier",
    "check_data",
    "choose_guidance",
    "confusion_matrix",
    "extract_features",
    "fidelity",
    "frechet_distance",
    "mean_pairwise_distance",
    "measure_classification",
    "measure_drawings",
    "measure_likelihood",
    "measure_speed",
    "nearest_neighbours",
    "report_page",
    "sample_classes",
    "share_per_class",
    "train_classifier",
    "write_report",
]
