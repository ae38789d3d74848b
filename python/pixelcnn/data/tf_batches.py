"""Convert batches of a `tf.data` data set to the form that Keras and a distribution accept."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from pixelcnn.shapes import known_shape


def is_read_by_tensorflow(data_set: Any) -> bool:
    """Whether TensorFlow reads a data set: one of `tf.data` or `tf.distribute`, not the arrays of `tfds.as_numpy`."""
    modules = (kind.__module__.partition(".")[0] for kind in type(data_set).__mro__)
    return hasattr(data_set, "element_spec") and "tensorflow" in modules


def is_tf_data(data_set: Any) -> bool:
    """Whether a data set is a `tf.data.Dataset`, whose batches can be mapped."""
    return is_read_by_tensorflow(data_set) and hasattr(data_set, "map")


def is_endless(data_set: Any) -> bool:
    """Whether TensorFlow knows that a data set has no last batch, as after `repeat()`."""
    import tensorflow as tf

    return is_tf_data(data_set) and int(data_set.cardinality()) == tf.data.INFINITE_CARDINALITY


def needs_standard_form(data_set: Any) -> bool:
    """Whether elements of a `tf.data.Dataset` are dictionaries, hold text, or have unknown sizes beyond axis 0."""
    return _needs_standard_form(data_set.element_spec)


def _needs_standard_form(spec: Any) -> bool:
    if isinstance(spec, (tuple, list)):
        return any(map(_needs_standard_form, spec))
    if not hasattr(spec, "dtype"):  # a dictionary, or None
        return isinstance(spec, dict)
    shape = known_shape(spec)
    return spec.dtype == "string" or shape is None or None in shape[1:]


def standard_form(
    data_set: Any,
    images_and_condition: Callable[[Any, Any], tuple[Any, Any]],
    image_shape: Sequence[int],
    condition: Any,
    class_weights: np.ndarray | None,
) -> Any:
    """Map elements to (images, condition) or (images, condition, weights); an unknown class name becomes label -1.

    Args:
        data_set: A `tf.data.Dataset` of batches.
        images_and_condition: A function of x and y that returns images and condition.
        image_shape: (H, W, C).
        condition: A `Condition`.
        class_weights: (K,), or None.
    """
    import tensorflow as tf

    def labels(names_or_labels):
        if names_or_labels.dtype == tf.string:
            texts = tf.constant(list(condition.indices))
            matches = tf.cast(tf.reshape(names_or_labels, (-1, 1)) == texts, "int32")
            indices = tf.gather(tf.constant(list(condition.indices.values())), tf.argmax(matches, axis=1))
            return tf.where(tf.reduce_max(matches, axis=1) > 0, indices, -1)
        return tf.reshape(names_or_labels, (-1,))

    def in_shape(key, part):
        if key == "label":
            return labels(part)
        if key == "vector":
            return tf.reshape(part, (-1, *condition.shape))
        return tf.ensure_shape(part, (None, *condition.map_shape))

    def weights_by_class(label):
        index = tf.clip_by_value(tf.cast(label, "int32"), 0, len(class_weights) - 1)
        return tf.gather(tf.constant(class_weights), index)

    def standard(*element):
        x, y, weights = keras.utils.unpack_x_y_sample_weight(element[0] if len(element) == 1 else element)
        images, condition_of_images = images_and_condition(x, y)
        images = tf.ensure_shape(images, (None, *image_shape))
        if not condition or condition.is_none(condition_of_images):
            parts = (tf.zeros((tf.shape(images)[0], 0)),)
        else:
            parts = tuple(in_shape(*part) for part in condition.parts(condition_of_images).items())
        if class_weights is not None:
            weights = weights_by_class(parts[0])
        y = parts[0] if len(parts) == 1 else parts
        return (images, y) if weights is None else (images, y, tf.reshape(weights, (-1,)))

    return data_set.map(standard, num_parallel_calls=tf.data.AUTOTUNE)
