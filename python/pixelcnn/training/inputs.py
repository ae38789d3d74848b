"""Arguments of `fit`, `evaluate`, `predict` and the methods for one batch: checked, and in a form that Keras takes."""

import itertools
import math
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from pixelcnn import require
from pixelcnn.data.tf_batches import is_tf_data, needs_standard_form, standard_form
from pixelcnn.images import check_images
from pixelcnn.shapes import to_array
from pixelcnn.training.arguments import whole_numbers
from pixelcnn.training.checked_batches import CheckedBatches, IteratedBatches
from pixelcnn.training.loss_weights import check_class_weights, check_sample_weights

BATCH_SIZE = 32  # images at once, as in Keras
INITIALIZATION_BATCH = 128  # images from which gains and biases are chosen
MOST_BATCHES = 1000  # batches that are read again to find a wrong one
PREDICT = "predict((images, conditions))"
TO_BATCHES = "call .batch(32) of tf.data, or wrap torch's Dataset in torch.utils.data.DataLoader(..., batch_size=32)"


class Given(NamedTuple):
    """Images, their condition and their weights, as Keras takes them.

    Args:
        x: Images (n, H, W, C), or a data set.
        y: Their condition; None with a data set.
        sample_weight: (n,), or None.
        first: Arguments of `initialize`: some of the images, and their condition or None.
        source: The `tf.data` data set as it was given, of which only the first batch was checked; else None.
        held_out: What is evaluated after each epoch, as a `Given`, or None.
    """

    x: object
    y: object
    sample_weight: object
    first: tuple = ()
    source: object = None
    held_out: object = None

    @property
    def shuffles(self):
        """Whether Keras can shuffle x: images, or the batches of a `PyDataset`."""
        return self.y is not None or isinstance(self.x, CheckedBatches) and not self.x.has_order

    @property
    def for_validation(self):
        """The record in the form of Keras' `validation_data`."""
        return self.x if self.y is None else (self.x, self.y, self.sample_weight)


