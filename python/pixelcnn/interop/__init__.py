"""Distributions as other libraries know them."""

import keras

from pixelcnn.interop.conversion import from_tfp, from_tfp_weights, to_tfp

__all__ = ["as_tfp", "from_tfp", "from_tfp_weights", "to_tfp"]


def as_tfp(distribution, conditional_input=None, dtype="float32", name=None):
    """A distribution as a `tfp.distributions.Distribution`, on the TensorFlow backend.

    It has `event_shape` (H, W, C), the batch shape of the condition, `log_prob`, `prob` and `sample` with TFP's shapes
    and seeds; it works inside `tf.function`, `tfd.Independent` and joint distributions, and under gradients.
    An integer seed names its images: they are those of `distribution.sample` with that seed, in eager mode too.

    Args:
        distribution: Any distribution of this package.
        conditional_input: The condition, if it has one: an array, or a tensor, whose values then are not checked.
        dtype: In which pixels are given, as whole numbers: `float32`, as TFP's own PixelCNN has it, or any other.
        name: Name of the result.

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
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"as_tfp does not fit the {keras.backend.backend()} backend: "
            "expected tensorflow (KERAS_BACKEND=tensorflow)."
        )
    try:
        from pixelcnn.interop.tfp import PixelDistributionForTFP
    except ImportError as error:
        raise ImportError(f"as_tfp needs TensorFlow Probability: pip install 'pixelcnn[tfp]' ({error}).") from error
    return PixelDistributionForTFP(distribution, conditional_input, dtype, name)
