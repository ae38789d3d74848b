"""The condition of a distribution: checks of a user's `conditional_input`, and its conversion for a network."""

from typing import Any

import numpy as np
from keras import ops

from pixelcnn import require
from pixelcnn.images import check_values
from pixelcnn.orders import Orders
from pixelcnn.shapes import is_tensor, known_shape, shape_fits

# The constructor arguments of distributions that say what the condition is.
ARGUMENTS = (
    "conditional_shape",
    "num_classes",
    "class_names",
    "spatial_condition_shape",
    "spatial_condition_levels",
    "condition_dropout",
    "orders",
)
TEXT = "UST"  # NumPy's kinds of text: str, bytes, StringDType


class Condition:
    """The kind of condition that a distribution takes, and the checks of a user's `conditional_input`.

    A condition has one or two parts, each with a key: `label` or `vector`, and `spatial`, which is a map. A network
    takes a dictionary of arrays or tensors with these keys, and with the key `keep` if `condition_dropout` is above 0.
    `keep` is 1 for an image with its condition and 0 for an image without. With several orders of the pixels, the
    dictionary also has the key `order`. The order is no part of a user's `conditional_input`, and is never dropped.

    Args:
        image_shape: (H, W, C).
        conditional_shape: Shape of a condition vector, or None.
        num_classes: Number of classes K, or None.
        class_names: Names of the K classes, or None.
        spatial_condition_shape: (H, W, N) of a map, or None.
        condition_dropout: Probability with which training drops the condition of an image. Above 0, a user may pass
            `conditional_input=None`, which means no condition.
        spatial_condition_levels: Number K of codes of a map that holds codes 0 … K - 1; None for a map of numbers.
        orders: Number of orders of the pixels: 1, 4 or 8.
        dtype: Type of the numbers in the arrays of `check`: `float32`, or `float64` for a network in float64.

    Raises:
        ValueError: If an argument does not fit.
    """

    def __init__(
        self,
        image_shape: tuple[int, ...],
        conditional_shape: Any,
        num_classes: int | None,
        class_names: Any,
        spatial_condition_shape: Any,
        condition_dropout: float = 0.0,
        spatial_condition_levels: int | None = None,
        orders: int = 1,
        dtype: str = "float32",
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
                f"num_classes={num_classes!r} and conditional_shape={conditional_shape!r} do not go together: expected "
                "only one of them."
            )
        self.dtype = dtype
        self.class_names = class_names
        self.num_classes = None if num_classes is None else require.positive_integer("num_classes", num_classes)
        # Text -> class index. The text is a class name or, where no class has that name, the index in digits.
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
        self.map_levels = None
        if spatial_condition_levels is not None:
            self.map_levels = require.positive_integer("spatial_condition_levels", spatial_condition_levels)
            if self.map_shape is None:
                raise ValueError(
                    f"spatial_condition_levels={self.map_levels} does not fit: expected None, or also "
                    "spatial_condition_shape."
                )
        self.vector_size = None if self.shape is None else int(np.prod(self.shape, dtype=int))
        self.orders = Orders(orders, image_shape)
        self.dropout = require.probability("condition_dropout", condition_dropout)
        if self.dropout and not self:
            raise ValueError(
                f"condition_dropout={condition_dropout!r} does not fit: this distribution has no condition; expected "
                "0, or also num_classes, conditional_shape or spatial_condition_shape."
            )

    @property
    def projection_arguments(self) -> dict[str, int | None]:
        """Arguments of `ConditionProjection`. The dictionary is empty without a condition and with one order only."""
        arguments = {
            "num_classes": self.num_classes,
            "vector_size": self.vector_size,
            "map_channels": None if self.map_shape is None else self.map_shape[-1],
            "num_orders": self.orders.count if self.orders.count > 1 else None,
        }
        return arguments if any(size is not None for size in arguments.values()) else {}

    def __bool__(self) -> bool:
        return bool(self.parts_of_users)

    @property
    def expected(self) -> str:
        """A description of the condition that fits, for errors."""
        parts = []
        if self.num_classes is not None:
            names = " or class names" if self.class_names else ""
            parts.append(f"integer labels 0 … {self.num_classes - 1}{names}")
        if self.shape is not None:
            parts.append(f"numbers of shape {self.shape}" if self.shape else "a number")
        if self.map_shape is not None:
            codes = "" if self.map_levels is None else f" with codes 0 … {self.map_levels - 1}"
            parts.append(f"a map of shape {self.map_shape}{codes}")
        return parts[0] if len(parts) == 1 else f"a pair of {' and '.join(parts)}"

    def is_none(self, conditional_input: Any) -> bool:
        """Whether this distribution has a condition and the user passes none.

        None means no condition. So does an array (B, 0), which replaces None in Keras' loops because Keras slices
        arrays.
        """
        return bool(self) and (conditional_input is None or _is_empty(conditional_input))

    def _nothing(self):
        """The arrays of no condition, for one image."""
        return {key: np.zeros(self.event(key), self.dtype_of(key)) for key in self.keys}

    def _holds_names(self, key):
        """Whether a part of the condition holds labels, codes or orders, and not numbers."""
        return key in ("label", "order") or key == "spatial" and self.map_levels is not None

    def _dtype(self, key, dtype):
        """The type of a part of the condition: int32 for names, because half precision cannot hold them all."""
        return "int32" if self._holds_names(key) else dtype

    def _order(self, order):
        """The array of the order of one image; none if there is only one order."""
        order = self.orders.check(order)
        return {"order": np.asarray(order, "int32")} if self.orders.count > 1 else {}

    @property
    def parts_of_users(self) -> list[str]:
        """Keys of the parts of a user's condition."""
        sizes = {"label": self.num_classes, "vector": self.shape, "spatial": self.map_shape}
        return [key for key, size in sizes.items() if size is not None]

    @property
    def keys(self) -> list[str]:
        """Keys of the parts of the condition, `keep` with dropout, and `order` with several orders."""
        return self.parts_of_users + ["keep"] * bool(self.dropout) + ["order"] * (self.orders.count > 1)

    def parts(self, conditional_input: Any, name: str = "the condition") -> dict[str, Any]:
        """Split a user's condition into its parts, by their keys.

        Raises:
            ValueError: If the condition is None, or has two parts and is no pair.
        """
        if conditional_input is None:
            raise ValueError(
                f"{name}=None does not fit: expected {self.expected}, because this distribution is conditional. "
                "(With condition_dropout, no condition is needed.)"
            )
        keys = self.parts_of_users
        if len(keys) == 1:
            return {keys[0]: conditional_input}
        if not isinstance(conditional_input, (tuple, list)) or len(conditional_input) != 2:
            raise self._misfit(name, conditional_input)
        return dict(zip(keys, conditional_input, strict=True))

    def _misfit(self, name, value):
        return ValueError(f"{name}={require.short(value)} does not fit: expected {self.expected}.")

    def as_given(self, arrays: dict[str, np.ndarray], batch_shape: tuple[int, ...]) -> Any:
        """Convert the arrays of `check` back to a user's condition: an array, or a pair of arrays."""
        parts = [arrays[key].reshape((*batch_shape, *self.event_as_given(key))) for key in self.parts_of_users]
        return parts[0] if len(parts) == 1 else tuple(parts)

    def check(
        self, conditional_input: Any, name: str = "conditional_input", order: Any = 0
    ) -> tuple[dict[str, np.ndarray], tuple[int, ...]]:
        """Check the values of a user's condition and an order, and convert them to arrays.

        Returns:
            The arrays of the parts by key, broadcast to a common batch shape; and this batch shape.

        Raises:
            ValueError: If the condition is missing, has another shape, holds a value that is not finite or a label that
                does not exist; or if the distribution has no condition, or no such order.
        """
        if not self:
            if conditional_input is not None:
                raise ValueError(
                    f"{name}={require.short(conditional_input)} does not fit: expected None, because this distribution "
                    "has no condition."
                )
            return self._order(order), ()
        if self.dropout and self.is_none(conditional_input):
            return self._nothing() | self._order(order), ()
        arrays, batch_shapes = {}, []
        for key, part in self.parts(conditional_input, name).items():
            arrays[key] = self._check_part(key, part, name)
            batch_shapes.append(arrays[key].shape[: arrays[key].ndim - len(self.event(key))])
        if self.dropout:
            arrays["keep"] = np.ones((), self.dtype)
        arrays |= self._order(order)
        batch_shape = _common(batch_shapes, name)
        return {key: self._broadcast(key, array, batch_shape) for key, array in arrays.items()}, batch_shape

    def event(self, key: str) -> Any:
        """Shape of one image's part of the condition, as `check` returns the part."""
        return {"vector": (self.vector_size,), "spatial": self.map_shape}.get(key, ())

    def dtype_of(self, key: str) -> str:
        """The type of a part of the condition, as `check` returns the part."""
        return self._dtype(key, self.dtype)

    def event_as_given(self, key: str) -> Any:
        """Shape of one image's part of the condition, as a user passes the part."""
        return self.shape if key == "vector" else self.event(key)

    def _broadcast(self, key, array, batch_shape):
        return np.broadcast_to(array, (*batch_shape, *self.event(key)))

    def flatten(self, arrays: dict[str, np.ndarray], batch_shape: tuple[int, ...]) -> dict[str, np.ndarray]:
        """Broadcast the arrays to a batch shape, and merge the batch axes into one: (…) -> (B, …)."""
        return {
            key: self._broadcast(key, array, batch_shape).reshape((-1, *self.event(key)))
            for key, array in arrays.items()
        }

    def _check_part(self, key, value, name):
        if not self._holds_names(key):
            return self._check_numbers(key, value, name)
        return self._check_labels(value, name) if key == "label" else self._check_codes(value, name)

    def _check_codes(self, value, name):
        codes = self._as_array(value, name)
        self._batch_shape("spatial", codes.shape, name)
        if codes.dtype.kind not in "iufb":
            raise self._misfit(name, value)
        check_values(codes, 0, self.map_levels - 1, name, f"expected {self.expected}")
        return codes.astype("int32")

    def to_order(self, images: Any, condition: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Turn images (B, H, W, C), and the map of their condition alike, to the orders of the condition."""
        if "order" not in condition:
            return images, condition
        order = condition["order"]
        if "spatial" in condition:
            condition = {**condition, "spatial": self.orders.to_order(condition["spatial"], order)}
        return self.orders.to_order(images, order), condition

    def from_order(self, images: Any, condition: dict[str, Any]) -> Any:
        """Turn images, or the results of their pixels (B, H, W), back from the orders of the condition."""
        return self.orders.from_order(images, condition["order"]) if "order" in condition else images

    def _check_labels(self, value, name):
        labels = self._as_array(value, name)
        if labels.dtype.kind in TEXT and isinstance(value, (list, tuple)):
            labels = np.asarray(value, object)  # otherwise NumPy converts integers to text in a list that has names
        if labels.dtype.kind in TEXT or labels.dtype.kind == "O":
            labels = np.vectorize(lambda label: self._look_up(label, name), otypes=[object])(labels)
            wrong = [label for label in labels.flat if not 0 <= label < self.num_classes]
            if wrong:  # here, because NumPy has no integers of any size
                raise self._misfit(name, wrong[0])
            labels = labels.astype("int64")
        if labels.dtype.kind not in "iuf" or not np.all(np.isfinite(labels)) or np.any(labels != np.floor(labels)):
            raise self._misfit(name, value)
        if labels.dtype.kind == "f" and self._is_one_hot(labels):
            raise ValueError(
                f"{name} of shape {labels.shape} holds one-hot labels, which do not fit: expected {self.expected}, "
                "such as the argmax over the last axis. (A grid of the labels 0 and 1 fits as integers, not as floats.)"
            )
        wrong = (labels < 0) | (labels >= self.num_classes)
        if np.any(wrong):
            raise ValueError(
                f"{name} holds the label {labels[wrong].flat[0]!s}, which does not fit: expected {self.expected}."
            )
        return labels.astype("int32")

    def _as_array(self, value, name, dtype=None):
        require.unmasked(name, value)
        try:
            return np.asarray(value, dtype)
        except (TypeError, ValueError):  # lists of different lengths, or no numbers
            raise self._misfit(name, value) from None

    def _is_one_hot(self, labels):
        """Whether each row of labels (…, K) holds a single 1 and else 0; such floats are not the classes 0 and 1."""
        has_axis = labels.ndim > 1 and labels.shape[-1] == self.num_classes > 1 and labels.size
        return has_axis and bool(np.all(labels.max(axis=-1) == 1) and np.all(labels.sum(axis=-1) == 1))

    def _look_up(self, label, name):
        return self.class_index(label, name) if isinstance(label, (str, bytes)) else require.integer(name, label)

    def class_index(self, text: str | bytes, name: str = "conditional_input") -> int:
        """Index of the class that a text names.

        Args:
            text: A class name or, where no class has that name, an index in digits. Bytes are UTF-8.
            name: The argument's name, for the error.

        Returns:
            0 … K - 1.

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
                f"{name}={text!r} does not fit: expected {self.expected}, because this distribution has no class_names."
            )
        raise ValueError(
            f"{name}={text!r} does not fit: expected one of {require.listed(self.class_names)}."
            + require.nearest(text, self.class_names)
        )

    def as_rows(self, conditional_input: Any, name: str) -> Any:
        """The condition of a batch with one batch axis. Labels or single numbers of shape (B, 1) become (B,).

        Raises:
            ValueError: If labels have another shape, such as the shape of one-hot labels.
        """
        if self.num_classes is None and self.shape != () or self.is_none(conditional_input):
            return conditional_input
        first, *others = self.parts(conditional_input, name).values()
        first = self._as_array(first, name)
        if first.ndim:
            check_label_shape(first, name)
            first = first.reshape(len(first))
        return (first, *others) if others else first

    def for_images(self, conditional_input: Any, count: int, name: str) -> Any:
        """The condition of `count` images in a form that Keras can slice: an array, or a pair of arrays.

        Raises:
            ValueError: As in `check`, and if the number of conditions is not `count`.
        """
        if not self:
            self.check(conditional_input, name)
            return np.zeros(count, "int8")  # never read, but Keras drops sample weights if y is None
        arrays, batch_shape = self.check(self.as_rows(conditional_input, name), name)
        if self.is_none(conditional_input):
            return np.zeros((count, 0), self.dtype)
        if batch_shape != (count,):
            raise ValueError(
                f"{name} of batch shape {batch_shape} does not fit: expected one condition for each of {count} images."
            )
        return self.as_given(arrays, batch_shape)

    def _check_numbers(self, key, value, name):
        numbers = self._as_array(value, name, self.dtype)
        batch_shape = self._batch_shape(key, numbers.shape, name)
        if not np.all(np.isfinite(numbers)):
            raise ValueError(f"{name} holds a value that is not finite, which does not fit: expected {self.expected}.")
        return numbers.reshape((*batch_shape, *self.event(key)))

    def _batch_shape(self, key, shape, name):
        """The batch axes of a part of the condition: all axes before the axes of one image's part."""
        event = self.event_as_given(key)
        rank = len(shape) - len(event)
        if rank < 0 or shape[rank:] != event:
            raise ValueError(
                f"{name} of shape {shape} does not fit: expected {self.expected}, with the batch axes first."
            )
        return shape[:rank]

    def check_tensors(
        self, conditional_input: Any, dtype: str, name: str = "conditional_input", order: Any = 0
    ) -> tuple[dict[str, Any], tuple[int, ...]]:
        """As `check`, for tensors of known shapes. Their values are not checked, and each tensor keeps its batch axes.

        A condition without tensors goes to `check`.

        Raises:
            ValueError: If the condition is missing or has another shape; or if the distribution has no condition.
        """
        if not self or not is_tensor(conditional_input):
            return self.check(conditional_input, name, order)
        tensors, batch_shapes = {}, []
        for key, part in self.parts(conditional_input, name).items():
            batch_shapes.append(self._batch_shape(key, tuple(np.shape(part)), name))
            tensors[key] = self._converted(key, part, batch_shapes[-1], dtype)
        if self.dropout:
            tensors["keep"] = ops.ones((), dtype)
        tensors |= {key: ops.convert_to_tensor(array) for key, array in self._order(order).items()}
        return tensors, _common(batch_shapes, name)

    def from_tensors(self, conditional_input: Any, dtype: str, order: Any = 0) -> dict[str, Any]:
        """Convert tensors with one batch axis, symbolic or not, to the dictionary that a network takes.

        The values are not checked, because a symbolic tensor has none. A label or a code that does not exist becomes
        -1, and `PixelDistribution` gives its image the log-probability minus infinity. None and the order become those
        of one image, which broadcast to any batch.

        Raises:
            ValueError: If the condition is missing or has another shape.
        """
        of_order = {key: ops.convert_to_tensor(array[None]) for key, array in self._order(order).items()}
        if not self:
            return of_order
        if self.dropout and self.is_none(conditional_input):
            nothing = {
                key: ops.convert_to_tensor(array[None], self._dtype(key, dtype))
                for key, array in self._nothing().items()
            }
            return nothing | of_order
        tensors = {}
        for key, part in self.parts(conditional_input).items():
            self._check_batch(key, part)
            tensors[key] = self._converted(key, part, (-1,), dtype)
        if self.dropout:
            tensors["keep"] = ops.ones((ops.shape(next(iter(tensors.values())))[0],), dtype)
        return tensors | of_order

    def _converted(self, key, tensor, batch_shape, dtype):
        """Convert a part of the condition to the tensor that a network takes."""
        tensor = ops.reshape(tensor, (*batch_shape, *self.event(key)))
        if self._holds_names(key):
            return _existing_names(tensor, self.num_classes if key == "label" else self.map_levels)
        return ops.cast(tensor, dtype)

    def existing(self, condition: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Tell which images have a condition that exists.

        Args:
            condition: The dictionary that a network takes, with -1 in place of labels and codes that do not exist.

        Returns:
            Booleans (B, 1, 1), or True; and the condition with labels that exist. A network reads nothing of a code
            that does not exist.
        """
        exists: Any = True
        if "label" in condition:
            exists = condition["label"][:, None, None] >= 0
            condition = {**condition, "label": ops.maximum(condition["label"], 0)}
        if self.map_levels is not None:
            exists = ops.logical_and(exists, ops.min(condition["spatial"], axis=(1, 2, 3))[:, None, None] >= 0)
        return exists, condition

    def _check_batch(self, key, tensor):
        """Check that a tensor has one batch axis. Unknown sizes fit, and so do flattened vectors."""
        if key == "label":
            check_label_shape(tensor, "the condition")
            return
        events = {self.event_as_given(key), self.event(key)} | ({()} if self.event(key) == (1,) else set())
        shape = known_shape(tensor)
        if shape is not None and not any(shape_fits(shape, (None, *event)) for event in events):
            raise ValueError(
                f"the condition of shape {shape} does not fit: expected {self.expected}, with the batch axis first."
            )


def _existing_names(names, count):
    """Labels or codes as int32, with -1 in place of each that is not a whole number 0 … count - 1."""
    names = ops.cast(names, "float32")  # float32 holds every index exactly
    exists = ops.logical_and(ops.logical_and(names >= 0, names < count), names == ops.floor(names))
    return ops.cast(ops.where(exists, names, -1.0), "int32")


def with_and_without(condition: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The conditions of 2 B images, for guidance: first B images with their condition, then the same B without."""
    twice = {key: np.concatenate([array, array]) for key, array in condition.items()}
    twice["keep"][len(condition["keep"]) :] = 0
    return twice


def check_label_shape(labels: Any, name: str) -> None:
    """Check that the labels of a batch have the shape (B,) or (B, 1). Keras' CIFAR-10 has labels (B, 1).

    Raises:
        ValueError: If the labels have another shape, such as the shape of one-hot labels.
    """
    shape = known_shape(labels)
    if shape is None or shape_fits(shape, (None,)) or shape_fits(shape, (None, 1)):
        return
    hint = " (For one-hot labels, pass their argmax over the last axis.)" if len(shape) == 2 else ""
    raise ValueError(f"{name} of shape {shape} does not fit: expected labels of shape (B,) or (B, 1).{hint}")


def _common(batch_shapes, name):
    try:
        return np.broadcast_shapes(*batch_shapes)
    except ValueError:
        raise ValueError(
            f"{name} with parts of the batch shapes {batch_shapes} does not fit: expected batch shapes that broadcast."
        ) from None


def _is_empty(conditional_input):
    return not isinstance(conditional_input, (tuple, list)) and np.shape(conditional_input)[1:] == (0,)


def _text(value, name):
    """A text, also from UTF-8 bytes."""
    try:
        return value.decode() if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError:
        raise ValueError(f"{name} holds {value!r}, which does not fit: expected text, or bytes in UTF-8.") from None
