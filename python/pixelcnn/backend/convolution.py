"""Convolutions of activated features, and gradients that take less time or memory than a backend's own."""

import functools

import keras
from keras import ops

from pixelcnn.backend.device import has_accelerator

NARROW = 64  # filters, up to which what is done to features weighs about as much as the convolutions that see them


def convolve(x, activation, kernel, stride, padding):
    """A convolution of activated features, with zeros above and beside the image.

    TensorFlow too could pad inside its convolution, but then takes gradients that are not oneDNN's: on a CPU with
    AVX-512 they last half as long again as those of an image that was padded before.

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
    """Whether TensorFlow takes the gradients of a convolution more slowly than it convolves: on a CPU with AVX2 and
    nothing newer, 1.1 to 3 times as slowly.
    """
    if keras.backend.backend() != "tensorflow" or has_accelerator():
        return False
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as features
    except ImportError:  # NumPy 1
        from numpy.core._multiarray_umath import __cpu_features__ as features
    return features.get("AVX2", False) and not features.get("AVX512F", False)


def convolve_with_own_gradients(x, kernel):
    """A convolution of stride 1 without padding, whose gradients are convolutions too: that of x is the result's
    gradient, with zeros around it, under the kernel turned by half a turn; that of the kernel is x with the result's
    gradient as the kernel, where images and channels have changed places.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def run(x, kernel):
        def gradient(upstream):
            around = [(0, 0), *((size - 1, size - 1) for size in kernel.shape[:2]), (0, 0)]
            turned = tf.transpose(tf.reverse(kernel, (0, 1)), (0, 1, 3, 2))
            by_kernel = tf.nn.conv2d(
                _channels_first_images_last(x), tf.transpose(upstream, (1, 2, 0, 3)), strides=1, padding="VALID"
            )
            with tf.control_dependencies([by_kernel]):  # whose copy of x is gone before upstream is copied
                by_x = tf.nn.conv2d(tf.pad(upstream, around), turned, strides=1, padding="VALID")
            return by_x, tf.transpose(by_kernel, (1, 2, 0, 3))

        return tf.nn.conv2d(x, kernel, strides=1, padding="VALID"), gradient

    return run(x, kernel)


def _channels_first_images_last(x):
    """(B, H, W, C) -> (C, H, W, B) in two transpositions, a matrix's and one of rows of images, which take TensorFlow
    as long as the one or less.
    """
    import tensorflow as tf

    count, *sizes = tf.unstack(tf.shape(x))
    by_image = tf.transpose(tf.reshape(x, (count, -1)))
    return tf.transpose(tf.reshape(by_image, (*sizes, count)), (2, 0, 1, 3))


def recomputed(prepare, linear, x, kernel):
    """`linear(prepare(x), kernel)`, for whose gradients TensorFlow keeps x and works `prepare(x)` out again, which is
    several times as large and soon gone.

    The kernel's gradient comes before that of x. Left to itself, TensorFlow puts the kernels' gradients off, and with
    them holds what they need of many layers. Of few filters everything is kept: there it takes less memory, and would
    take more of the time.

    Args:
        prepare: Function of x.
        linear: Function of what that gives and of the kernel, linear in both.
        x: Features.
        kernel: The kernel.
    """
    if keras.backend.backend() != "tensorflow" or kernel.shape[-1] <= NARROW:
        return linear(prepare(x), kernel)
    import tensorflow as tf

    @tf.custom_gradient
    def run(x, kernel):
        def gradient(upstream):
            with tf.control_dependencies([upstream]):  # else it would be worked out again at once, and kept
                again = tf.identity(x)
            with tf.GradientTape() as tape:
                tape.watch([again, kernel])
                features = linear(prepare(again), kernel)
            by_x, by_kernel = tape.gradient(features, [again, kernel], upstream)
            with tf.control_dependencies([by_kernel]):
                return tf.identity(by_x), by_kernel

        return linear(prepare(x), kernel), gradient

    return run(x, kernel)
