"""A distribution of this package as a `tfp.distributions.Distribution`."""

import math
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability.python.internal import parameter_properties, samplers

from pixelcnn import noise
from pixelcnn.backend import current_values
from pixelcnn.condition import Condition
from pixelcnn.distribution import SAMPLING_BATCH_SIZE, PixelDistribution
from pixelcnn.sampling import size_and_number

UNKNOWN = 8  # images of a batch in a `tf.function` where the number of all images is not known


def _require_holds_levels(dtype: tf.DType, low: int, high: int) -> None:
    """Refuse a type of pixels that does not hold every level."""
    # Of floats the largest level and its neighbour, because a type that holds both holds all smaller whole numbers.
    largest = max(abs(low), abs(high))
    levels = np.array([low, high, np.clip(largest - 1, low, high), np.clip(1 - largest, low, high)])
    if np.any(levels.astype(dtype.as_numpy_dtype).astype("float64") != levels):
        raise ValueError(f"dtype={dtype.name!r} does not fit: expected a type that holds the levels {low} … {high}.")


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
        _require_holds_levels(tf.as_dtype(dtype), distribution.low, distribution.high)
        self._distribution = distribution
        self._condition = _condition_parts(distribution.condition, conditional_input)
        parameters["conditional_input"] = _one_or_pair([value for value, _ in self._condition])
        self._weights = _variables(distribution)  # TFP finds variables in attributes
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

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {"conditional_input": parameter_properties.ParameterProperties(event_ndims=_event_ndims)}

    def _event_shape(self):
        return tf.TensorShape(self._distribution.image_shape)

    def _event_shape_tensor(self):
        return tf.constant(self._distribution.image_shape, tf.int32)

    def _batch_shape(self):
        shape = tf.TensorShape([])
        for value, rank in self._condition:
            part = tf.TensorShape(value.shape)
            if part.rank is None:
                return part
            shape = tf.broadcast_static_shape(shape, part[: part.rank - rank])
        return shape

    def _batch_shape_tensor(self):
        shape = tf.constant([], tf.int32)
        for value, rank in self._condition:
            full = tf.shape(value)
            shape = tf.broadcast_dynamic_shape(shape, full[: tf.size(full) - rank])
        return shape

    def _log_prob(self, value):
        value = tf.cast(tf.convert_to_tensor(value), self._distribution._likelihood_dtype)
        batch_shape = tf.broadcast_dynamic_shape(tf.shape(value)[:-3], self.batch_shape_tensor())
        images = tf.reshape(
            tf.broadcast_to(value, tf.concat([batch_shape, self.event_shape], axis=0)), (-1, *self.event_shape)
        )
        condition = _one_or_pair(self._flat_condition(batch_shape))
        nats = self._distribution(images, conditional_input=condition, output="pixel_log_prob")
        static = tf.broadcast_static_shape(value.shape[:-3], self.batch_shape)
        return tf.ensure_shape(tf.reshape(tf.reduce_sum(nats, axis=(1, 2)), batch_shape), static)

    def _sample_n(self, n, seed=None):
        shape = tf.concat([[n], self.batch_shape_tensor()], axis=0)
        seed, condition = _seed_numbers(seed), self._flat_condition(shape)
        if tf.executing_eagerly():
            condition = _one_or_pair([part.numpy() for part in condition])
            images = self._distribution.sample(
                (math.prod(shape.numpy()),), seed=_whole(seed.numpy()), conditional_input=condition, verbose=0
            )
        else:
            images = self._draw_in_graph(shape, seed, condition)
        images = tf.reshape(tf.cast(images, self.dtype), tf.concat([shape, self.event_shape], axis=0))
        static = tf.TensorShape([tf.get_static_value(n)]).concatenate(self.batch_shape).concatenate(self.event_shape)
        return tf.ensure_shape(images, static)

    def _mean(self):
        raise self._no_formula("mean", "tf.reduce_mean(distribution.sample(n), axis=0)")

    def _variance(self):
        raise self._no_formula("variance", "tf.math.reduce_variance(distribution.sample(n), axis=0)")

    def _stddev(self):
        raise self._no_formula("stddev", "tf.math.reduce_std(distribution.sample(n), axis=0)")

    def _entropy(self):
        raise self._no_formula("entropy", "-tf.reduce_mean(distribution.log_prob(distribution.sample(n)), axis=0)")

    def _mode(self):
        raise self._no_formula(
            "mode", "a draw at a low temperature, distribution.distribution.sample(temperature=0.1, …)"
        )

    def _no_formula(self, method, estimate):
        return NotImplementedError(
            f"{method}() does not exist, because an autoregressive distribution has no formula for it. An estimate is "
            f"{estimate}."
        )

    def _draw_in_graph(self, shape, seed, condition):
        """Levels (B, H, W, C), drawn by operations of TensorFlow.

        Only noise and checks of values are Python's. A Python function holds one of TensorFlow's threads. If it called
        a function of TensorFlow, and TensorFlow had no other thread, the call would never return.
        """
        ours, sampler, count = self._distribution, self._distribution._sampler("cached"), tf.reduce_prod(shape)
        static = tf.get_static_value(count)
        size, at_once = size_and_number(sampler, UNKNOWN if static is None else max(1, static), 1, SAMPLING_BATCH_SIZE)
        events = {key: ours.condition.event(key) for key in ours.condition.keys}

        types = [tf.float32, *map(ours.condition.dtype_of, events)]
        inputs = partial(_noise_and_condition, ours.image_shape, ours.condition, size)
        parts = tf.numpy_function(inputs, [count, seed, *condition], types)
        batches = [
            tf.reshape(part, (-1, size, *event))
            for part, event in zip(parts, (ours.image_shape, *events.values()), strict=True)
        ]
        prepared = sampler.prepare(current_values(ours.network.variables))
        levels = tf.map_fn(
            lambda batch: sampler.draw_traced(batch[0], dict(zip(events, batch[1:], strict=True)), prepared),
            batches,
            fn_output_signature=tf.TensorSpec((size, *ours.image_shape), tf.float32),
            parallel_iterations=at_once,
        )
        levels = tf.reshape(levels, (-1, *ours.image_shape))[:count]
        return tf.stop_gradient(
            tf.debugging.assert_all_finite(levels, "the network's output for a pixel is not finite")
        )

    def _flat_condition(self, batch_shape):
        """The parts of the condition as tensors with one batch axis, an entry for each image of a batch shape."""
        return [_flatten(tf.convert_to_tensor(value), rank, batch_shape) for value, rank in self._condition]


