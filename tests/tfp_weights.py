"""Weights of a `tfp.distributions.PixelCNN` copied into ours, layer by layer.

TFP's build makes its layers in a fixed order and legacy Keras numbers them as it goes, so each kind of layer is taken
in the order of its numbers.
"""

import numpy as np


def copy_weights(theirs, ours):
    """Copy the weights of TFP's distribution into a `PixelCNNPlusPlus` of the same architecture."""
    projections = {}
    pending = sorted((layer for layer in theirs.network._network.layers if layer.weights), key=_number)
    network = ours.network
    rows, columns = theirs.network._receptive_field_dims
    half = columns // 2

    def take(kind):
        for index, layer in enumerate(pending):
            if _kind(layer) == kind:
                return pending.pop(index)
        raise AssertionError(f"TFP has no {kind} left")

    _copy(network, network.first_above, take("Conv2D"), (slice(0, rows - 1), slice(0, columns)))
    _copy(network, network.first_up, take("Conv2D"), (slice(0, 1), slice(0, columns)))
    _copy(network, network.first_left, take("Conv2D"), (slice(0, 2), slice(0, half)))

    hierarchies = {"vertical": [], "horizontal": []}
    for name, stack in (("vertical", network.vertical_stack), ("horizontal", network.horizontal_stack)):
        while stack is not None:
            hierarchies[name].append(stack)
            stack = stack.inner
    windows = {
        "vertical": (slice(0, rows - 1), slice(0, columns)),
        "horizontal": (slice(0, 2), slice(0, half + 1)),
    }

    def copy_block(name, block):
        # Within a block TFP's layers come as: first convolution, dense of the skip, second convolution, projection of
        # the condition.
        _copy(network, block.convolution_1, take("Conv2D"), windows[name])
        if block.skip is not None:
            _copy(network, block.skip, take("Dense"), order=_skip_order(block))
        _copy(network, block.convolution_2, take("Conv2D"), windows[name])
        if network.projections:
            projections[block.name] = take("plain").get_weights()

    levels = len(hierarchies["vertical"])
    for level in range(levels):
        for index in range(len(hierarchies["vertical"][level].down)):
            for name in hierarchies:
                copy_block(name, hierarchies[name][level].down[index])
        if level < levels - 1:
            for name in hierarchies:
                _copy(network, hierarchies[name][level].downsample, take("Conv2D"), windows[name])
    for level in reversed(range(levels)):
        for index in range(len(hierarchies["vertical"][level].up)):
            for name in hierarchies:
                copy_block(name, hierarchies[name][level].up[index])
        if level > 0:
            for name in hierarchies:
                h, w = {"vertical": (rows - 1, columns), "horizontal": (2, half + 1)}[name]
                across = slice(0, w) if name == "vertical" else slice(w - 2, 2 * w - 2)
                window = (slice(h - 2, 2 * h - 2), across)
                _copy(network, hierarchies[name][level - 1].upsample, take("Conv2DTranspose"), window)
    _copy(network, network.last, take("Dense"))
    for level, projection in enumerate(network.projections):
        names = [f"{stack}_{place}" for stack in hierarchies for place in network.places(level)]
        for index, variable in enumerate((projection.vector_kernel, projection.vector_bias)):
            variable.assign(np.concatenate([projections[name][index] for name in names], axis=-1))
    assert not pending, [layer.name for layer in pending]
    ours.initialized.assign(1)


def _number(layer):
    suffix = layer.name.rsplit("_", 1)[-1]
    return int(suffix) if suffix.isdigit() else 0


def _kind(layer):
    if hasattr(layer, "layer"):
        return type(layer.layer).__name__
    # Without weight normalisation the projection of a condition is told apart by what it is fed with.
    if type(layer).__name__ == "Dense" and len(layer.input_shape) == 2:
        return "plain"
    return type(layer).__name__


def _skip_order(block):
    """Ours activates each input by itself, [a(v), a(s)]; TFP activates their concatenation, for concat_elu [v, s, -v,
    -s].
    """
    order = np.arange(sum(block.skip.channels))
    if len(block.skip.channels) == 2 and block.activation.width(1) == 2:
        quarters = np.split(order, 4)
        order = np.concatenate([quarters[0], quarters[2], quarters[1], quarters[3]])
    return order


def _copy(network, layer, theirs, window=None, order=None):
    if hasattr(theirs, "g"):
        kernel, gain, bias = theirs.v.numpy(), theirs.g.numpy(), theirs.layer.bias.numpy()
    else:
        kernel, bias = theirs.get_weights()
        gain = None
    if window is not None:
        kernel = kernel[window]
    if order is not None:
        kernel = kernel[order]
    stack = next(stack for stack in network.kernel_stacks if layer in stack.layers)
    stack.assign(layer, direction=kernel, bias=bias, **({} if gain is None else {"gain": gain}))
