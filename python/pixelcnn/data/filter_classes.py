"""Some classes of a `tf.data` data set, such as one of TensorFlow Datasets."""

from collections.abc import Callable, Sequence
from typing import Any

from pixelcnn.data.classes import resolve_classes
from pixelcnn.data.labels import warn_of_tent


def filter_classes(dataset: Any, classes: Sequence[str | int], class_names: Any = None) -> Any:
    """Keep the images of some classes of a `tf.data` data set, with labels 0 … K-1 in the order of `classes`.

    Args:
        dataset: A `tf.data.Dataset` of single (image, label) pairs, or of dictionaries with "image" and "label"; or the
            pair that `tfds.load(..., with_info=True)` returns, which has the class names.
        classes: K labels, or K names if `class_names` is known. A text is a class name first; a text of digits is a
            label only if no class has this name.
        class_names: The names of all classes in the order of the labels: a sequence, a `tfds.features.ClassLabel`, or a
            `tfds.core.DatasetInfo`. For `quickdraw_bitmap`, give `pixelcnn.data.quickdraw_classes()`.

    Returns:
        A `tf.data.Dataset` of (image, label) with unchanged images and int64 scalars as labels. `fit` takes the data
        set after `.batch(32)`.

    Raises:
        ValueError: If a class is unknown, a class is a name and `class_names` is None, or elements have another form.

    Example:
        >>> import tensorflow as tf, pixelcnn
        >>> whole = tf.data.Dataset.from_tensor_slices({"image": tf.zeros((4, 28, 28, 1)), "label": [0, 308, 309, 26]})
        >>> some = pixelcnn.data.filter_classes(whole, ["tent", "bee"], pixelcnn.data.quickdraw_classes())
        >>> [int(label) for image, label in some]
        [0, 1]

    Source: https://www.tensorflow.org/datasets/catalog/quickdraw_bitmap
    """
    import tensorflow as tf

    if isinstance(dataset, tuple) and len(dataset) == 2:
        dataset, info = dataset
        class_names = info if class_names is None else class_names
    if not isinstance(dataset, tf.data.Dataset):
        kind = type(dataset).__name__
        raise ValueError(f"dataset of type {kind} does not fit: expected a tf.data.Dataset, one split of a data set.")
    pair = _pair_reader(dataset.element_spec)
    labels = resolve_classes(classes, _names(class_names))
    warn_of_tent(labels)
    wanted = tf.constant(labels, tf.int64)

    def matches(label):
        return tf.equal(tf.cast(label, tf.int64), wanted)

    kept = dataset.map(pair).filter(lambda image, label: tf.reduce_any(matches(label)))
    return kept.map(lambda image, label: (image, tf.argmax(matches(label), output_type=tf.int64)))


def _pair_reader(spec: Any) -> Callable[..., tuple[Any, Any]]:
    """Return a function from an element of the data set to (image, label)."""
    read: Callable[..., tuple[Any, Any]]
    if isinstance(spec, dict) and {"image", "label"} <= spec.keys():
        label, read = spec["label"], lambda element: (element["image"], element["label"])
    elif isinstance(spec, tuple) and len(spec) == 2:
        label, read = spec[1], lambda image, label: (image, label)
    else:
        raise ValueError(
            f'dataset with elements {spec} does not fit: expected (image, label) or a dictionary with "image", "label".'
        )
    if label.shape.rank != 0:
        raise ValueError(
            f"dataset with labels of shape {label.shape} does not fit: expected single images; use .unbatch()."
        )
    return read


def _names(class_names: Any) -> Any:
    """Return the names of a `DatasetInfo` or a `ClassLabel`; return a sequence of names unchanged."""
    if hasattr(class_names, "features"):
        class_names = class_names.features["label"]
    return getattr(class_names, "names", class_names)
