"""What an export changes: operations that the format lacks are replaced, and a SavedModel draws its own uniforms."""

import inspect
import math
import os
from contextlib import contextmanager
from contextvars import ContextVar

from keras import ops

from pixelcnn.files import DISK_ERRORS
from pixelcnn.noise import BITS

_format: ContextVar[str | None] = ContextVar("exported_format", default=None)

# Philox4x64-10 of Salmon et al. (2011), as in `numpy.random.Philox`.
ROUNDS = 10
MULTIPLIERS = 0xD2E7470EE14C6C93, 0xCA5A826395121157
KEY_STEPS = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B


@contextmanager
def exporting(format):
    """A context in which functions are traced for an exported file, and the file is written.

    Args:
        format: `tf_saved_model` or `onnx`.

    Raises:
        OSError: If the disk is full or fails, for which TensorFlow has errors of its own.
    """
    token = _format.set(format)
    try:
        yield
    except Exception as error:
        for number in DISK_ERRORS:
            if not isinstance(error, OSError) and os.strerror(number) in str(error):
                raise OSError(number, os.strerror(number)) from error
        raise
    finally:
        _format.reset(token)


def exported_format():
    """The format of the file that functions are traced for now, or None."""
    return _format.get()


def expm1(x):
    """exp(x) - 1, precise for small x. ONNX has no such operation, so there it is tanh(x / 2) (exp(x) + 1)."""
    return ops.tanh(x / 2) * (ops.exp(x) + 1) if exported_format() == "onnx" else ops.expm1(x)


def scan(step, start, inputs):
    """As `ops.scan`. For ONNX the steps are traced one by one, because tf2onnx cannot convert TensorFlow's loops."""
    if exported_format() != "onnx":
        return ops.scan(step, start, inputs)
    state, outputs = start, []
    for part in ops.unstack(inputs):
        state, output = step(state, part)
        outputs.append(output)
    return state, tuple(map(ops.stack, zip(*outputs, strict=True)))


def seeded_sampler(draw, image_shape, dtype, condition, num_classes, map_levels=None):
    """A traced `tf.function` that draws the images of `PixelDistribution.sample` from a seed.

    Its arguments are `seed`, an int64 scalar whose 64 bits are the seed, and the parts of the condition; without a
    condition `count`, an int32 scalar. Its result has the images (B, H, W, C).

    Args:
        draw: A function of uniforms (B, H, W, C) and the parts of the condition to levels (B, H, W, C).
        image_shape: (H, W, C).
        dtype: Type of the images.
        condition: A `keras.InputSpec` for each part of the condition.
        num_classes: Number of classes, if the first part is a label; else None.
        map_levels: Number of codes, if the last part is a map of codes; else None.
    """
    import tensorflow as tf

    limits = [("label", 0, num_classes), ("codes", -1, map_levels)]

    def sample(seed, *inputs):
        count = tf.shape(inputs[0])[0] if condition else inputs[0]
        parts = inputs if condition else ()
        checks = [tf.debugging.assert_equal(tf.shape(part)[0], count, "one condition for each image") for part in parts]
        for name, place, levels in limits:
            if levels is not None:
                expected = f"{name} does not fit: expected integers 0 … {levels - 1}."
                checks.append(tf.debugging.assert_non_negative(parts[place], expected))
                checks.append(tf.debugging.assert_less(parts[place], tf.cast(levels, parts[place].dtype), expected))
        with tf.control_dependencies(checks):
            uniforms = philox_uniforms(seed, count, image_shape)
        message = "the network's output for a pixel is not finite, so no level can be drawn"
        return tf.cast(tf.debugging.check_numerics(draw(uniforms, *parts), message), dtype)

    specs = [tf.TensorSpec((), tf.int64, "seed")]
    specs += [tf.TensorSpec(spec.shape, spec.dtype, spec.name) for spec in condition]
    specs += [] if condition else [tf.TensorSpec((), tf.int32, "count")]
    traced = tf.function(with_argument_names(sample, specs), input_signature=specs, autograph=False)
    traced.get_concrete_function()
    return traced


def with_argument_names(function, specs):
    """Give a function of positional arguments the names of its inputs, because a SavedModel names inputs by them."""
    parameters = [inspect.Parameter(spec.name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for spec in specs]
    function.__signature__ = inspect.Signature(parameters)
    return function


def philox_uniforms(seed, count, shape):
    """The uniforms of `noise.uniforms(seed, 0, count, shape)`, bit by bit, from TensorFlow's operations.

    Args:
        seed: An int64 scalar, whose bits are those of the seed.
        count: An int32 scalar.
        shape: Shape of an image's uniforms.
    """
    import tensorflow as tf

    size = math.prod(shape)
    index = tf.cast(tf.range(count), tf.uint64)[:, None]
    first = tf.cast(tf.range(1, -(-size // 4) + 1), tf.uint64)[None] + tf.zeros_like(index)
    counter = (first, *(tf.zeros_like(first),) * 3)
    key = tf.bitcast(seed, tf.uint64), index
    for _ in range(ROUNDS):
        high_0, low_0 = _product(MULTIPLIERS[0], counter[0])
        high_1, low_1 = _product(MULTIPLIERS[1], counter[2])
        mix = tf.bitwise.bitwise_xor
        counter = mix(mix(high_1, counter[1]), key[0]), low_1, mix(mix(high_0, counter[3]), key[1]), low_0
        key = tuple(part + tf.constant(step, tf.uint64) for part, step in zip(key, KEY_STEPS, strict=True))
    bits = tf.bitwise.right_shift(tf.stack(counter, axis=-1), tf.constant(64 - BITS, tf.uint64))
    bits = tf.reshape(bits, (count, 4 * first.shape[1]))[:, :size]
    return tf.reshape((tf.cast(bits, tf.float32) + 0.5) / 2.0**BITS, (count, *shape))


def _product(number, x):
    """The upper and the lower 64 bits of the product of a number and a tensor of uint64."""
    import tensorflow as tf

    def halves(x):
        return tf.bitwise.right_shift(x, half), tf.bitwise.bitwise_and(x, mask)

    half, mask = tf.constant(32, tf.uint64), tf.constant(2**32 - 1, tf.uint64)
    number = tf.constant(number, tf.uint64)
    (a_high, a_low), (b_high, b_low) = halves(number), halves(x)
    carry, low = halves(a_high * b_low + halves(a_low * b_low)[0])
    return a_high * b_high + carry + halves(a_low * b_high + low)[0], number * x