class Inputs:
    """Checks of images, conditions and weights, in arrays or data sets of any kind.

    All values are checked, except that of `tf.data` only the first batch is. A wrong value in a later batch gives a
    log-probability of minus infinity, and then the data set is read again to find that batch.

    Args:
        distribution: The distribution that is trained or evaluated.
    """

    def __init__(self, distribution):
        self.image_shape, self.low, self.high = distribution.image_shape, distribution.low, distribution.high
        self.condition = distribution.condition
        self.error = None

    def given(self, x, y=None, sample_weight=None, class_weight=None, validation_split=0.0, name="x", steps=None):
        """Check x, y and weights, and return them as a `Given`.

        Args:
            x: Images; (images, condition); a dictionary with "image" and "label"; or a data set of batches of these.
            y: The condition of images.
            sample_weight: A weight for each image.
            class_weight: A dictionary, class -> weight.
            validation_split: Share of the images to hold out, the last ones.
            name: The argument's name, for messages: `x` or `validation_data`.
            steps: Most batches of a data set in a pass, or None.

        Raises:
            ValueError: If anything does not fit.
        """
        if x is None:
            raise ValueError(f"{name}=None does not fit: expected images, or a data set of batches of images.")
        if is_data_set(x):
            why = f"{name} is a data set, whose batches hold the conditions and weights"
            require_none(why, y=y, sample_weight=sample_weight, validation_split=validation_split or None)
            return self._data_set(x, check_class_weights(class_weight, self.condition), name, steps)
        return self.in_memory(x, y, sample_weight, class_weight, validation_split, name)

    def in_memory(self, x, y=None, sample_weight=None, class_weight=None, validation_split=0.0, name="x"):
        """As `given`, for arrays and tensors."""
        names = ("x", "y", "sample_weight") if name == "x" else (name, f"the condition in {name}", f"weights in {name}")
        images, given, weights = self.arrays(x, y, sample_weight, names)
        class_weights = check_class_weights(class_weight, self.condition)
        rows = np.linspace(0, len(images) - 1, min(len(images), INITIALIZATION_BATCH)).astype(int)
        first, held_out = self._first(images, given, rows), None
        if validation_split:
            part, rest = _split(len(images), require.probability("validation_split", validation_split))
            held_out = Given(images[rest], rows_of(given, rest), rows_of(weights, rest))
            images, given, weights = images[part], rows_of(given, part), rows_of(weights, part)
        return Given(images, given, self._weights_by_class(given, weights, class_weights), first, held_out=held_out)

    def to_train(
        self, x, y, sample_weight, class_weight, validation_split, validation_data, steps=None, validation_steps=None
    ):
        """As `given`; what is evaluated after each epoch, held out of x or `validation_data`, is its `held_out`."""
        split = validation_split if validation_data is None else 0.0
        training = self.given(x, y, sample_weight, class_weight, split, steps=steps)
        if validation_data is None:
            return training
        if isinstance(validation_data, (tuple, list)) and not 1 <= len(validation_data) <= 3:
            raise ValueError(
                f"validation_data of {len(validation_data)} parts does not fit: expected (images, conditions), "
                "(images, conditions, weights) or a data set."
            )
        data = keras.utils.unpack_x_y_sample_weight(validation_data)
        return training._replace(held_out=self.given(*data, name="validation_data", steps=validation_steps))

    def to_predict(self, x, batch_size=None, steps=None):
        """Batches (images, condition), and their number; None if only the data set knows it.

        Arguments as in `given` and in Keras' `predict`.
        """
        if isinstance(batch_size, (list, tuple, dict)) or np.ndim(batch_size):
            raise ValueError(
                f"batch_size does not fit: expected a whole number. (A condition is part of x: {PREDICT}.)"
            )
        numbers = whole_numbers(batch_size=batch_size, steps=steps)
        batch_size, steps = numbers.values()
        if is_data_set(x):
            batches = (self.batch(batch, index=index) for index, batch in enumerate(itertools.islice(x, steps)))
            return (self._first(images, given) for images, given, _ in batches), steps
        images, given = self.pair_to_predict(x)
        size = batch_size or (math.ceil(len(images) / steps) if steps else BATCH_SIZE)
        count = min(math.ceil(len(images) / size), steps or len(images))
        parts = (slice(size * index, size * (index + 1)) for index in range(count))
        return (self._first(images, given, part) for part in parts), count

    def pair_to_predict(self, x):
        """Check images and condition in memory, and return them as arrays."""
        _refuse_data_set(x, "x")
        if self.condition and not self.condition.dropout and not _is_pair(x):
            raise ValueError(f"x holds no condition; expected {self.condition.expected}, as in {PREDICT}.")
        return self.arrays(x)[:2]

    def arrays(self, x, y=None, sample_weight=None, names=("x", "y", "sample_weight")):
        """Check images, condition and weights in memory, and return them as arrays; `names` are for errors."""
        _refuse_data_set(x, names[0])
        if _is_pair(x) and not isinstance(x, dict):
            why = f"{names[0]} is a pair of images and condition already, or expected are images and condition apart"
            require_none(why, **{names[1]: y})
        images, given = images_and_condition(x, y, names[0]) if _is_pair(x) else (x, y)
        images = check_images(to_array(images), self.image_shape, self.low, self.high, name=names[0])
        if images.ndim != 4 or not len(images):
            expected = f"(n, {', '.join(map(str, self.image_shape))})"
            raise ValueError(
                f"{names[0]} of shape {images.shape} does not fit: expected at least one image, in shape {expected}."
            )
        if isinstance(x, dict) and not self.condition:
            given = y  # an unconditional distribution ignores a dictionary's labels
        given = self.condition.for_images(to_arrays(given), len(images), names[1])
        return images, given, check_sample_weights(sample_weight, len(images), names[2])

    def batch(self, batch, name="x", index=None):
        """Check an element of a data set, and return images, condition and weights as arrays.

        Args:
            batch: The element.
            name: The data set's name, for errors.
            index: The element's number, or None.
        """
        number = name if index is None else f"{name} (number {index})"
        names = (f"a batch of {number}", f"the condition in a batch of {number}", f"the weights in a batch of {number}")
        x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
        images, given = images_and_condition(x, y, names[0])
        images = to_array(images)
        if np.shape(images) == self.image_shape:
            raise ValueError(f"{name} gives single images; expected batches of images: {TO_BATCHES}.")
        return self.arrays(images, given if self.condition else None, weights, names)

    def first_fault(self, data_set, name="x"):
        """The error of the first batch that does not fit, among the first 1000; None if all of them fit."""
        for index, batch in enumerate(itertools.islice(data_set, MOST_BATCHES)):
            try:
                self.batch(batch, name, index)
            except ValueError as error:
                return error
        return None

    def require_finite(self, bits, source, name="x"):
        """Raise an error if `bits_per_dim` of a data set is infinite, or is NaN because of its data.

        Args:
            bits: `bits_per_dim` as measured.
            source: The data set, or None if all of its values were checked.
            name: The argument's name, for the error.

        Raises:
            ValueError: If a batch does not fit, with that batch's error; or if `bits` is infinite.
        """
        if source is None or np.isfinite(bits):
            return
        fault = self.first_fault(source, name)
        if fault is not None:
            raise fault
        if np.isinf(bits):
            raise ValueError(
                f"{name} held a level or a label that does not exist: expected whole numbers {self.low} … {self.high}"
                f"{' and ' + self.condition.expected if self.condition else ''}. (Read again, its first "
                f"{MOST_BATCHES} batches had no wrong value.)"
            )

    @contextmanager
    def own_errors(self):
        """A context that raises the error of a wrong batch in place of the error that a backend wraps around it."""
        try:
            yield
        except Exception:
            if self.error is not None:
                raise self.error from None
            raise

    def _data_set(self, x, class_weights, name, steps):
        if hasattr(x, "element_spec"):
            return self._tf_data(x, class_weights, name)
        check = partial(self._check_batch, class_weights=class_weights, name=name, first={})
        if hasattr(x, "__next__"):  # gives each batch once: put the first one back
            batches = map(check, x, itertools.count())
            first = next(batches, None)
            if first is None:
                raise _empty(name)
            return Given((batch for batch in itertools.chain([first], batches)), None, None, self._first(*first[:2]))
        batches = x if isinstance(x, keras.utils.PyDataset) else IteratedBatches(x, steps, name)
        batches = CheckedBatches(batches, check)
        if batches.num_batches == 0:
            raise _empty(name)
        return Given(batches, None, None, self._first(*batches[0][:2]))

    def _tf_data(self, x, class_weights, name):
        """A data set that TensorFlow reads: its first batch is checked here, and the others by their likelihood."""
        element = next(iter(x), None)
        if element is None:
            raise _empty(name)
        images, given, weights = self.batch(element, name)
        self._weights_by_class(given, weights, class_weights)
        first, source = self._first(images, given), x
        if not is_tf_data(x):
            why = f"{name} is a {type(x).__name__}, and Keras has no class weights for it"
            require_none(why, class_weight=class_weights)
        elif class_weights is not None or needs_standard_form(x):
            x = standard_form(x, images_and_condition, self.image_shape, self.condition, class_weights)
        return Given(x, None, None, first, source)

    def _check_batch(self, batch, index, class_weights, name, first):
        """Check a batch, and return it as Keras takes it. `first` is a dictionary that keeps the parts of the first."""
        try:
            if batch is None:  # of `IteratedBatches`, at the end
                raise _ended(name, index)
            images, given, weights = self.batch(batch, name, index)
            weights = self._weights_by_class(given, weights, class_weights)
            parts = self._parts(given, weights)
            if first.setdefault("parts", parts) != parts:
                raise ValueError(
                    f"a batch of {name} (number {index}) holds {parts}, and the first batch {first['parts']}; expected "
                    "the same parts in every batch."
                )
        except ValueError as error:
            self.error = error
            raise
        return (images, given) if weights is None else (images, given, weights)

    def _parts(self, given, weights):
        """In words, what a batch consists of."""
        conditions = "" if not self.condition or self.condition.is_none(given) else " and conditions"
        return f"images{conditions}{'' if weights is None else ' and weights'}"

    def _weights_by_class(self, given, weights, class_weights):
        if class_weights is None:
            return weights
        require_none("class_weight is given", sample_weight=weights)
        if self.condition.is_none(given):
            raise ValueError("class_weight does not fit: the images have no labels; expected class_weight=None.")
        return class_weights[given[0] if isinstance(given, tuple) else given]

    def _first(self, images, given, rows=slice(None)):
        return images[rows], rows_of(given, rows) if self.condition else None


