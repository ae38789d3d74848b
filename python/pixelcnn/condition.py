"""The condition of a distribution: checks of what a user gives, and its conversion for a network."""

import numpy as np
from keras import ops

from pixelcnn import require
from pixelcnn.shapes import is_tensor, known_shape, shape_fits

TEXT = "UST"  # NumPy's kinds of text: str, bytes, StringDType


class Condition:
    """The kind of condition that a distribution takes, and the checks of what is given for it.

    Args:
        image_shape: (H, W, C).
        conditional_shape: Shape of a condition vector, or None.
        num_classes: Number of classes K, or None.
        class_names: Names of the K classes, or None.
        spatial_condition_shape: (H, W, N) of a map, or None.
        condition_dropout: Probability of no condition in training. Above 0 every condition has an entry `keep`, 1 or 0,
            and None is accepted as a condition: it means none.
    """

    def __init__(
        self, image_shape, conditional_shape, num_classes, class_names, spatial_condition_shape, condition_dropout=0.0
    ):
        if class_names is not None:
            if isinstance(class_names, (str, bytes)):
                raise ValueError(f"class_names={class_names!r} does not fit: expected a list of names.")
            class_names = tuple(_text(name, "class_names") for name in class_names)
            num_classes = len(class_names) if num_classes is None else num_classes
            if len(set(class_names)) != len(class_names) or len(class_names) != num_classes:
                raise ValueError(
                    f"class_names={class_names!r} does not fit: expected {num_classes} different names, as num_classes."
                )
        if num_classes is not None and conditional_shape is not None:
            raise ValueError(
                f"num_classes={num_classes!r} and conditional_shape={conditional_shape!r} do not go together: "
                "give one of them."
            )
        self.class_names = class_names
        self.num_classes = None if num_classes is None else require.positive_integer("num_classes", num_classes)
        # Text -> the index of a class: that of the class with this name or, where none has it, the index itself.
        self.indices = {name: index for index, name in enumerate(class_names or ())}
        for index in range(self.num_classes or 0):
            self.indices.setdefault(str(index), index)
        self.shape = None
        if conditional_shape is not None:
            self.shape = require.sizes("conditional_shape", conditional_shape)
        self.map_shape = None
        if spatial_condition_shape is not None:
            self.map_shape = require.sizes("spatial_condition_shape", spatial_condition_shape, 3)
            if self.map_shape[:2] != tuple(image_shape[:2]):
                raise ValueError(
                    f"spatial_condition_shape={self.map_shape!r} does not fit: expected the image's height and width, "
                    f"{tuple(image_shape[:2])}, first."
                )
        self.vector_size = None if self.shape is None else int(np.prod(self.shape, dtype=int))
        self.dropout = require.probability("condition_dropout", condition_dropout)
        if self.dropout and not self:
            raise ValueError(
                f"condition_dropout={condition_dropout!r} does not fit: this distribution has no condition; expected "
                "0, or also num_classes, conditional_shape or spatial_condition_shape."
            )

    @property
    def projection_arguments(self):
        """Arguments of `ConditionProjection`; empty without a condition."""
        arguments = {
            "num_classes": self.num_classes,
            "vector_size": self.vector_size,
            "map_channels": None if self.map_shape is None else self.map_shape[-1],
        }
        return arguments if any(size is not None for size in arguments.values()) else {}

    def __bool__(self):
        return bool(self.projection_arguments)

    @property
    def expected(self):
        """In words, what a condition must be."""
        parts = []
        if self.num_classes is not None:
            names = " or class names" if self.class_names else ""
            parts.append(f"integer labels 0 … {self.num_classes - 1}{names}")
        if self.shape is not None:
            parts.append(f"numbers of shape {self.shape}" if self.shape else "a number")
        if self.map_shape is not None:
            parts.append(f"a map of shape {self.map_shape}")
        return parts[0] if len(parts) == 1 else f"a pair of {' and '.join(parts)}"

    def is_none(self, given):
        """Whether no condition is given to a distribution that has one: None, or an array (n, 0), which stands for None
        in Keras' loops because Keras slices arrays.
        """
        return bool(self) and (given is None or _is_empty(given))

    def _nothing(self):
        """No condition, for one image."""
        return {key: np.zeros(self.event(key), "int32" if key == "label" else "float32") for key in self._keys()}

    def _keys(self):
        """Names of the parts of a condition."""
        there = {"label": self.num_classes, "vector": self.shape, "spatial": self.map_shape}
        return [key for key, size in there.items() if size is not None] + ["keep"] * bool(self.dropout)

    def parts(self, given, name="the condition"):
        """What is given for each part of a condition: a dictionary with `label` or `vector`, and with `spatial`.

        Raises:
            ValueError: If nothing is given, or no pair where there are two parts.
        """
        if given is None:
            raise ValueError(
                f"{name}=None does not fit: this distribution is conditional and expects {self.expected}. (With "
                "condition_dropout the condition would be optional.)"
            )
        keys = [key for key in self._keys() if key != "keep"]
        if len(keys) == 1:
            return {keys[0]: given}
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise ValueError(f"{name}={_short(given)} does not fit: expected {self.expected}.")
        return dict(zip(keys, given, strict=True))

    def as_given(self, arrays, batch_shape):
        """What a user would give for the arrays of `check`: an array, or a pair of arrays."""
        parts = [
            array.reshape((*batch_shape, *self.event_as_given(key))) for key, array in arrays.items() if key != "keep"
        ]
        return parts[0] if len(parts) == 1 else tuple(parts)

    def check(self, given, name="conditional_input"):
        """Plain values or arrays -> (a dictionary of NumPy arrays with a common batch shape, that batch shape).

        Raises:
            ValueError: If the condition is missing, not wanted, of another shape, not finite, or a label that does not
                exist.
        """
        if not self:
            if given is not None:
                raise ValueError(f"{name}={_short(given)} does not fit: this distribution has no condition.")
            return {}, ()
        if self.dropout and self.is_none(given):
            return self._nothing(), ()
        arrays, batch_shapes = {}, []
        for key, part in self.parts(given, name).items():
            arrays[key] = self._check_labels(part, name) if key == "label" else self._check_numbers(key, part, name)
            batch_shapes.append(arrays[key].shape[: arrays[key].ndim - len(self.event(key))])
        if self.dropout:
            arrays["keep"] = np.ones((), "float32")
        batch_shape = _common(batch_shapes, name)
        return {key: self._broadcast(key, array, batch_shape) for key, array in arrays.items()}, batch_shape

    def event(self, key):
        """Shape of one image's part of the condition, as `check` gives it."""
        return {"label": (), "vector": (self.vector_size,), "spatial": self.map_shape, "keep": ()}[key]

    def event_as_given(self, key):
        """Shape of one image's part of the condition, as users give it."""
        return self.shape if key == "vector" else self.event(key)

    def _broadcast(self, key, array, batch_shape):
        return np.broadcast_to(array, (*batch_shape, *self.event(key)))

    def flatten(self, arrays, batch_shape):
        """Broadcast to a batch shape and lay the images in one row: (…) -> (B, …)."""
        return {
            key: self._broadcast(key, array, batch_shape).reshape((-1, *self.event(key)))
            for key, array in arrays.items()
        }

    def _check_labels(self, given, name):
        labels = self._as_array(given, name)
        if labels.dtype.kind in TEXT and isinstance(given, (list, tuple)):
            labels = np.asarray(given, object)  # NumPy would make names of the integers among names
        if labels.dtype.kind in TEXT or labels.dtype.kind == "O":
            labels = np.vectorize(lambda label: self._look_up(label, name), otypes=[np.int64])(labels)
        if labels.dtype.kind not in "iuf" or not np.all(np.isfinite(labels)) or np.any(labels != np.floor(labels)):
            raise ValueError(f"{name}={_short(given)} does not fit: expected {self.expected}.")
        if labels.dtype.kind == "f" and self._is_one_hot(labels):
            raise ValueError(
                f"{name} of shape {labels.shape} holds one-hot labels, which do not fit: expected {self.expected}; "
                "pass their argmax over the last axis. (A grid of the labels 0 and 1 fits as integers, not as floats.)"
            )
        wrong = (labels < 0) | (labels >= self.num_classes)
        if np.any(wrong):
            raise ValueError(
                f"{name} holds the label {labels[wrong].flat[0]!s}, which does not fit: expected {self.expected}."
            )
        return labels.astype("int32")

    def _as_array(self, given, name):
        require.unmasked(name, given)
        try:
            return np.asarray(given)
        except ValueError:  # lists of different lengths
            raise ValueError(f"{name}={_short(given)} does not fit: expected {self.expected}.") from None

    def _is_one_hot(self, labels):
        """Whether labels (…, K) are rows with a single 1 and else 0. Read as labels, they would be classes 0 and 1."""
        has_axis = labels.ndim > 1 and labels.shape[-1] == self.num_classes > 1 and labels.size
        return has_axis and bool(np.all(labels.max(axis=-1) == 1) and np.all(labels.sum(axis=-1) == 1))

    def _look_up(self, label, name):
        return self.class_index(label, name) if isinstance(label, (str, bytes)) else require.integer(name, label)

    def class_index(self, text, name="conditional_input"):
        """Index of a class that is given as text: of the class with this name or, where none has it, with this index.

        Args:
            text: The name, or an index in digits; bytes are UTF-8.
            name: The argument's name, for the message.

        Raises:
            ValueError: If there is no such class.

        Example:
            >>> digits = Condition((4, 4, 1), None, None, ["1", "10", "2"], None)
            >>> digits.class_index("1"), digits.class_index("2"), digits.class_index("0")
            (0, 2, 0)
        """
        text = _text(text, name)
        if text in self.indices:
            return self.indices[text]
        if self.class_names is None:
            raise ValueError(
                f"{name}={text!r} does not fit: this distribution has no class_names; expected {self.expected}."
            )
        raise ValueError(
            f"{name}={text!r} is no class of this distribution; its classes are {', '.join(self.class_names)}."
        )

    def as_rows(self, given, name):
        """The condition of a batch with one batch axis: a column (n, 1) of labels or of single numbers becomes (n,).

        Raises:
            ValueError: If labels have another shape, such as that of one-hot labels.
        """
        if self.num_classes is None and self.shape != () or self.is_none(given):
            return given
        first, *others = self.parts(given, name).values()
        first = self._as_array(first, name)
        if first.ndim:
            check_label_shape(first, name)
            first = first.reshape(len(first))
        return (first, *others) if others else first

    def for_images(self, given, count, name):
        """The condition of `count` images in a form that Keras can slice: an array, or a pair of arrays.

        Raises:
            ValueError: As in `check`, and if the number of conditions is not `count`.
        """
        if not self:
            self.check(given, name)
            return np.zeros(count, "int8")  # never read, but without a y Keras drops sample weights
        arrays, batch_shape = self.check(self.as_rows(given, name), name)
        if self.is_none(given):
            return np.zeros((count, 0), "float32")
        if batch_shape != (count,):
            raise ValueError(
                f"{name} of batch shape {batch_shape} does not fit: expected one condition for each of {count} images."
            )
        return self.as_given(arrays, batch_shape)

    def _check_numbers(self, key, given, name):
        require.unmasked(name, given)
        try:
            numbers = np.asarray(given, "float32")
        except (TypeError, ValueError):
            raise ValueError(f"{name}={_short(given)} does not fit: expected {self.expected}.") from None
        batch_shape = self._batch_shape(key, numbers.shape, name)
        if not np.all(np.isfinite(numbers)):
            raise ValueError(f"{name} holds a value that is not finite; expected {self.expected}.")
        return numbers.reshape((*batch_shape, *self.event(key)))

    def _batch_shape(self, key, shape, name):
        """The axes before those of one image's part."""
        event = self.event_as_given(key)
        rank = len(shape) - len(event)
        if rank < 0 or shape[rank:] != event:
            raise ValueError(f"{name} of shape {shape} does not fit: expected {self.expected}, batch first.")
        return shape[:rank]

    def check_tensors(self, given, dtype, name="conditional_input"):
        """Tensors of known shapes -> as `check`, but values cannot be looked at, and each keeps its own batch axes.
        What holds no tensor is checked by `check`.

        Raises:
            ValueError: If the condition is missing, not wanted or of another shape.
        """
        if not self or not is_tensor(given):
            return self.check(given, name)
        tensors, batch_shapes = {}, []
        for key, part in self.parts(given, name).items():
            batch_shapes.append(self._batch_shape(key, tuple(np.shape(part)), name))
            tensors[key] = self._converted(key, part, batch_shapes[-1], dtype)
        if self.dropout:
            tensors["keep"] = ops.ones((), dtype)
        return tensors, _common(batch_shapes, name)

    def from_tensors(self, given, dtype):
        """Tensors with one batch axis, symbolic or not -> what a network takes.

        Values cannot be checked here. A label that does not exist becomes -1, and `PixelDistribution` gives its image
        the log-probability minus infinity. None becomes the condition of one image, which broadcasts to any batch.

        Raises:
            ValueError: If the condition is missing or of another shape.
        """
        if not self:
            return {}
        if self.dropout and self.is_none(given):
            return {
                key: ops.convert_to_tensor(array[None], "int32" if key == "label" else dtype)
                for key, array in self._nothing().items()
            }
        tensors = {}
        for key, part in self.parts(given).items():
            self._check_batch(key, part)
            tensors[key] = self._converted(key, part, (-1,), dtype)
        if self.dropout:
            tensors["keep"] = ops.ones((ops.shape(next(iter(tensors.values())))[0],), dtype)
        return tensors

    def _converted(self, key, tensor, batch_shape, dtype):
        """A part of a condition as a network takes it."""
        tensor = ops.reshape(tensor, (*batch_shape, *self.event(key)))
        return self._existing_labels(tensor) if key == "label" else ops.cast(tensor, dtype)

    def _existing_labels(self, labels):
        """Labels as int32, and -1 for each that is not one of the whole numbers 0 … K - 1."""
        labels = ops.cast(labels, "float32")  # holds every class index exactly, and compares with any integer type
        exists = ops.logical_and(labels >= 0, labels < self.num_classes)
        exists = ops.logical_and(exists, labels == ops.floor(labels))
        return ops.cast(ops.where(exists, labels, -1.0), "int32")

    def _check_batch(self, key, given, name="the condition"):
        """Check that a tensor has one batch axis; unknown sizes fit. Vectors may be flattened."""
        if key == "label":
            check_label_shape(given, name)
            return
        events = {self.event_as_given(key), self.event(key)} | ({()} if self.event(key) == (1,) else set())
        shape = known_shape(given)
        if shape is not None and not any(shape_fits(shape, (None, *event)) for event in events):
            raise ValueError(f"{name} of shape {shape} does not fit: expected {self.expected}, batch first.")


