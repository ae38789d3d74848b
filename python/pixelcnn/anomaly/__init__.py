"""Scores of images that do not belong to what a distribution was trained on, and surprisal of each pixel."""

from pixelcnn.anomaly.complexity import Complexity
from pixelcnn.anomaly.detector import Detector, Scores
from pixelcnn.anomaly.likelihood import Likelihood, surprise
from pixelcnn.anomaly.likelihood_ratio import LikelihoodRatio
from pixelcnn.anomaly.mutate import mutate
from pixelcnn.anomaly.stirring import Stirring
from pixelcnn.anomaly.typicality import Typicality

__all__ = [
    "Complexity",
    "Detector",
    "Likelihood",
    "LikelihoodRatio",
    "Scores",
    "Stirring",
    "Typicality",
    "mutate",
    "surprise",
]