def is_data_set(x):
    """Whether x is a data set, from which Keras reads batches: no array, tensor, text, nor a collection of these."""
    if isinstance(x, (np.ndarray, list, tuple, dict, str, bytes, keras.KerasTensor)) or ops.is_tensor(x):
        return False
    is_array = hasattr(x, "shape") and hasattr(x, "__array__")  # of HDF5, Zarr, another backend, …
    return isinstance(x, keras.utils.PyDataset) or hasattr(x, "__iter__") and not is_array


def _refuse_data_set(x, name):
    """Raise an error if x is a data set, or images that can be had one by one alone, as of torch's `Dataset`."""
    kind = type(x).__name__
    if is_data_set(x):
        raise ValueError(f"{name} is a {kind}, a data set; expected images. (fit and evaluate take data sets.)")
    if hasattr(x, "__getitem__") and not hasattr(x, "__iter__") and not hasattr(x, "__array__"):
        raise ValueError(f"{name} is a {kind}, which gives single images; expected batches of images: {TO_BATCHES}.")


def require_images_alone(value, image_shape, name, call):
    """Raise an error that shows the right call if a value is a data set, a dictionary or a pair with a condition.

    Args:
        value: What was given for images.
        image_shape: (H, W, C).
        name: The argument's name.
        call: The right call.
    """
    _refuse_data_set(value, name)
    if isinstance(value, dict) or _is_pair(value) and _differ(value, image_shape):
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


