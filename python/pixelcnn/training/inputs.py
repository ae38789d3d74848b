"""Check the data of `fit`, `evaluate`, `predict` and the methods for one batch, and bring them into Keras' form."""

import itertools
import math
import sys
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import keras
import numpy as np

from pixelcnn import require
from pixelcnn.data.stored_rows import StoredRows, in_rows
from pixelcnn.data.tf_batches import is_endless, is_read_by_tensorflow, is_tf_data, needs_standard_form, standard_form
from pixelcnn.images import check_images
from pixelcnn.shapes import to_array
from pixelcnn.training.arguments import whole_numbers
from pixelcnn.training.checked_batches import (
    BATCH_SIZE,
    CheckedBatches,
    IndexedBatches,
    IteratedBatches,
    MappedBatches,
    is_indexed,
    is_mapped,
    stays_in_files,
)
from pixelcnn.training.loss_weights import check_class_weights, check_sample_weights
from pixelcnn.training.unpack import (
    TO_BATCHES,
    images_and_condition,
    is_data_set,
    is_pair,
    refuse_data_set,
    require_none,
)

INITIALIZATION_BATCH = 128  # images from which gains and biases are chosen
MOST_BATCHES = 1000  # batches that are read again to find a wrong one
PREDICT = "predict((images, conditions))"


class CheckedData(NamedTuple):
    """Checked images, conditions and weights, as Keras takes them.

    Args:
        x: Images (n, H, W, C), or a data set.
        y: The conditions of the images; None with a data set.
        sample_weight: (n,), or None.
        first: Arguments of `initialize`: some of the images, and their conditions or None.
        source: The `tf.data` data set as the caller passed it, if only its first batch was checked; else None.
        held_out: The data to evaluate after each epoch, or None.
        check, note: Functions of `CheckedBatches` for images in files; else None.
    """

    x: object
    y: object
    sample_weight: object
    first: tuple = ()
    source: object = None
    held_out: object = None
    check: object = None
    note: object = None

    @property
    def begins_anywhere(self):
        """Whether an epoch can begin with any of its batches."""
        in_memory = self.y is not None or self.check is not None
        return in_memory or isinstance(self.x, CheckedBatches) and self.x.begins_anywhere

    @property
    def shuffles(self):
        """Whether Keras can shuffle x: images, or the batches of a `PyDataset`."""
        return self.y is not None or isinstance(self.x, CheckedBatches) and not self.x.has_order

    @property
    def for_validation(self):
        """The data in the form of Keras' `validation_data`."""
        return self.x if self.y is None else (self.x, self.y, self.sample_weight)

    def read_in_batches(self, batch_size, steps=None, shuffle=False, seed=None):
        """This data, with a data set in place of images in files or a memory map, or of any array if there is a seed.

        Arguments as in `MappedBatches`.
        """
        if not (is_mapped(self.x) or self.check or self.y is not None and seed is not None):
            return self
        others = (self.y,) if self.sample_weight is None else (self.y, self.sample_weight)
        batches = MappedBatches(self.x, others, batch_size, steps, shuffle, seed)
        if self.check:
            batches = CheckedBatches(batches, self.check, self.note)
        return self._replace(x=batches, y=None, sample_weight=None)


