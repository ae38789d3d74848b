"""Classes of images by Bayes' rule, from a distribution that is conditioned on a class."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import require, shapes
from pixelcnn.data.in_files import Rows
from pixelcnn.data.stored_rows import in_rows
from pixelcnn.progress import check_verbose, progress


class Classification:
    """The methods of a distribution that classify images."""

    def class_log_probs(
        self, images: Any, prior: ArrayLike | None = None, spatial_condition: Any = None, batch_size: int | None = None,
        verbose: int | Callable[[int, int], object] = 0,
    ) -> np.ndarray:  # fmt: skip
        """Log-probability, in nats, of each class given an image, by Bayes' rule.

        log p(class | image) = log p(image | class) + log prior(class) - log sum, where the sum over all classes makes
        the probabilities of an image add up to 1.

        The likelihood of one class after another is computed by `log_prob`, so memory does not depend on the number of
        classes K. Time is K times that of `log_prob`.

        Args:
            images: Images (…, H, W, C) of whole numbers `low … high`, an array or a tensor with values.
            prior: K positive numbers, such as the number of images of each class; divided by their sum. None for
                classes that are equally likely.
            spatial_condition: For a distribution with classes and a map, the map (…, H, W, N). The batch shapes of
                images and map broadcast.
            batch_size: Largest number of images that are computed at once; None for 64.
            verbose: 1 or 2 shows a progress bar, 0 shows none. A function is called with the number of classes that
                are done and of all classes.

        Returns:
            (…, K), an array of float64. NaN for an image to which no class gives a probability above 0.

        Raises:
            ValueError: If the distribution has no classes, or an argument does not fit.

        Example:
            >>> import numpy as np, pixelcnn
            >>> dist = pixelcnn.PixelCNN((4, 4, 1), class_names=["bee", "sun"], high=1, num_blocks=1, num_filters=2)
            >>> np.exp(dist.class_log_probs(np.zeros((3, 4, 4, 1)))).sum(axis=-1).round(4)
            array([1., 1., 1.])
        """
        return _class_log_probs(self, images, prior, spatial_condition, batch_size, verbose)

    def classify(
        self, images: Any, prior: ArrayLike | None = None, spatial_condition: Any = None, batch_size: int | None = None,
        verbose: int | Callable[[int, int], object] = 0,
    ) -> np.ndarray:  # fmt: skip
        """The most probable class of each image, by Bayes' rule.

        Args:
            images, prior, spatial_condition, batch_size, verbose: As in `class_log_probs`.

        Returns:
            (…), class names if the distribution has `class_names`, else integers `0 … K - 1`.

        Raises:
            ValueError: As in `class_log_probs`; or if no class gives an image a probability above 0.

        Example:
            >>> import numpy as np, pixelcnn
            >>> dist = pixelcnn.PixelCNN((4, 4, 1), class_names=["bee", "sun"], high=1, num_blocks=1, num_filters=2)
            >>> dist.classify(np.zeros((3, 4, 4, 1)), prior=[0.999999, 0.000001])
            array(['bee', 'bee', 'bee'], dtype='<U3')
        """
        return _classify(self, images, prior, spatial_condition, batch_size, verbose)


def _class_log_probs(dist, images, prior, spatial_condition, batch_size, verbose):
    if dist.num_classes is None:
        raise ValueError("num_classes=None does not fit: expected a distribution that is made with num_classes.")
    has_map = dist.condition.map_shape is not None
    if has_map == (spatial_condition is None):
        expected = f"a map of shape {dist.condition.map_shape}" if has_map else "None, because the condition has no map"
        raise ValueError(f"spatial_condition={require.short(spatial_condition)} does not fit: expected {expected}.")
    log_prior = np.log(_check_prior(prior, dist.num_classes))
    images = in_rows(images)
    images = images if isinstance(images, Rows) else shapes.to_array(images)
    spatial_condition = shapes.to_array(spatial_condition)
    conditions = ((label, spatial_condition) if has_map else label for label in range(dist.num_classes))
    nats = []
    with progress(check_verbose(verbose), dist.num_classes, "Classes", unit="classes") as advance:
        for condition in conditions:
            nats.append(dist.log_prob(images, condition, batch_size))
            advance(1)
    joint = np.stack(nats, axis=-1).astype("float64") + log_prior
    with np.errstate(invalid="ignore"):  # -inf minus -inf is the NaN that the docstring promises
        joint = joint - joint.max(axis=-1, keepdims=True)
        return joint - np.log(np.exp(joint).sum(axis=-1, keepdims=True))


def _classify(dist, images, prior, spatial_condition, batch_size, verbose):
    log_probs = _class_log_probs(dist, images, prior, spatial_condition, batch_size, verbose)
    unexplained = np.isnan(log_probs).any(axis=-1)
    if unexplained.any():
        raise ValueError(
            f"images holds {unexplained.sum()} of {unexplained.size} images without a class, because no class gives "
            "these images a finite log-probability: expected images and weights with finite values of log_prob."
        )
    labels = log_probs.argmax(axis=-1)
    return labels if dist.class_names is None else np.asarray(dist.class_names)[labels]


def _check_prior(prior, num_classes):
    """The prior as probabilities (K,) of float64."""
    if prior is None:
        return np.full(num_classes, 1 / num_classes)
    require.unmasked("prior", prior)
    try:
        values = np.asarray(shapes.to_array(prior), "float64")
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.shape != (num_classes,) or not np.all(np.isfinite(values) & (values > 0)):
        raise ValueError(
            f"prior={require.short(prior)} does not fit: expected {num_classes} finite numbers above 0, one for each "
            "class."
        )
    values = values / values.max()  # the sum of large numbers could overflow
    return values / values.sum()
