"""Linear layers, and the variables that layers of one shape share.

A deep network repeats a few shapes of kernel many times. All kernels of one shape are one variable here, so that an
optimizer updates tens of variables and not hundreds: a training step is traced and started several times sooner.

References:
    1. Salimans and Kingma, Weight Normalization, 2016, <https://arxiv.org/abs/1602.07868>, equations 2 to 6.
"""

import math
import random
from contextlib import contextmanager
from contextvars import ContextVar

import keras
import numpy as np
from keras import ops

from pixelcnn.layers import budget

SMALLEST_SQUARED_NORM = 1e-12
SMALLEST_VARIANCE = 1e-8

# The kernel and the bias of each layer, in the pass that this thread makes through a network.
_parameters: ContextVar[dict] = ContextVar("parameters", default={})  # noqa: B039
# Gain and bias that each layer chose from data; None unless the pass of this thread initialises from data.
_chosen: ContextVar[dict | None] = ContextVar("chosen", default=None)


class Linear:
    """A linear map to F features, with a bias unless `use_bias` says otherwise; what it computes is for subclasses to
    say.

    A layer holds no variables and no tensors. Its `kernel` and `bias` exist within `kernels_in_place` only, and belong
    to the calling thread's pass through the network, so passes in several threads share nothing.

    Args:
        name: Unique within the network.
        kernel_shape: Shape of the kernel as it is stored.
        fans: What Glorot and Bengio (2010) call fan in and fan out.
        filter_axis: The axis of the stored kernel that counts filters.
    """

    use_bias = True
    # Whether it computes in the precision of the variables, whatever the compute dtype.
    in_full_precision = False

    def __init__(self, name, kernel_shape, fans, filter_axis=-1):
        budget.take(*kernel_shape)
        self.name, self.kernel_shape, self.fans = name, tuple(kernel_shape), fans
        self.filter_axis = filter_axis % len(kernel_shape)
        self.filters = kernel_shape[filter_axis]

    def multiply_adds(self):
        """Multiplications with an addition for each cell of the grid that the layer computes on, where it multiplies by
        its kernel as it is stored.
        """
        return math.prod(self.kernel_shape)

    @property
    def kernel(self):
        """The kernel of this pass, in the arrangement that the layer computes with."""
        return _parameters.get()[self][0]

    @property
    def bias(self):
        """The bias of this pass, or None."""
        return _parameters.get()[self][1]

    def arrange(self, kernel):
        """The stored kernel in the arrangement that the layer computes with."""
        return kernel

    def finish(self, features):
        """Add the bias; while initialising from data, choose gain and bias from these features instead."""
        chosen = _chosen.get()
        return features + self.bias if chosen is None else self._initialize_from(features, chosen)

    def _initialize_from(self, features, chosen):
        """Equation 6 of [1]: unit variance and zero mean for every filter. One without variance keeps gain 1."""
        dtype = "float64" if keras.backend.standardize_dtype(features.dtype) == "float64" else "float32"
        mean, variance = ops.moments(ops.cast(features, dtype), axes=list(range(len(features.shape) - 1)))
        varies = variance > SMALLEST_VARIANCE
        gain = ops.where(varies, ops.rsqrt(ops.where(varies, variance, 1.0)), 1.0)
        chosen[self] = gain, -mean * gain
        return features * ops.cast(gain, features.dtype) + ops.cast(-mean * gain, features.dtype)


def uniform(limit):
    """An initializer: uniform between -limit and limit, by NumPy, since JAX would compile the drawing for each shape.

    Its seed comes from Python's random numbers, as Keras' own seeds do, so `keras.utils.set_random_seed` governs it.
    """
    generator = np.random.default_rng(random.getrandbits(64))
    return lambda shape, dtype: ops.convert_to_tensor(generator.uniform(-limit, limit, shape), dtype)


def in_full_precision(layer):
    """A `Linear`, told to compute in the precision of the variables: the last layer, whose features a head reads.

    Near an end of 256 levels a location in bfloat16 would be off by up to a quarter of a level.
    """
    layer.in_full_precision = True
    return layer


