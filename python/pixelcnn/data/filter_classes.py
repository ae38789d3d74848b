"""Some classes of a `tf.data` data set, as in TensorFlow Datasets."""

from pixelcnn.data.classes import resolve_classes
from pixelcnn.data.labels import warn_of_tent


def filter_classes(dataset, classes, class_names=None):
    """Keep the given classes of a `tf.data` data set, with labels 0 … K-1 in the order of `classes`.

    Args:
        dataset: a `tf.data.Dataset` of single (image, label) pairs or of dictionaries with "image" and "label"; or
            what `tfds.load(..., with_info=True)` returns, which knows its class names.
        classes: K classes by number, or by name if names are known. A text is a class name first; digits are a number
            only if no class has them as its name.
        class_names: all names in the order of the labels; a sequence, a `tfds.features.ClassLabel`, or a
            `tfds.core.DatasetInfo`. For `quickdraw_bitmap`: `pixelcnn.data.quickdraw_classes()`.

    Returns:
        A `tf.data.Dataset` of (image, label): image as it was, label an int64 scalar. `.batch(32)` makes it ready for
        `fit`.

    Raises:
        ValueError: an unknown class, a name without `class_names`, or elements of another form.

    Example:
        >>> import tensorflow as tf, pixelcnn
        >>> whole = tf.data.Dataset.from_tensor_slices({"image": tf.zeros((4, 28, 28, 1)), "label": [0, 308, 309, 26]})
        >>> some = pixelcnn.data.filter_classes(whole, ["tent", "bee"], pixelcnn.data.quickdraw_classes())
        >>> [int(label) for image, label in some]
        [0, 1]

    Source: https://www.tensorflow.org/datasets/catalog/quickdraw_bitmap
    """
    import tensorflow as tf  # here, so that the other loaders do without it

    if isinstance(dataset, tuple) and len(dataset) == 2:
        dataset, info = dataset
        class_names = info if class_names is None else class_names
    if not isinstance(dataset, tf.data.Dataset):
        raise ValueError(f"`dataset` must be a tf.data.Dataset; got {type(dataset).__name__}. Give one split of it.")
    pair = _pair_reader(dataset.element_spec)
    labels = resolve_classes(classes, _names(class_names))
    warn_of_tent(labels)
    wanted = tf.constant(labels, tf.int64)

    def matches(label):
        return tf.equal(tf.cast(label, tf.int64), wanted)

    kept = dataset.map(pair).filter(lambda image, label: tf.reduce_any(matches(label)))
    return kept.map(lambda image, label: (image, tf.argmax(matches(label), output_type=tf.int64)))


def _pair_reader(spec):
    """Return a function from an element of the data set to (image, label)."""
    if isinstance(spec, dict) and {"image", "label"} <= spec.keys():
        label, read = spec["label"], lambda element: (element["image"], element["label"])
    elif isinstance(spec, tuple) and len(spec) == 2:
        label, read = spec[1], lambda image, label: (image, label)
    else:
        raise ValueError(
            f'`dataset` must hold (image, label) or dictionaries with "image" and "label"; its elements are {spec}.'
        )
    if label.shape.rank != 0:
        raise ValueError(f"`dataset` must hold single images; its labels have shape {label.shape}: use .unbatch().")
    return read


def _names(class_names):
    """Return a sequence of names from one, from a `ClassLabel`, or from a `DatasetInfo` that has one."""
    if hasattr(class_names, "features"):
        class_names = class_names.features["label"]
    return getattr(class_names, "names", class_names)
