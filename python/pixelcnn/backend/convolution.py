"""Convolutions of activated features, with gradients that take less time or memory than those of TensorFlow."""

import functools

import keras
from keras import ops

from pixelcnn.backend.device import has_accelerator

NARROW = 64  # filters; up to this number, activation and padding take about as long as the convolution itself


def convolve(x, activation, kernel, stride, padding):
    """A convolution of activated features, with zeros above and beside the image.

    On TensorFlow the image is padded before the convolution, because the gradients of a convolution that pads are not
    computed by oneDNN, and take 1.5 times as long on a CPU with AVX-512.

    Args:
        x: (B, H, W, C) after the activation.
        activation: An `Activation`.
        kernel: (rows, columns, C, F).
        stride: The same for rows and columns.
        padding: Rows of zeros above, columns to the left, columns to the right.
    """
    top, left, right = padding

    def scaled(kernel):
        return kernel if activation.scale == 1.0 else kernel * activation.scale

    if keras.backend.backend() == "jax":
        import jax

        dimensions = ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(
            activation(x), scaled(kernel), (stride, stride), [(top, 0), (left, right)], None, None, dimensions
        )

    def pad(x):
        return ops.pad(x, ((0, 0), (top, 0), (left, right), (0, 0)))

    def linear(x, kernel):
        kernel = scaled(kernel)
        if stride == 1 and _gradients_are_slow():
            return convolve_with_own_gradients(x, kernel)
        return ops.conv(x, kernel, strides=stride, padding="valid", data_format="channels_last")

    if activation.does_nothing:
        return linear(pad(x), kernel)
    return recomputed(lambda x: pad(activation(x)), linear, x, kernel)


@functools.cache
def _gradients_are_slow():
    """Whether TensorFlow's gradients of a convolution are slower than convolutions: on a CPU with AVX2 but without
    AVX-512, they take 1.1 to 3 times as long.
    """
    if keras.backend.backend() != "tensorflow" or has_accelerator():
        return False
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as features
    except ImportError:  # NumPy 1
        from numpy.core._multiarray_umath import __cpu_features__ as features
    return features.get("AVX2", False) and not features.get("AVX512F", False)


def convolve_with_own_gradients(x, kernel):
    """A convolution of stride 1 without padding, whose gradients are computed by convolutions too.

    The gradient of x is a convolution of the result's gradient, padded with zeros, with the kernel turned by 180
    degrees. The gradient of the kernel is a convolution of x, with its axes of images and channels exchanged, where the
    result's gradient is the kernel.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def run(x, kernel):
        def gradient(upstream):
            margins = [(0, 0), *((size - 1, size - 1) for size in kernel.shape[:2]), (0, 0)]
            turned = tf.transpose(tf.reverse(kernel, (0, 1)), (0, 1, 3, 2))
            by_kernel = tf.nn.conv2d(
                _channels_first_images_last(x), tf.transpose(upstream, (1, 2, 0, 3)), strides=1, padding="VALID"
            )
            with tf.control_dependencies([by_kernel]):  # so that its copy of x is freed before `upstream` is copied
                by_x = tf.nn.conv2d(tf.pad(upstream, margins), turned, strides=1, padding="VALID")
            return by_x, tf.transpose(by_kernel, (1, 2, 0, 3))

        return tf.nn.conv2d(x, kernel, strides=1, padding="VALID"), gradient

    return run(x, kernel)


def _channels_first_images_last(x):
    """(B, H, W, C) -> (C, H, W, B) in two transpositions, at least as fast on TensorFlow as a single one."""
    import tensorflow as tf

    count, *sizes = tf.unstack(tf.shape(x))
    by_image = tf.transpose(tf.reshape(x, (count, -1)))
    return tf.transpose(tf.reshape(by_image, (*sizes, count)), (2, 0, 1, 3))


def recomputed(prepare, linear, x, kernel):
    """`linear(prepare(x), kernel)`; for the gradients TensorFlow keeps x and computes `prepare(x)` again.

    This saves memory, because `prepare(x)` is several times as large as x. The kernel's gradient is computed before
    that of x, because TensorFlow would otherwise postpone the kernels' gradients, and hold the inputs of many layers
    until then. With up to `NARROW` filters TensorFlow keeps everything, because features then take little memory, and
    computing them again takes about as long as convolving.

    Args:
        prepare: Function of x.
        linear: Function of `prepare(x)` and of the kernel, linear in both.
        x: Features.
        kernel: The kernel.
    """
    if not recomputes(kernel.shape[-1]):
        return linear(prepare(x), kernel)
    import tensorflow as tf

    @tf.custom_gradient
    def run(x, kernel):
        def gradient(upstream):
            with tf.control_dependencies([upstream]):  # else TensorFlow would compute `prepare` at once, and keep it
                kept = tf.identity(x)
            with tf.GradientTape() as tape:
                tape.watch([kept, kernel])
                features = linear(prepare(kept), kernel)
            by_x, by_kernel = tape.gradient(features, [kept, kernel], upstream)
            with tf.control_dependencies([by_kernel]):
                return tf.identity(by_x), by_kernel

        return linear(prepare(x), kernel), gradient

    return run(x, kernel)


def recomputes(filters):
    """Whether `recomputed` keeps the features before `prepare` alone, for a kernel with this number of filters."""
    return keras.backend.backend() == "tensorflow" and filters > NARROW
