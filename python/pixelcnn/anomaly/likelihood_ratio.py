"""The likelihood ratio of a distribution and one of the background."""

from typing import Any, Self

import keras
import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import require
from pixelcnn.anomaly import marginal
from pixelcnn.anomaly.detector import Detector, Scores
from pixelcnn.anomaly.mutate import mutate
from pixelcnn.anomaly.other_classes import by_its_classes, prior_of_its_classes
from pixelcnn.distribution import PixelDistribution
from pixelcnn.inference.given import Given, unbound


class LikelihoodRatio(Detector):
    """Score images by log p_background(image) - log p(image), in nats.

    What both distributions know, such as a plain background, cancels. The background is a distribution that was trained
    on `mutate`d images, which `fit` does, or any other one: of more kinds of images, or a smaller one. Labels are those
    of `dist`; if both have class names, an image has the class of the same name in the background.

    Args:
        dist: A trained distribution.
        background: The distribution of the background, or one that is `given` a condition, which all images then
            have. None: `fit` trains one with the arguments of `dist`.
        threshold, outlier_type, prior: As in `Detector`. A background with the same classes, in any order, has the same
            prior; one with other classes has equal probabilities.

    Raises:
        ValueError: If an argument does not fit, or the background has other images or levels.

    Example:
        >>> import pixelcnn
        >>> images, _, _ = pixelcnn.data.doodles(8)
        >>> small = {"num_blocks": 1, "num_filters": 2, "head": "logistic_mixture"}
        >>> dist, background = pixelcnn.PixelCNN((28, 28, 1), **small), pixelcnn.PixelCNN((28, 28, 1), **small)
        >>> LikelihoodRatio(dist, background).score(images).instance_score.shape
        (8,)

    References:
        1. Ren et al., Likelihood Ratios for Out-of-Distribution Detection, 2019, <https://arxiv.org/abs/1906.02845>.
    """

    __module__ = Detector.__module__

    def __init__(
        self,
        dist: PixelDistribution | Given,
        background: PixelDistribution | Given | None = None,
        threshold: float | None = None,
        outlier_type: str = "instance",
        prior: ArrayLike | None = None,
    ):
        super().__init__(dist, threshold, outlier_type, prior)
        other, _ = unbound(background)
        if other is not None and not isinstance(other, PixelDistribution):
            raise ValueError(f"background={require.short(background)} does not fit: expected a distribution or None.")
        if other is not None and _images_of(other) != _images_of(self.dist):
            raise ValueError(
                f"background of {_images_of(other)} does not fit: expected {_images_of(self.dist)}, as of dist."
            )
        self.background = background

    def fit(
        self,
        images: ArrayLike,
        conditional_input: Any = None,
        batch_size: int | None = None,
        rate: float = 0.2,
        seed: int | None = 0,
        epochs: int = 20,
        **arguments: Any,
    ) -> Self:
        """Train the background on mutated images. `dist` does not change, so train `dist` first.

        Args:
            images: (B, H, W, C), the images that `dist` was trained on.
            conditional_input: The condition of each image, if the background has a condition.
            batch_size: Images of a step; None for 64.
            rate, seed: As in `mutate`.
            epochs: Passes over the images.
            **arguments: Other arguments of `background.fit`, such as `verbose`. A background that is not compiled is
                compiled with Adam and a learning rate of 0.001.

        Returns:
            The detector.

        Raises:
            ValueError: If an argument does not fit.
        """
        mutated = mutate(images, rate, seed, self.dist.low, self.dist.high)
        if self.background is None:
            self.background = type(self.dist).from_config({**self.dist.get_config(), "name": "background"})
        background, _ = unbound(self.background)
        if not background.compiled:
            background.compile(keras.optimizers.Adam(1e-3))
        condition = self._condition_of_each(conditional_input, len(mutated))
        background.fit(mutated, condition, batch_size=batch_size or 64, epochs=epochs, **arguments)
        return self

    def _condition_of_each(self, conditional_input, count):
        """The condition of `count` images for the background. A condition that is bound may be the same for all."""
        bound = self._background_condition(self._condition(conditional_input))
        if bound is None or bound is conditional_input:
            return bound
        condition = unbound(self.background)[0].condition
        arrays, _ = condition.check(bound)
        return condition.as_given(condition.flatten(arrays, (count,)), (count,))

    def _background_condition(self, conditional_input):
        """The condition that is bound to the background, or that of the images, if the background takes one."""
        background, bound = unbound(self.background)
        if isinstance(self.background, Given):
            return bound
        return by_its_classes(conditional_input, self.dist, background) if background.condition else None

    def _scores(self, images, conditional_input, batch_size):
        if self.background is None:
            raise ValueError(
                "background=None does not fit: expected a distribution. Call fit(images) first, or give one."
            )
        background, _ = unbound(self.background)
        prior = prior_of_its_classes(self.prior, self.dist, background)
        condition = self._background_condition(conditional_input)
        ratio = marginal.pixel_log_prob(background, images, condition, prior, batch_size)
        ratio = ratio - self._pixel_log_prob(images, conditional_input, batch_size)
        return Scores(np.asarray(ratio), np.asarray(ratio.sum(axis=(-2, -1))))


def _images_of(dist):
    return f"images of shape {dist.image_shape} with levels {dist.low} … {dist.high}"
