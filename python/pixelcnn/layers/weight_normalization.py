"""Layers whose kernel may be stored as a direction and a gain (Salimans and Kingma 2016)."""

from contextlib import contextmanager

import keras
from keras import ops

SMALLEST_SQUARED_NORM = 1e-12
SMALLEST_VARIANCE = 1e-8


class WeightNormalized(keras.layers.Layer):
    """A linear layer with one bias per filter and, if asked, a weight-normalised kernel.

    With weight normalisation the kernel is `gain * direction / |direction|`, the norm taken over all axes but the
    filters', in the precision of the variables whatever the compute dtype.
    A fresh layer has `gain = |direction|`, so that its kernel is the direction itself and the layer is usable before
    any data-dependent initialisation.

    Args:
        filters: Number of filters F.
        use_weight_norm: Whether to store direction and gain in place of a kernel.

    References:
        1. Salimans and Kingma, Weight Normalization, 2016, <https://arxiv.org/abs/1602.07868>, equations 2 to 6.
    """

    def __init__(self, filters, use_weight_norm=True, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.use_weight_norm = use_weight_norm
        self._kernel_override = None
        self._initializing = False

    def add_kernel(self, shape, fans, filter_axis=-1):
        """Create the variables; `fans` is what Glorot and Bengio (2010) call fan in and fan out."""
        self.filter_axis = filter_axis % len(shape)
        limit = (6.0 / sum(fans)) ** 0.5
        uniform = keras.initializers.RandomUniform(-limit, limit)
        # Not cast automatically: the norm below is computed in the variables' own precision.
        name = "direction" if self.use_weight_norm else "kernel"
        self.direction = self.add_weight(name=name, shape=shape, initializer=uniform, autocast=False)
        if self.use_weight_norm:
            self.gain = self.add_weight(name="gain", shape=(self.filters,), initializer="ones", autocast=False)
            self.gain.assign(ops.sqrt(self._squared_norm()))
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros", autocast=False)
        self.built = True

    def _squared_norm(self):
        axes = [axis for axis in range(len(self.direction.shape)) if axis != self.filter_axis]
        return ops.sum(ops.square(ops.convert_to_tensor(self.direction)), axis=axes)

    def kernel(self):
        """The kernel that the layer applies, in the compute dtype."""
        if self._kernel_override is not None:
            return self._kernel_override
        kernel = ops.convert_to_tensor(self.direction)
        if self.use_weight_norm:
            scale = self.gain * ops.rsqrt(ops.maximum(self._squared_norm(), SMALLEST_SQUARED_NORM))
            trailing = len(kernel.shape) - 1 - self.filter_axis
            kernel = kernel * ops.reshape(scale, (-1,) + (1,) * trailing)
        return self.arrange(ops.cast(kernel, self.compute_dtype))

    def arrange(self, kernel):
        """The stored kernel in the arrangement that the layer computes with."""
        return kernel

    def finish(self, features):
        """Add the bias; while initialising from data, first choose gain and bias from these features."""
        if self._initializing:
            features = self._initialize_from(features)
        return features + ops.cast(self.bias, features.dtype)

    def _initialize_from(self, features):
        """Equation 6 of [1]: unit variance and zero mean for every filter. One without variance keeps gain 1."""
        axes = list(range(len(features.shape) - 1))
        mean, variance = ops.moments(ops.cast(features, self.variable_dtype), axes=axes)
        varies = variance > SMALLEST_VARIANCE
        scale = ops.where(varies, ops.rsqrt(ops.where(varies, variance, 1.0)), 1.0)
        self.gain.assign(scale)
        self.bias.assign(-mean * scale)
        return features * ops.cast(scale, features.dtype)


def weight_normalized_layers(layer):
    """All layers within `layer`, itself included, that hold a kernel of this module."""
    return [inner for inner in layer._flatten_layers() if isinstance(inner, WeightNormalized)]


@contextmanager
def data_dependent_initialization(layer):
    """Within this context one forward pass sets the gain and bias of every weight-normalised layer from its inputs."""
    layers = [inner for inner in weight_normalized_layers(layer) if inner.use_weight_norm]
    for inner in layers:
        inner.gain.assign(ops.ones_like(inner.gain))
        inner.bias.assign(ops.zeros_like(inner.bias))
        inner._initializing = True
    try:
        yield
    finally:
        for inner in layers:
            inner._initializing = False


@contextmanager
def normalized_once(layer):
    """Within this context kernels are normalised once, here, and not again at every use: for a sampling loop."""
    layers = weight_normalized_layers(layer)
    for inner in layers:
        inner._kernel_override = inner.kernel()
    try:
        yield
    finally:
        for inner in layers:
            inner._kernel_override = None
