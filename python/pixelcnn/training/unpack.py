"""What a caller gives for x: images, images with their condition (a pair or a dictionary), or a data set of them."""

import keras
import numpy as np
from keras import ops

TO_BATCHES = (
    "call .batch(32) of tf.data or Grain, or wrap torch's Dataset in torch.utils.data.DataLoader(..., batch_size=32)"
)


def is_data_set(x):
    """Whether Keras reads batches from x: x is no array, tensor or text, and no collection of these."""
    if isinstance(x, (np.ndarray, list, tuple, dict, str, bytes, keras.KerasTensor)) or ops.is_tensor(x):
        return False
    is_array = hasattr(x, "shape") and hasattr(x, "__array__")  # as arrays of HDF5, Zarr or another backend
    return isinstance(x, keras.utils.PyDataset) or hasattr(x, "__iter__") and not is_array


def refuse_data_set(x, name):
    """Raise an error if x is a data set of batches, or of single images as torch's `Dataset` is."""
    kind = type(x).__name__
    if is_data_set(x):
        raise ValueError(
            f"{name} is a {kind}, a data set; expected images. (fit, evaluate and predict take data sets.)"
        )
    if hasattr(x, "__getitem__") and not hasattr(x, "__iter__") and not hasattr(x, "__array__"):
        raise ValueError(f"{name} is a {kind}, which gives single images; expected batches of images: {TO_BATCHES}.")


def require_images_alone(value, image_shape, name, call):
    """Raise an error that shows the right call if a value is a data set, a dictionary or a pair with a condition.

    Args:
        value: The argument's value.
        image_shape: (H, W, C).
        name: The argument's name.
        call: The right call.
    """
    refuse_data_set(value, name)
    if isinstance(value, dict) or is_pair(value) and _differ(value, image_shape):
        what = "a dictionary" if isinstance(value, dict) else "a pair of images and condition"
        raise ValueError(f"{name} is {what}; expected images alone: {call}.")


def _differ(pair, image_shape):
    """Whether the second part of a pair is no batch of images."""
    try:
        return tuple(np.shape(pair[1]))[-3:] != tuple(image_shape)
    except ValueError:  # lists of different lengths
        return True


def images_and_condition(x, y, name="x"):
    """Images and condition, from x and y or from an x that is a pair or a dictionary of both; values are not checked.

    Example:
        >>> images_and_condition({"image": "an image", "label": "bee", "id": 7}, None)
        ('an image', 'bee')
    """
    if isinstance(x, dict):
        if "image" not in x:
            if any(map(is_data_set, x.values())):
                names = ", ".join(map(repr, x))
                raise ValueError(f"{name} is a dictionary of data sets, {names}; expected one of them.")
            raise ValueError(
                f"{name} is a dictionary with {', '.join(map(repr, x))}; expected 'image' and, for a conditional "
                "distribution, 'label'. (pixelcnn.data.filter_classes turns a data set of dictionaries into pairs.)"
            )
        if "label" in x:
            require_none(f"{name} has a 'label'", y=y)
        return x["image"], x.get("label", y)
    if y is None and isinstance(x, (tuple, list)) and len(x) == 2:
        return tuple(x)
    return x, y


def is_pair(x):
    """Whether x holds images and condition: a dictionary, or a pair whose first part is a batch of images."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        return isinstance(x, dict)
    try:
        return np.ndim(x[0]) == 4
    except ValueError:  # lists of different lengths
        return False


def require_none(why, **arguments):
    """Raise an error that names the first argument that is not None; `why` says why it must be."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"{name} does not fit: {why}; expected {name}=None.")