def _noise_and_condition(image_shape, condition, size, count, seed, *parts):
    """Arrays for whole batches of `size` images: the noise of `count` images, and the checked parts of their condition.

    All batches have one size, because each size is compiled; the last batch may draw an image again.
    """
    arrays, _ = condition.check(_one_or_pair(parts))
    arrays = condition.flatten(arrays, (int(count),))
    uniforms = noise.uniforms(noise.check_seed(_whole(seed)), 0, int(count), image_shape)
    rows = np.minimum(np.arange(-(-count // size) * size), count - 1)
    return [part[rows] for part in (uniforms, *(arrays[key] for key in condition.keys))]


def _variables(distribution):
    """The variables of TensorFlow that hold the weights, without frozen weights: a variable of TensorFlow does not know
    that Keras froze it, so TFP would list it as trainable.
    """
    pairs = [(weight, weight.value) for weight in distribution.weights]
    return [
        variable
        for weight, variable in pairs
        if isinstance(variable, tf.Variable) and (weight.trainable or not variable.trainable)
    ]


def _one_or_pair(parts):
    """A condition as `pixelcnn` takes it: None, one part, or a pair of parts."""
    return parts[0] if len(parts) == 1 else tuple(parts) or None


def _event_ndims(distribution):
    """The number of axes of one image's condition, for TFP; a pair of numbers where the condition is a pair."""
    ndims = tuple(rank for _, rank in distribution._condition)
    return (ndims[0] if len(ndims) == 1 else ndims) if ndims else parameter_properties.NO_EVENT_NDIMS


def _whole(seed):
    """The whole number of two numbers of 32 bits; None of no numbers."""
    return int(seed[0]) << 32 | int(seed[1]) if seed.size else None


def _seed_numbers(seed):
    """A seed as two numbers of 32 bits: the halves of a whole number, or TFP's tensor; for None no number.

    A larger whole number comes from TFP, whose vectorised joint distributions pass one number to all their draws. TFP
    makes a new pair of numbers from this number in each draw.
    """
    if seed is None:
        return tf.constant([], tf.int64)
    if isinstance(seed, (int, np.integer)) and seed <= noise.LARGEST_SEED:
        number = noise.check_seed(seed)
        return tf.constant([number >> 32, number % 2**32], tf.int64)
    pair = samplers.sanitize_seed(seed)
    if not pair.shape.is_compatible_with([2]):
        raise ValueError(
            f"seed of shape {tuple(pair.shape)} does not fit: expected a whole number or two numbers of 32 bits."
        )
    return tf.cast(tf.bitcast(pair, tf.uint32), tf.int64)


def _condition_parts(condition: Condition, value: Any) -> list[tuple[Any, int]]:
    """The parts of a condition: pairs of a value and the number of its axes that are not batch axes.

    A variable stays a variable, so that each use reads its value, and TFP lists it.
    """
    now = keras.tree.map_structure(lambda part: tf.convert_to_tensor(part) if _is_tensor(part) else part, value)
    parts = keras.tree.flatten(value)
    if not any(map(tf.is_symbolic_tensor, keras.tree.flatten(now))):  # the values are known and can be checked
        arrays, batch_shape = condition.check(keras.tree.map_structure(_array_of_tensor, now))
        if not condition or condition.is_none(value):
            return []
        if not any(map(_is_tensor, parts)):
            value = condition.as_given(arrays, batch_shape)
    elif not condition:
        condition.check(value)  # raises an error
    return [
        (part if _is_tensor(part) else np.asarray(part), len(condition.event_as_given(key)))
        for key, part in condition.parts(value, "conditional_input").items()
    ]


def _is_tensor(value):
    return tf.is_tensor(value) or isinstance(value, tf.Module)  # such as `tfp.util.TransformedVariable`


def _array_of_tensor(value):
    return value.numpy() if tf.is_tensor(value) else value


def _flatten(tensor, rank, batch_shape):
    """Broadcast a tensor to a batch shape, and flatten the batch axes to one axis."""
    full = tf.shape(tensor)
    event = full[tf.size(full) - rank :]
    broadcast = tf.broadcast_to(tensor, tf.concat([batch_shape, event], axis=0))
    return tf.reshape(broadcast, tf.concat([[-1], event], axis=0))
