"""Labels and priors of a distribution for another one whose classes have another order, or are others."""

from typing import Any

import numpy as np

from pixelcnn.anomaly import marginal
from pixelcnn.distribution import PixelDistribution


def by_its_classes(conditional_input: Any, dist: PixelDistribution, other: PixelDistribution) -> Any:
    """Return a condition of `dist` for `other`, whose class numbers may be others: a class keeps its name.

    Args:
        conditional_input: A condition of `dist`, or None.
        dist: A distribution.
        other: A distribution with a condition.

    Raises:
        ValueError: If `other` lacks a class of an image. Without names it lacks all if it has not as many.
    """
    condition, names = dist.condition, (dist.class_names, other.class_names)
    same = names[0] == names[1] and dist.num_classes == other.num_classes
    if conditional_input is None or None in (dist.num_classes, other.num_classes) or same:
        return conditional_input
    if condition.parts(conditional_input)["label"] is None:  # the class is unknown, and a map is known
        return conditional_input
    arrays, batch_shape = condition.check(conditional_input)
    labels = _numbers(dist, other)[arrays["label"]]
    if np.any(labels < 0):
        missing = int(np.asarray(arrays["label"])[labels < 0].flat[0])
        raise ValueError(
            f"background with {_classes(other)} does not fit: expected also the class "
            f"{missing if dist.class_names is None else dist.class_names[missing]!r}, which an image has."
        )
    return condition.as_given({**arrays, "label": labels}, batch_shape)


def prior_of_its_classes(
    prior: np.ndarray | None, dist: PixelDistribution, other: PixelDistribution
) -> np.ndarray | None:
    """Return the probabilities of the classes of `other`: those of `dist` if the classes are the same, or equal ones.

    Args:
        prior: Probabilities (K,) of the classes of `dist`, or None without classes.
        dist, other: Distributions.
    """
    if prior is None or not _are_the_same(dist, other):
        return marginal.check_prior(other, None)
    permuted = np.empty_like(prior)
    permuted[_numbers(dist, other)] = prior
    return permuted


def _are_the_same(dist, other):
    if dist.class_names is None or other.class_names is None:
        return dist.num_classes == other.num_classes
    return set(dist.class_names) == set(other.class_names)


def _numbers(dist, other):
    """The number in `other` of each class of `dist`, (K,); -1 for a class that `other` lacks.

    Without names numbers mean the same classes only where both have as many.
    """
    if dist.class_names is None or other.class_names is None:
        return np.arange(dist.num_classes) if dist.num_classes == other.num_classes else np.full(dist.num_classes, -1)
    numbers = {name: number for number, name in enumerate(other.class_names)}
    return np.array([numbers.get(name, -1) for name in dist.class_names])


def _classes(dist):
    if dist.class_names is None:
        return f"{dist.num_classes} classes without names"
    return f"the classes {', '.join(dist.class_names)}"