def _is_pair(x):
    """Whether x holds images and condition: a dictionary, or a pair whose first part is a batch of images."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        return isinstance(x, dict)
    try:
        return np.ndim(x[0]) == 4
    except ValueError:  # lists of different lengths
        return False


def to_arrays(given):
    """Convert a condition, or each of a pair, by `to_array`."""
    return tuple(map(to_array, given)) if isinstance(given, (tuple, list)) else to_array(given)


def rows_of(given, rows):
    """Select rows of conditions or weights: of an array, of each array of a pair, or None of None."""
    if given is None:
        return None
    return tuple(part[rows] for part in given) if isinstance(given, tuple) else given[rows]


def _split(count, share):
    """Slices of the images to train on and of the images to hold out, split as in Keras."""
    at = math.floor(count * (1.0 - share))
    if not 0 < at < count:
        raise ValueError(
            f"validation_split={share} does not fit {count} images: expected a share that leaves at least one image in "
            "each part."
        )
    return slice(at), slice(at, None)


def require_none(why, **arguments):
    """Raise an error that names the first argument that is not None; `why` says why it must be."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"{name} does not fit: {why}; expected {name}=None.")


def _ended(name, index):
    if index == 0:
        return _empty(name)
    return ValueError(f"{name} gives {index} batches in a pass; expected as many as its length or the steps say.")


def _empty(name):
    return ValueError(f"{name} gives no batch; expected at least one (does a filter keep none, was it read before?)")
