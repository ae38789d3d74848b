"""The likelihood, corrected by the complexity of an image: the length of its PNG file."""

import io
import math

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from pixelcnn.anomaly.detector import Detector, Scores
from pixelcnn.distribution import PixelDistribution
from pixelcnn.inference.given import Given


class Complexity(Detector):
    """Score images by -log p(image) minus the length of the image as a PNG file, in nats.

    Simple images are probable under most models, and have short files. The difference says how much worse the
    distribution describes the image than a general compressor does.

    Args:
        dist: A trained distribution of images with 1 to 4 channels and at most 256 levels, which PNG can hold.
        threshold, outlier_type, prior: As in `Detector`; `outlier_type` is `instance`.

    Raises:
        ValueError: If an argument does not fit.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.load_pretrained("quickdraw13")
        >>> images, _, _ = pixelcnn.data.doodles(2, classes=["bee"])
        >>> Complexity(dist).score(images).instance_score.shape
        (2,)

    References:
        1. Serrà et al., Input Complexity and Out-of-Distribution Detection with Likelihood-Based Generative Models,
           2020, <https://arxiv.org/abs/1909.11480>.
    """

    __module__ = Detector.__module__

    def __init__(
        self,
        dist: PixelDistribution | Given,
        threshold: float | None = None,
        outlier_type: str = "instance",
        prior: ArrayLike | None = None,
    ):
        super().__init__(dist, threshold, outlier_type, prior)
        channels, levels = self.dist.image_shape[-1], self.dist.high - self.dist.low + 1
        if channels > 4 or levels > 256:
            raise ValueError(
                f"dist of {channels} channels and {levels} levels does not fit: expected at most 4 channels and 256 "
                "levels, because PNG files hold no others."
            )

    def _scores(self, images, conditional_input, batch_size):
        nats = -self._log_prob(images, conditional_input, batch_size)
        pixels = (images.astype("int64") - self.dist.low).astype("uint8").reshape((-1, *self.dist.image_shape))
        sizes = np.array([_png_bytes(image) for image in pixels], "float64").reshape(images.shape[:-3])
        return Scores(None, nats - 8 * math.log(2) * sizes)


def _png_bytes(pixels):
    """The length of a PNG file of one image (H, W, C)."""
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file, "png", optimize=True)
    return len(file.getvalue())
