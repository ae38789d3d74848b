"""Linear layers, and the variables that layers of one shape share.

A deep network has many kernels of few shapes. All kernels of one shape are stored in one variable, so that an optimizer
updates tens of variables and not hundreds. A training step is therefore traced and started several times faster.

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
# The gain and the bias that each layer chose from data; None unless the pass of this thread initialises from data.
_chosen: ContextVar[dict | None] = ContextVar("chosen", default=None)


class Linear:
    """A linear map to F features, with a bias if `use_bias` is True. Subclasses define the map.

    A layer holds no variables and no tensors. Its `kernel` and `bias` exist only within `parameters_in_place`, and
    belong to the calling thread's pass through the network, so that passes in several threads share nothing.

    Args:
        name: Unique within the network.
        kernel_shape: Shape of the stored kernel.
        fans: (fan in, fan out) as defined by Glorot and Bengio (2010).
        filter_axis: The axis of the stored kernel that counts filters.
    """

    use_bias = True
    scale = 1  # rows of the output for each row of the grid that the layer computes on
    in_full_precision = False  # whether the layer computes in the variables' dtype instead of the compute dtype

    def __init__(self, name, kernel_shape, fans, filter_axis=-1):
        budget.take(*kernel_shape)
        self.name, self.kernel_shape, self.fans = name, tuple(kernel_shape), fans
        self.filter_axis = filter_axis % len(kernel_shape)
        self.filters = kernel_shape[filter_axis]

    def multiply_adds(self):
        """Number of multiplications with an addition for each cell of the grid that the layer computes on."""
        return math.prod(self.kernel_shape)

    def inputs(self):
        """Number of features of the input."""
        return self.filters * self.fans[0] // self.fans[1]

    @property
    def kernel(self):
        """The arranged kernel of this pass, see `arrange`."""
        return _parameters.get()[self][0]

    @property
    def bias(self):
        """The bias of this pass; None without a bias."""
        return _parameters.get()[self][1]

    def arrange(self, kernel):
        """Arrange the stored kernel as the layer computes with it. Here the kernel stays as it is."""
        return kernel

    def finish(self, features):
        """Add the bias to features (…, F). While initialising from data, choose gain and bias from them instead."""
        chosen = _chosen.get()
        return features + self.bias if chosen is None else self._initialize_from(features, chosen)

    def _initialize_from(self, features, chosen):
        """Give every filter variance 1 and mean 0, by equation 6 of [1]. A filter that does not vary has gain 1."""
        dtype = "float64" if keras.backend.standardize_dtype(features.dtype) == "float64" else "float32"
        mean, variance = ops.moments(ops.cast(features, dtype), axes=list(range(len(features.shape) - 1)))
        varies = variance > SMALLEST_VARIANCE
        gain = ops.where(varies, ops.rsqrt(ops.where(varies, variance, 1.0)), 1.0)
        chosen[self] = gain, -mean * gain
        return features * ops.cast(gain, features.dtype) + ops.cast(-mean * gain, features.dtype)


def uniform(limit):
    """An initializer that draws uniformly between -limit and limit.

    NumPy draws the numbers, because JAX would compile the drawing for each shape. The seed comes from Python's random
    numbers, as Keras' own seeds do, so that `keras.utils.set_random_seed` sets the seed.
    """
    generator = np.random.default_rng(random.getrandbits(64))
    return lambda shape, dtype: ops.convert_to_tensor(generator.uniform(-limit, limit, shape), dtype)


def in_full_precision(layer):
    """Make a `Linear` compute in the variables' dtype, and return it.

    The last layer, whose features a head reads, does so: near an end of 256 levels a location in bfloat16 would be
    wrong by up to a quarter of a level.
    """
    layer.in_full_precision = True
    return layer


class KernelStack(keras.layers.Layer):
    """The variables of N linear layers whose kernels have one shape.

    With weight normalisation a kernel is `gain * direction / |direction|` [1]. The norm is taken over all axes except
    that of the filters, in the variables' dtype. A new layer has `gain = |direction|`, so that its kernel is the
    direction and the layer works without an initialisation from data.

    Args:
        layers: N `Linear`s.
        use_weight_norm: Whether to store directions and gains in place of kernels.
        **kwargs: As in `keras.layers.Layer`.
    """

    def __init__(self, layers, use_weight_norm, **kwargs):
        super().__init__(**kwargs)
        self.layers, self.use_weight_norm = layers, use_weight_norm
        first, count = layers[0], len(layers)
        limit = (6.0 / sum(first.fans)) ** 0.5
        name = "direction" if use_weight_norm else "kernel"
        # Without autocast, because the norm is computed in the variables' dtype.
        self.direction = self.add_weight(
            name=name, shape=(count, *first.kernel_shape), initializer=uniform(limit), autocast=False
        )
        per_filter = {"shape": (count, first.filters), "autocast": False}
        if use_weight_norm:
            self.gain = self.add_weight(name="gain", initializer="ones", **per_filter)
            # In NumPy, because JAX would compile each of these operations for each shape.
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
        """All stored kernels, (N, …), in the compute dtype. While initialising from data the gain is 1."""
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
        """The arranged kernel and the bias of each layer, as pairs."""
        kernels, biases = ops.unstack(self.kernels()), [None] * len(self.layers)
        if self.bias is not None:
            biases = ops.unstack(ops.cast(self.bias, self.compute_dtype))
        return [(layer.arrange(kernel), bias) for layer, kernel, bias in zip(self.layers, kernels, biases, strict=True)]

    def assign(self, layer, **values):
        """Set `direction`, `gain` or `bias` of one layer, to arrays."""
        index = self.layers.index(layer)
        for name, value in values.items():
            variable = getattr(self, name)
            update = ops.convert_to_tensor(value, variable.dtype)[None]
            variable.assign(ops.slice_update(variable.value, (index,) + (0,) * (len(variable.shape) - 1), update))


def stacks_of(layers, use_weight_norm, dtype):
    """Make a `KernelStack` for each shape of kernel and each precision among the layers."""
    policy, groups = keras.dtype_policies.get(dtype), {}
    for layer in layers:  # the policy does not change the groups, so that weights fit models of other policies
        key = layer.kernel_shape, layer.filter_axis, layer.fans, layer.use_bias, layer.in_full_precision
        groups.setdefault(key, []).append(layer)
    return [
        KernelStack(group, use_weight_norm, name=f"kernels_{index}", dtype=policy.variable_dtype if full else policy)
        for index, ((*_, full), group) in enumerate(groups.items())
    ]


@contextmanager
def parameters_of(layers, parameters):
    """A context in which only these layers have a kernel and a bias, in this thread.

    Args:
        layers: `Linear`s.
        parameters: A pair (kernel, bias) for each layer.
    """
    token = _parameters.set(dict(zip(layers, parameters, strict=True)))
    try:
        yield
    finally:
        _parameters.reset(token)


def parameters_in_place(stacks, parameters=None):
    """A context in which all layers of a network have a kernel and a bias.

    Args:
        stacks: All `KernelStack`s of the network.
        parameters: The result of `KernelStack.parameters` for each stack; None computes these.
    """
    parameters = [stack.parameters() for stack in stacks] if parameters is None else parameters
    return parameters_of(
        [layer for stack in stacks for layer in stack.layers], [pair for part in parameters for pair in part]
    )


def chosen_from_data(stacks, look):
    """Choose gains and biases, (N, F) each, for every weight-normalised stack in one forward pass.

    Args:
        stacks: `KernelStack`s with weight normalisation.
        look: A function without arguments that passes a batch through the network.
    """
    chosen = {}
    token = _chosen.set(chosen)
    try:
        look()
    finally:
        _chosen.reset(token)
    return [tuple(map(ops.stack, zip(*(chosen[layer] for layer in stack.layers), strict=True))) for stack in stacks]