def with_and_without(condition):
    """The conditions of twice the images, for guidance: first all with their condition, then all without it."""
    twice = {key: np.concatenate([array, array]) for key, array in condition.items()}
    twice["keep"][len(condition["keep"]) :] = 0
    return twice


def check_label_shape(labels, name):
    """Labels of a batch are (B,) or a column (B, 1), as Keras' CIFAR-10 has them.

    Raises:
        ValueError: If they have another shape, such as that of one-hot labels.
    """
    shape = known_shape(labels)
    if shape is None or shape_fits(shape, (None,)) or shape_fits(shape, (None, 1)):
        return
    hint = " (One-hot labels: pass their argmax over the last axis.)" if len(shape) == 2 else ""
    raise ValueError(f"{name} of shape {shape} does not fit: expected labels of shape (n,) or (n, 1).{hint}")


def _common(batch_shapes, name):
    try:
        return np.broadcast_shapes(*batch_shapes)
    except ValueError:
        raise ValueError(f"{name} does not fit: its two parts have batch shapes {batch_shapes}.") from None


def _is_empty(given):
    return not isinstance(given, (tuple, list)) and np.shape(given)[1:] == (0,)


def _text(value, name):
    """Text from text or UTF-8 bytes."""
    try:
        return value.decode() if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError:
        raise ValueError(f"{name} holds {value!r}, which does not fit: expected text, or bytes in UTF-8.") from None


def _short(value):
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
