"""Check weights in the loss, for each image or for each class."""

from collections.abc import Mapping

import numpy as np

from pixelcnn import require
from pixelcnn.shapes import to_array


def check_sample_weights(weights, count, name="sample_weight"):
    """Check `sample_weight`, and return it as an array (count,), or None.

    Args:
        weights: Numbers (n,) or (n, 1), or None.
        count: Number of images n.
        name: The argument's name, for errors.

    Raises:
        ValueError: If the weights are not finite numbers, or not as many as the images.
    """
    if weights is None:
        return None
    require.unmasked(name, weights)
    array = np.asarray(to_array(weights))
    if array.dtype.kind not in "biuf" or array.shape not in ((count,), (count, 1)):
        raise ValueError(
            f"{name} of shape {array.shape} and type {array.dtype} does not fit: expected one number for each of "
            f"{count} images."
        )
    with np.errstate(over="ignore"):
        weights = array.reshape(count).astype("float32")
    if not np.all(np.isfinite(weights)):
        raise ValueError(
            f"{name} holds {array.reshape(count)[~np.isfinite(weights)][0]}, which does not fit: expected numbers "
            "that are finite in float32."
        )
    return weights


def check_class_weights(class_weight, condition):
    """Check `class_weight`, and return it as an array (K,), or None. A class that it does not name has weight 1.

    Args:
        class_weight: Dictionary, class -> weight, or None. A class is an integer or a class name; a text that is no
            class name is read as an integer.
        condition: A `Condition`.

    Raises:
        ValueError: If the distribution has no classes, or a class or a weight does not fit.
    """
    if class_weight is None:
        return None
    if condition.num_classes is None:
        raise ValueError(
            f"class_weight={class_weight!r} does not fit: this distribution has no classes; expected None "
            "(sample_weight gives each image a weight)."
        )
    if not isinstance(class_weight, Mapping):
        raise ValueError(f"class_weight={class_weight!r} does not fit: expected a dictionary, class -> weight.")
    weights = {}
    for label, weight in class_weight.items():
        index = _index(label, condition)
        if index in weights:
            raise ValueError(f"class_weight={class_weight!r} does not fit: it names class {index} twice.")
        weights[index] = _weight(label, weight)
    return np.array([weights.get(index, 1.0) for index in range(condition.num_classes)], "float32")


def _index(label, condition):
    if isinstance(label, (str, bytes)):
        return condition.class_index(label, "class_weight")
    index = require.integer("class_weight", label)
    if not 0 <= index < condition.num_classes:
        raise ValueError(f"class_weight names the class {index}, which does not fit: expected {condition.expected}.")
    return index


def _weight(label, weight):
    try:
        number = float(weight)
    except (TypeError, ValueError):
        number = np.nan
    if not abs(number) <= float(np.finfo("float32").max):  # which nan is not
        raise ValueError(f"class_weight[{label!r}]={weight!r} does not fit: expected a finite number, as float32.")
    return number