class Inputs:
    """Checks images, conditions and weights, in arrays or data sets of any kind.

    All values are checked, except in a `tf.data` data set: there only the first batch is checked. A wrong value in a
    later batch gives a log-probability of minus infinity; the data set is then read again to name the wrong batch.

    Args:
        distribution: The distribution that is trained or evaluated.
    """

    def __init__(self, distribution):
        self.image_shape, self.low, self.high = distribution.image_shape, distribution.low, distribution.high
        self.condition = distribution.condition
        self.error = None

    def check(self, x, y=None, sample_weight=None, class_weight=None, validation_split=0.0, name="x", steps=None):
        """Check x, y and weights, and return them as `CheckedData`.

        Args:
            x: Images; (images, condition); a dictionary with "image" and "label"; or a data set of batches of these.
            y: The conditions of the images.
            sample_weight: A weight for each image.
            class_weight: A dictionary, class -> weight.
            validation_split: Share of the images to hold out; the last images are held out.
            name: The argument's name, for messages: `x` or `validation_data`.
            steps: Largest number of batches of a data set in a pass, or None.

        Raises:
            ValueError: If anything does not fit.
        """
        if x is None:
            raise ValueError(f"{name}=None does not fit: expected images, or a data set of batches of images.")
        if is_data_set(x):
            why = f"{name} is a data set, whose batches hold the conditions and weights"
            require_none(why, y=y, sample_weight=sample_weight)
            if validation_split:
                raise ValueError(
                    f"validation_split={validation_split!r} does not fit: a data set cannot be split; expected 0 and "
                    "validation_data."
                )
            return self._data_set(x, check_class_weights(class_weight, self.condition), name, steps)
        images = _images_in_files(x)
        if images is not None and not (validation_split and isinstance(images, StoredRows)):
            refuse_two_conditions(x, y, (name, "y"))
            _, y = images_and_condition(x, y, name)
            return self._in_files(images, y, sample_weight, class_weight, validation_split, name)
        return self.in_memory(x, y, sample_weight, class_weight, validation_split, name)

    def in_memory(self, x, y=None, sample_weight=None, class_weight=None, validation_split=0.0, name="x"):
        """As `check`, for arrays and tensors."""
        names = ("x", "y", "sample_weight") if name == "x" else (name, f"the condition in {name}", f"weights in {name}")
        images, conditions, weights = self.arrays(x, y, sample_weight, names)
        class_weights = check_class_weights(class_weight, self.condition)
        rows = np.linspace(0, len(images) - 1, min(len(images), INITIALIZATION_BATCH)).astype(int)
        first, held_out = self._first(images, conditions, rows), None
        if validation_split:
            part, rest = _split(len(images), require.probability("validation_split", validation_split))
            held_out = CheckedData(images[rest], rows_of(conditions, rest), rows_of(weights, rest))
            images, conditions, weights = images[part], rows_of(conditions, part), rows_of(weights, part)
        return CheckedData(
            images, conditions, self._weights_by_class(conditions, weights, class_weights), first, held_out=held_out
        )

    def to_train(
        self, x, y, sample_weight, class_weight, validation_split, validation_data, steps=None, validation_steps=None
    ):
        """As `check`, with the data to evaluate after each epoch, from x or `validation_data`, in `held_out`."""
        split = validation_split if validation_data is None else 0.0
        training = self.check(x, y, sample_weight, class_weight, split, steps=steps)
        if validation_data is None:
            return training
        if isinstance(validation_data, (tuple, list)) and not 1 <= len(validation_data) <= 3:
            raise ValueError(
                f"validation_data of {len(validation_data)} parts does not fit: expected (images, conditions), "
                "(images, conditions, weights) or a data set."
            )
        data = keras.utils.unpack_x_y_sample_weight(validation_data)
        return training._replace(held_out=self.check(*data, name="validation_data", steps=validation_steps))

    def to_predict(self, x, batch_size=None, steps=None):
        """Return the batches (images, conditions) and their number, which is None if only the data set knows it.

        Arguments as in `check` and in Keras' `predict`.
        """
        if isinstance(batch_size, (list, tuple, dict)) or np.ndim(batch_size):
            raise ValueError(
                f"batch_size={require.short(batch_size)} does not fit: expected a whole number. (Conditions are part "
                f"of x: {PREDICT}.)"
            )
        numbers = whole_numbers(batch_size=batch_size, steps=steps)
        batch_size, steps = numbers.values()
        if is_data_set(x):
            batches = (self.batch(batch, index=index) for index, batch in enumerate(itertools.islice(x, steps)))
            return (self._first(images, conditions) for images, conditions, _ in batches), steps
        images = _images_in_files(x)
        if images is None:
            images, conditions = self.pair_to_predict(x)
        else:
            conditions = self._one_for_each(images_and_condition(x, None)[1], images, "x")
        size = batch_size or (math.ceil(len(images) / steps) if steps else BATCH_SIZE)
        count = min(math.ceil(len(images) / size), steps or len(images))
        parts = (slice(size * index, size * (index + 1)) for index in range(count))
        return (self._first(images, conditions, part) for part in parts), count

    def pair_to_predict(self, x):
        """Check images and conditions in memory, and return them as arrays."""
        refuse_data_set(x, "x")
        if self.condition and not self.condition.dropout and not is_pair(x):
            raise ValueError(f"x holds no condition; expected {self.condition.expected}, as in {PREDICT}.")
        return self.arrays(x)[:2]

    def arrays(self, x, y=None, sample_weight=None, names=("x", "y", "sample_weight")):
        """Check images, conditions and weights in memory, and return them as arrays; `names` are for errors."""
        refuse_data_set(x, names[0])
        refuse_two_conditions(x, y, names)
        images, conditions = images_and_condition(x, y, names[0]) if is_pair(x) else (x, y)
        images = check_images(to_array(images), self.image_shape, self.low, self.high, name=names[0])
        if images.ndim != 4 or not len(images):
            expected = f"(n, {', '.join(map(str, self.image_shape))})"
            raise ValueError(
                f"{names[0]} of shape {images.shape} does not fit: expected at least one image, in shape {expected}."
            )
        if isinstance(x, dict) and not self.condition:
            conditions = y  # an unconditional distribution ignores a dictionary's labels
        conditions = self.condition.for_images(to_arrays(conditions), len(images), names[1])
        return images, conditions, check_sample_weights(sample_weight, len(images), names[2])

    def batch(self, batch, name="x", index=None):
        """Check an element of a data set, and return images, conditions and weights as arrays.

        Args:
            batch: The element.
            name: The data set's name, for errors.
            index: The number of the element, or None.
        """
        number = name if index is None else f"{name} (number {index})"
        names = (f"a batch of {number}", f"the condition in a batch of {number}", f"the weights in a batch of {number}")
        x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
        images, conditions = images_and_condition(x, y, names[0])
        images = to_array(images)
        if np.shape(images) == self.image_shape:
            raise ValueError(f"{name} gives single images; expected batches of images: {TO_BATCHES}.")
        return self.arrays(images, conditions if self.condition else None, weights, names)

    def first_fault(self, data_set, name="x"):
        """Return the error of the first batch that does not fit, among the first 1000; None if all of them fit."""
        for index, batch in enumerate(itertools.islice(data_set, MOST_BATCHES)):
            try:
                self.batch(batch, name, index)
            except ValueError as error:
                return error
        return None

    def require_finite(self, bits, source, name="x"):
        """Raise an error if `bits_per_dim` of a data set is infinite, or is NaN because of its data.

        Args:
            bits: The measured `bits_per_dim`.
            source: The data set, or None if all values of the data set were checked.
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
        """Raise the error of a wrong or unreadable batch itself, in place of the error of a backend around it."""
        try:
            yield
        except Exception:
            if self.error is not None:
                raise self.error from None
            raise

    def _in_files(self, x, y, sample_weight, class_weight, validation_split, name):
        """Check the images that `initialize` reads; the others are checked batch by batch."""
        if validation_split:
            raise ValueError(
                f"validation_split={validation_split!r} does not fit images in files, because the last images are of "
                "one class; expected 0 and validation_data, such as those of split='test'."
            )
        y, weights = (self._one_for_each(value, x, name) for value in (y, sample_weight))
        rows = np.linspace(0, len(x) - 1, min(len(x), INITIALIZATION_BATCH)).astype(int)
        class_weights = check_class_weights(class_weight, self.condition)
        check = partial(self._check_batch, class_weights=class_weights, name=name, first={})
        images, conditions, *_ = check((x[rows], rows_of(y, rows), rows_of(weights, rows)), 0)
        return CheckedData(x, y, weights, self._first(images, conditions), check=check, note=self._note)

    def _one_for_each(self, values, images, name):
        """Return conditions or weights of images in files as arrays, or in files too, after a check of their number."""
        values = values if stays_in_files(values) else to_arrays(values)
        for part in keras.tree.flatten(values):
            if part is not None and np.shape(part)[:1] != (len(images),):
                raise ValueError(
                    f"a condition or weights of shape {np.shape(part)} does not fit: expected one for each of "
                    f"{len(images)} images of {name}."
                )
        return values

    def _data_set(self, x, class_weights, name, steps):
        if is_read_by_tensorflow(x):
            return self._tf_data(x, class_weights, name, steps)
        check = partial(self._check_batch, class_weights=class_weights, name=name, first={})
        if hasattr(x, "__next__"):  # x gives each batch once, so the first batch is put back
            batches = map(check, x, itertools.count())
            first = next(batches, None)
            if first is None:
                raise _empty(name)
            return CheckedData(
                (batch for batch in itertools.chain([first], batches)), None, None, self._first(*first[:2])
            )
        if is_indexed(x):
            batches = IndexedBatches(x)
        else:
            batches = x if isinstance(x, keras.utils.PyDataset) else IteratedBatches(x, steps, name)
        batches = CheckedBatches(batches, check, self._note)
        if batches.num_batches == 0:
            raise _empty(name)
        if steps is None and batches.num_batches in (None, sys.maxsize):
            raise _endless(name)
        return CheckedData(batches, None, None, self._first(*batches[0][:2]))

    def _tf_data(self, x, class_weights, name, steps):
        """Check the first batch of a data set that TensorFlow reads; the likelihood shows faults of later batches."""
        if steps is None and is_endless(x):
            raise _endless(name)
        element = next(iter(x), None)
        if element is None:
            raise _empty(name)
        images, conditions, weights = self.batch(element, name)
        self._weights_by_class(conditions, weights, class_weights)
        first, source = self._first(images, conditions), x
        if not is_tf_data(x):
            why = f"{name} is a {type(x).__name__}, and Keras has no class weights for it"
            require_none(why, class_weight=class_weights)
        elif class_weights is not None or needs_standard_form(x):
            x = standard_form(x, images_and_condition, self.image_shape, self.condition, class_weights)
        return CheckedData(x, None, None, first, source)

    def _check_batch(self, batch, index, class_weights, name, first):
        """Check a batch, and return it as Keras takes it. The dictionary `first` keeps which parts batch 0 has."""
        try:
            if batch is None:  # `IteratedBatches` is at its end
                raise _ended(name, index)
            images, conditions, weights = self.batch(batch, name, index)
            weights = self._weights_by_class(conditions, weights, class_weights)
            parts = self._parts(conditions, weights)
            if first.setdefault("parts", parts) != parts:
                raise ValueError(
                    f"a batch of {name} (number {index}) holds {parts}, and the first batch {first['parts']}; expected "
                    "the same parts in every batch."
                )
        except ValueError as error:
            self._note(error)
            raise
        return (images, conditions) if weights is None else (images, conditions, weights)

    def _note(self, error):
        """Keep the error of a wrong batch for `own_errors`."""
        self.error = error

    def _parts(self, conditions, weights):
        """Say in words which parts a batch has."""
        conditions = "" if not self.condition or self.condition.is_none(conditions) else " and conditions"
        return f"images{conditions}{'' if weights is None else ' and weights'}"

    def _weights_by_class(self, conditions, weights, class_weights):
        if class_weights is None:
            return weights
        require_none("class_weight is given", sample_weight=weights)
        if self.condition.is_none(conditions):
            raise ValueError("class_weight does not fit: the images have no labels; expected class_weight=None.")
        return class_weights[conditions[0] if isinstance(conditions, tuple) else conditions]

    def _first(self, images, conditions, rows=slice(None)):
        return images[rows], rows_of(conditions, rows) if self.condition else None


def _images_in_files(x):
    """The images of x if they are read from files when they are indexed, else None."""
    images = in_rows(x.get("image") if isinstance(x, dict) else x[0] if is_pair(x) else x)
    return images if stays_in_files(images) else None


def refuse_two_conditions(x, y, names):
    """Raise an error if x is a pair of images and conditions and there are other conditions beside it."""
    if is_pair(x) and not isinstance(x, dict):
        why = f"{names[0]} is a pair of images and conditions already; else pass images and conditions apart"
        require_none(why, **{names[1]: y})


def to_arrays(conditions):
    """Convert conditions, or each part of a pair of conditions, by `to_array`."""
    return tuple(map(to_array, conditions)) if isinstance(conditions, (tuple, list)) else to_array(conditions)


def rows_of(conditions, rows):
    """Select rows of conditions or weights, which are an array, a pair of arrays or None."""
    if conditions is None:
        return None
    return tuple(part[rows] for part in conditions) if isinstance(conditions, tuple) else conditions[rows]


def _split(count, share):
    """Return the slice of the images to train on and that of the images to hold out, split as Keras does."""
    at = math.floor(count * (1.0 - share))
    if not 0 < at < count:
        raise ValueError(
            f"validation_split={share} does not fit {count} images: expected a share that leaves at least one image in "
            "each part."
        )
    return slice(at), slice(at, None)


def _ended(name, index):
    if index == 0:
        return _empty(name)
    return ValueError(f"{name} gives {index} batches in a pass; expected as many as its length or the steps say.")


def _endless(name):
    return ValueError(
        f"{name} gives batches without end, which does not fit: expected a number of steps (steps_per_epoch, "
        "validation_steps, or in evaluate steps)."
    )


def _empty(name):
    return ValueError(f"{name} gives no batch; expected at least one (does a filter keep none, was it read before?)")
