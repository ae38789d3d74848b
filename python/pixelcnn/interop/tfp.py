"""A distribution of this package as a `tfp.distributions.Distribution`."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability.python.internal import samplers

from pixelcnn.condition import Condition
from pixelcnn.distribution import PixelDistribution
from pixelcnn.noise import check_seed


class PixelDistributionForTFP(tfp.distributions.Distribution):
    """The class of the results of `pixelcnn.interop.as_tfp`, which describes the arguments."""

    def __init__(
        self,
        distribution: PixelDistribution,
        conditional_input: Any = None,
        dtype: Any = "float32",
        name: str | None = None,
    ) -> None:
        parameters = dict(locals())
        self._distribution = distribution
        self._condition = _condition_tensors(distribution.condition, conditional_input)
        super().__init__(
            dtype=tf.as_dtype(dtype),
            reparameterization_type=tfp.distributions.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name=name or distribution.name,
        )

    @property
    def distribution(self) -> PixelDistribution:
        """The distribution of `pixelcnn`."""
        return self._distribution

    def _event_shape(self):
        return tf.TensorShape(self._distribution.image_shape)

    def _event_shape_tensor(self):
        return tf.constant(self._distribution.image_shape, tf.int32)

    def _batch_shape(self):
        shape = tf.TensorShape([])
        for tensor, rank in self._condition:
            shape = tf.broadcast_static_shape(shape, tensor.shape[: tensor.shape.rank - rank])
        return shape

    def _batch_shape_tensor(self):
        shape = tf.constant([], tf.int32)
        for tensor, rank in self._condition:
            full = tf.shape(tensor)
            shape = tf.broadcast_dynamic_shape(shape, full[: tf.size(full) - rank])
        return shape

    def _log_prob(self, value):
        value = tf.cast(tf.convert_to_tensor(value), self._distribution._likelihood_dtype)
        batch_shape = tf.broadcast_dynamic_shape(tf.shape(value)[:-3], self.batch_shape_tensor())
        images = tf.reshape(
            tf.broadcast_to(value, tf.concat([batch_shape, self.event_shape], axis=0)), (-1, *self.event_shape)
        )
        parts = [_flatten(tensor, rank, batch_shape) for tensor, rank in self._condition]
        condition = parts[0] if len(parts) == 1 else tuple(parts) or None
        nats = self._distribution(images, conditional_input=condition, output="pixel_log_prob")
        static = tf.broadcast_static_shape(value.shape[:-3], self.batch_shape)
        return tf.ensure_shape(tf.reshape(tf.reduce_sum(nats, axis=(1, 2)), batch_shape), static)

    def _sample_n(self, n, seed=None):
        shape = tf.concat([[n], self.batch_shape_tensor()], axis=0)
        condition = [_flatten(tensor, rank, shape) for tensor, rank in self._condition]
        arguments = (shape, _seed_numbers(seed), *condition)
        if tf.executing_eagerly():
            images = tf.constant(self._draw(*(np.asarray(tensor) for tensor in arguments)))
        else:  # a Python function, because the loop over rows runs in Python
            images = tf.numpy_function(self._draw, arguments, self.dtype)
        static = tf.TensorShape([tf.get_static_value(n)]).concatenate(self.batch_shape).concatenate(self.event_shape)
        return tf.ensure_shape(images, static)

    def _draw(self, shape, seed, *parts):
        """Images (*shape, H, W, C) as an array; each part of the condition has one entry for each image."""
        shape = tuple(int(size) for size in shape)
        condition = parts[0] if len(parts) == 1 else parts or None
        number = int(seed[0]) << 32 | int(seed[1]) if seed.size else None
        images = self._distribution.sample((math.prod(shape),), seed=number, conditional_input=condition, verbose=0)
        return images.reshape((*shape, *images.shape[1:])).astype(self.dtype.as_numpy_dtype)


def _seed_numbers(seed):
    """A seed as two numbers of 32 bits: the halves of a whole number, or TFP's tensor; for None no number."""
    if seed is None:
        return tf.constant([], tf.int64)
    if isinstance(seed, (int, np.integer)):
        number = check_seed(seed)
        return tf.constant([number >> 32, number % 2**32], tf.int64)
    pair = samplers.sanitize_seed(seed)
    return tf.cast(tf.bitcast(pair, tf.uint32), tf.int64)


def _condition_tensors(condition: Condition, value: Any) -> list[tuple[Any, int]]:
    """The parts of a condition: pairs of a tensor and the number of its axes that are not batch axes."""
    parts = keras.tree.flatten(value)
    if not any(map(tf.is_symbolic_tensor, parts)):  # the values are known and can be checked
        arrays, batch_shape = condition.check(keras.tree.map_structure(_array_of_tensor, value))
        if not condition or condition.is_none(value):
            return []
        if not any(map(tf.is_tensor, parts)):
            value = condition.as_given(arrays, batch_shape)
    elif not condition:
        condition.check(value)  # raises an error
    return [
        (tf.cast(part, tf.int32 if key == "label" else tf.float32), len(condition.event_as_given(key)))
        for key, part in condition.parts(value, "conditional_input").items()
    ]


def _array_of_tensor(value):
    return value.numpy() if tf.is_tensor(value) else value


def _flatten(tensor, rank, batch_shape):
    """Broadcast a tensor to a batch shape, and flatten the batch axes to one axis."""
    full = tf.shape(tensor)
    event = full[tf.size(full) - rank :]
    broadcast = tf.broadcast_to(tensor, tf.concat([batch_shape, event], axis=0))
    return tf.reshape(broadcast, tf.concat([[-1], event], axis=0))
