"""Convert batches of a `tf.data` data set to the form that Keras and a distribution take."""

import keras

from pixelcnn.shapes import known_shape


def is_tf_data(data_set):
    """Whether it is a `tf.data.Dataset`, whose batches can be mapped."""
    return hasattr(data_set, "element_spec") and hasattr(data_set, "map")


def needs_standard_form(data_set):
    """Whether its elements are dictionaries, hold text, or have unknown sizes beyond the first axis."""
    return _needs_standard_form(data_set.element_spec)


def _needs_standard_form(spec):
    if isinstance(spec, (tuple, list)):
        return any(map(_needs_standard_form, spec))
    if not hasattr(spec, "dtype"):  # a dictionary, or None
        return isinstance(spec, dict)
    shape = known_shape(spec)
    return spec.dtype == "string" or shape is None or None in shape[1:]


def standard_form(data_set, images_and_condition, image_shape, condition, class_weights):
    """Map elements to (images, condition), with weights if there are some; a class name that does not exist becomes -1.

    Args:
        data_set: A `tf.data.Dataset` of batches.
        images_and_condition: Function of x and y that returns images and condition.
        image_shape: (H, W, C).
        condition: A `Condition`.
        class_weights: (K,), or None.
    """
    import tensorflow as tf

    def labels(given):
        if given.dtype == tf.string:
            texts = tf.constant(list(condition.indices))
            matches = tf.cast(tf.reshape(given, (-1, 1)) == texts, "int32")
            indices = tf.gather(tf.constant(list(condition.indices.values())), tf.argmax(matches, axis=1))
            return tf.where(tf.reduce_max(matches, axis=1) > 0, indices, -1)
        return tf.reshape(given, (-1,))

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
        images, given = images_and_condition(x, y)
        images = tf.ensure_shape(images, (None, *image_shape))
        if not condition or condition.is_none(given):
            given = (tf.zeros((tf.shape(images)[0], 0)),)
        else:
            given = tuple(in_shape(*part) for part in condition.parts(given).items())
        if class_weights is not None:
            weights = weights_by_class(given[0])
        given = given[0] if len(given) == 1 else given
        return (images, given) if weights is None else (images, given, tf.reshape(weights, (-1,)))

    return data_set.map(standard, num_parallel_calls=tf.data.AUTOTUNE)
