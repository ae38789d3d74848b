"""Distributions as objects of other libraries."""

from typing import Any

from pixelcnn.distribution import PixelDistribution
from pixelcnn.interop.conversion import from_tfp, from_tfp_weights, require_tfp, to_tfp
from pixelcnn.interop.pytorch import from_pytorch_pixelcnnpp

__all__ = ["as_tfp", "from_pytorch_pixelcnnpp", "from_tfp", "from_tfp_weights", "to_tfp"]


def as_tfp(
    distribution: PixelDistribution, conditional_input: Any = None, dtype: Any = "float32", name: str | None = None
) -> Any:
    """A distribution as a `tfp.distributions.Distribution`, on the TensorFlow backend.

    The result has `event_shape` (H, W, C), the batch shape of the condition, and `log_prob`, `prob` and `sample` with
    TFP's shapes and seeds. The result works inside `tf.function`, `tfd.Independent` and joint distributions, and under
    gradients. With an integer seed, `sample` returns the images of `distribution.sample` with this seed, in eager mode
    and in a `tf.function`.

    Args:
        distribution: Any distribution of this package.
        conditional_input: The condition, if the distribution has one: an array, or a tensor; values of symbolic tensors
            are not checked.
        dtype: Type of the pixels, which are whole numbers; `float32` as for TFP's own PixelCNN, or another.
        name: Name of the result; by default the name of the distribution.

    Raises:
        ValueError: If the backend is not TensorFlow, or the condition does not fit.
        ImportError: If TensorFlow Probability is not installed.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelCNNPlusPlus((2, 2, 1), num_classes=3, num_resnet=1, num_hierarchies=1, num_filters=4)
        >>> images = as_tfp(dist, [0, 2]).sample(5, seed=1)  # doctest: +SKIP
        >>> images.shape  # doctest: +SKIP
        TensorShape([5, 2, 2, 2, 1])
    """
    require_tfp("as_tfp")
    from pixelcnn.interop.tfp import PixelDistributionForTFP

    return PixelDistributionForTFP(distribution, conditional_input, dtype, name)