class KernelStack(keras.layers.Layer):
    """The variables of N linear layers whose kernels have one shape.

    With weight normalisation the kernels are `gain * direction / |direction|`, the norm taken over all axes but the
    filters', in the precision of the variables whatever the compute dtype [1]. A fresh layer has `gain = |direction|`,
    so that its kernel is the direction itself and the layer is usable before any data-dependent initialisation.

    Args:
        layers: N `Linear`s.
        use_weight_norm: Whether to store directions and gains in place of kernels.
    """

    def __init__(self, layers, use_weight_norm, **kwargs):
        super().__init__(**kwargs)
        self.layers, self.use_weight_norm = layers, use_weight_norm
        first, count = layers[0], len(layers)
        limit = (6.0 / sum(first.fans)) ** 0.5
        # Not cast automatically: the norm below is computed in the variables' own precision.
        name = "direction" if use_weight_norm else "kernel"
        self.direction = self.add_weight(
            name=name, shape=(count, *first.kernel_shape), initializer=uniform(limit), autocast=False
        )
        per_filter = {"shape": (count, first.filters), "autocast": False}
        if use_weight_norm:
            self.gain = self.add_weight(name="gain", initializer="ones", **per_filter)
            # In NumPy: JAX would compile each of these operations for each shape.
            squares = ops.convert_to_numpy(self.direction) ** 2
            self.gain.assign(np.sqrt(squares.sum(axis=self._all_but_filters())))
        self.bias = self.add_weight(name="bias", initializer="zeros", **per_filter) if first.use_bias else None
        self.built = True

    def _all_but_filters(self):
        filter_axis = 1 + self.layers[0].filter_axis
        return tuple(axis for axis in range(1, len(self.direction.shape)) if axis != filter_axis)

    def _squared_norm(self):
        return ops.sum(ops.square(ops.convert_to_tensor(self.direction)), axis=self._all_but_filters())

    def kernels(self):
        """All kernels as stored, (N, …), in the compute dtype; while initialising from data, with gain 1."""
        kernels = ops.convert_to_tensor(self.direction)
        if self.use_weight_norm:
            scale = ops.rsqrt(ops.maximum(self._squared_norm(), SMALLEST_SQUARED_NORM))
            if _chosen.get() is None:
                scale = scale * self.gain
            first = self.layers[0]
            after = len(first.kernel_shape) - 1 - first.filter_axis
            shape = (len(self.layers), *(1,) * first.filter_axis, first.filters, *(1,) * after)
            kernels = kernels * ops.reshape(scale, shape)
        return ops.cast(kernels, self.compute_dtype)

    def parameters(self):
        """For each layer, the kernel in the arrangement that the layer computes with, and the bias."""
        kernels, biases = ops.unstack(self.kernels()), [None] * len(self.layers)
        if self.bias is not None:
            biases = ops.unstack(ops.cast(self.bias, self.compute_dtype))
        return [(layer.arrange(kernel), bias) for layer, kernel, bias in zip(self.layers, kernels, biases, strict=True)]

    def assign(self, layer, **values):
        """Set `direction`, `gain` or `bias` of one layer."""
        index = self.layers.index(layer)
        for name, value in values.items():
            variable = getattr(self, name)
            variable.assign(ops.slice_update(variable, (index,) + (0,) * (len(variable.shape) - 1), [value]))


def stacks_of(layers, use_weight_norm, dtype):
    """One `KernelStack` for each shape of kernel, and each precision, among the layers."""
    policy, groups = keras.dtype_policies.get(dtype), {}
    for layer in layers:  # grouped alike whatever the policy, so that weights fit models of other policies
        key = layer.kernel_shape, layer.filter_axis, layer.fans, layer.use_bias, layer.in_full_precision
        groups.setdefault(key, []).append(layer)
    return [
        KernelStack(group, use_weight_norm, name=f"kernels_{index}", dtype=policy.variable_dtype if full else policy)
        for index, ((*_, full), group) in enumerate(groups.items())
    ]


@contextmanager
def parameters_of(layers, parameters):
    """A context in which these layers, and no others, have a kernel and a bias in this thread.

    Args:
        layers: `Linear`s.
        parameters: A pair (kernel, bias) for each layer.
    """
    token = _parameters.set(dict(zip(layers, parameters, strict=True)))
    try:
        yield
    finally:
        _parameters.reset(token)


def kernels_in_place(stacks, parameters=None):
    """A context in which all layers of a network have their kernels, each stack normalised once.

    Args:
        stacks: All `KernelStack`s of the network.
        parameters: The result of `parameters` of each stack; None computes it.
    """
    parameters = [stack.parameters() for stack in stacks] if parameters is None else parameters
    return parameters_of(
        [layer for stack in stacks for layer in stack.layers], [pair for part in parameters for pair in part]
    )


def chosen_from_data(stacks, look):
    """Gains and biases, (N, F) each, that one forward pass chooses for every weight-normalised stack.

    Args:
        stacks: `KernelStack`s with weight normalisation.
        look: Passes a batch through the network.
    """
    chosen = {}
    token = _chosen.set(chosen)
    try:
        look()
    finally:
        _chosen.reset(token)
    return [tuple(map(ops.stack, zip(*(chosen[layer] for layer in stack.layers), strict=True))) for stack in stacks]
