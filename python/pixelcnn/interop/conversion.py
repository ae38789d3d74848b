"""Trained PixelCNNs of TensorFlow Probability as `PixelCNNPlusPlus`, and back.

TensorFlow Probability and its legacy Keras (`tf_keras`) are imported only when a function here is called. They work
beside Keras 3 in one process, on the TensorFlow backend.
"""

import contextlib
import inspect
import os
from pathlib import Path
from typing import Any

import keras

from pixelcnn.interop.tfp_weights import copy_from_tfp, copy_to_tfp
from pixelcnn.networks.pixel_cnn_plus_plus import PixelCNNPlusPlus


def from_tfp(distribution: Any, dtype: str | None = None, name: str = "pixel_cnn_plus_plus") -> PixelCNNPlusPlus:
    """Make a `PixelCNNPlusPlus` of the same arguments and weights from a trained `tfp.distributions.PixelCNN`.

    Log-probabilities agree within rounding. Sampling, saving, completion and training then are those of this package.
    The optimizer's state is not taken along.

    Args:
        distribution: A `tfp.distributions.PixelCNN`, trained for at least one step: TFP masks its kernels after each
            step of an optimizer, and before the first one it is no causal model.
        dtype: A Keras dtype or policy name; None takes that of `distribution`.
        name: Name of the result.

    Returns:
        The distribution.

    Raises:
        ValueError: If the backend is not TensorFlow, or a layer does not fit; the message names the first such layer.
        ImportError: If TensorFlow Probability is not installed.

    Example:
        >>> dist = pixelcnn.interop.from_tfp(trained)  # doctest: +SKIP
        >>> dist.save("bees.keras")  # doctest: +SKIP
    """
    require_tfp("from_tfp")
    arguments = {key: value for key, value in distribution.parameters.items() if key in _arguments()}
    arguments["dtype"] = dtype or _name_of(distribution.dtype)
    ours = PixelCNNPlusPlus(**{**arguments, "name": name})
    copy_from_tfp(distribution, ours)
    return ours


def to_tfp(distribution: PixelCNNPlusPlus) -> Any:
    """Make a `tfp.distributions.PixelCNN` of the same arguments and weights.

    Args:
        distribution: A `PixelCNNPlusPlus` of `variant="tfp"`, without a condition or with a vector
            (`conditional_shape`), of an image shape whose height and width are multiples of
            `2 ** (num_hierarchies - 1)`, because TFP knows no others.

    Returns:
        The TFP distribution; its `log_prob` agrees within rounding.

    Raises:
        ValueError: If the backend is not TensorFlow, or TFP has no such distribution.
        ImportError: If TensorFlow Probability is not installed.

    Example:
        >>> theirs = pixelcnn.interop.to_tfp(dist)  # doctest: +SKIP
    """
    if not isinstance(distribution, PixelCNNPlusPlus):
        raise ValueError(f"distribution={distribution!r} does not fit: expected a PixelCNNPlusPlus.")
    distribution._require_no_context("to_tfp")
    config = distribution.get_config()
    if config["orders"] > 1:
        raise ValueError(f"distribution does not fit: its orders={config['orders']} are unknown to TFP; expected 1.")
    if distribution.num_classes is not None or config["spatial_condition_shape"] is not None:
        raise ValueError(
            f"distribution does not fit: its num_classes={distribution.num_classes!r} and spatial_condition_shape="
            f"{config['spatial_condition_shape']!r} are unknown to TFP; expected a distribution without a condition, "
            "or with conditional_shape."
        )
    for name, expected in (("variant", "tfp"), ("head", "logistic_mixture")):
        if config[name] != expected:
            raise ValueError(
                f"distribution does not fit: its {name}={config[name]!r} is unknown to TFP; expected {expected!r}."
            )
    height, width, _ = distribution.image_shape
    if (distribution.grid.height, distribution.grid.width) != (height, width):
        raise ValueError(
            f"distribution does not fit: its image_shape={distribution.image_shape} has a height or width that is no "
            f"multiple of {distribution.network.granularity}, which TFP needs."
        )
    tfp = require_tfp("to_tfp")
    known = inspect.signature(tfp.distributions.PixelCNN.__init__).parameters
    arguments = {key: value for key, value in config.items() if key in known and key not in ("dtype", "name")}
    theirs = tfp.distributions.PixelCNN(**arguments, dtype=distribution.variable_dtype)
    copy_to_tfp(distribution, theirs)
    return theirs


def from_tfp_weights(path: str | os.PathLike[str], **arguments: Any) -> PixelCNNPlusPlus:
    """Make a `PixelCNNPlusPlus` from a file of weights of a `tfp.distributions.PixelCNN`.

    The file is one of `save_weights` of a legacy Keras model whose output is the distribution's `log_prob`, as in
    the article "Easy PixelCNN with tfprobability": HDF5 (`.h5`), or a TensorFlow checkpoint, given by its prefix.

    Args:
        path: The file; of a checkpoint without `.index`.
        **arguments: Those that the `tfp.distributions.PixelCNN` was made with.

    Returns:
        The distribution.

    Raises:
        ValueError: If the backend is not TensorFlow, or the weights do not fit the arguments.
        FileNotFoundError: If there is no such file.
        ImportError: If TensorFlow Probability is not installed.

    Example:
        >>> dist = pixelcnn.interop.from_tfp_weights("weights.h5", image_shape=(28, 28, 1))  # doctest: +SKIP
    """
    tfp = require_tfp("from_tfp_weights")
    path = Path(path)
    if not path.exists() and not path.with_name(path.name + ".index").exists():
        raise FileNotFoundError(
            f"path={str(path)!r} does not fit: there is no such file, and no checkpoint of this name."
        )
    theirs = tfp.distributions.PixelCNN(**arguments)
    model = _likelihood_model(theirs)
    try:
        status = model.load_weights(str(path))
        if status is not None:
            status.assert_existing_objects_matched().expect_partial()
    except (ValueError, AssertionError, KeyError) as error:
        raise ValueError(f"path={str(path)!r} does not fit these arguments: {error}") from error
    return from_tfp(theirs)


def _likelihood_model(theirs):
    """The legacy Keras model of the article: its inputs are images and conditions, its output is their `log_prob`."""
    import tf_keras

    shapes = [shape for shape in (theirs.image_shape, theirs.conditional_shape) if shape is not None]
    inputs = [tf_keras.layers.Input(shape, dtype=theirs.dtype) for shape in shapes]
    condition = {"conditional_input": inputs[1]} if len(inputs) > 1 else {}
    return tf_keras.Model(inputs, theirs.log_prob(inputs[0], **condition))


def _arguments():
    return inspect.signature(PixelCNNPlusPlus.__init__).parameters


def _name_of(dtype):
    return dtype if isinstance(dtype, str) else dtype.name


def require_tfp(function):
    """Import TensorFlow Probability with its legacy Keras."""
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"KERAS_BACKEND={keras.backend.backend()} does not fit: {function} needs KERAS_BACKEND=tensorflow."
        )
    with contextlib.suppress(ImportError):
        # Provides distutils, which TFP 0.25 imports and Python 3.12 lacks; Python inside R does not load it by itself.
        import setuptools  # noqa: F401
    try:
        import tensorflow_probability as tfp
        import tf_keras  # noqa: F401
    except ImportError as error:
        raise ImportError(f"{function} needs TensorFlow Probability: pip install 'pixelcnn[tfp]' ({error}).") from error
    return tfp
