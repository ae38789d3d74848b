"""Weights between `tfp.distributions.PixelCNN` and `PixelCNNPlusPlus`, layer by layer.

TFP makes its layers in a fixed order, and legacy Keras numbers them in this order. So the layers of each kind are
matched in the order of their numbers. TFP masks its kernels; here the cells inside a mask are the whole kernel.
"""

from dataclasses import dataclass

import numpy as np

from pixelcnn.layers.linear import Linear


@dataclass(frozen=True)
class Counterpart:
    """A layer of this package and where its kernel lies in the kernel of TFP's layer.

    Args:
        kind: Class of TFP's layer; `condition` for the dense layer that projects a condition vector.
        layer: The `Linear`, or for a condition the (stack, place) of the block.
        window: Slices of the rows and columns that the mask leaves open, or None.
        order: Indices of the input features in TFP's order, or None.
    """

    kind: str
    layer: Linear | tuple
    window: tuple[slice, slice] | None = None
    order: np.ndarray | None = None


def counterparts(network, receptive_field_dims):
    """The `Counterpart`s of all layers of a `PixelCNNPlusPlusNetwork`, in the order in which TFP makes its layers."""
    rows, columns = receptive_field_dims
    half = columns // 2
    sizes = {"vertical": (rows - 1, columns), "horizontal": (2, half + 1)}
    stacks = {"vertical": network.vertical_stack, "horizontal": network.horizontal_stack}
    yield Counterpart("Conv2D", network.first_above, _window(rows - 1, columns))
    yield Counterpart("Conv2D", network.first_up, _window(1, columns))
    if network.first_left is not None:
        yield Counterpart("Conv2D", network.first_left, _window(2, half))

    def of_blocks(direction):
        places = [place for place in stacks["vertical"].own_blocks() if place[0] == direction]
        for place in places:
            for name, stack in stacks.items():
                yield from _of_block(name, place, stack.own_blocks()[place], _window(*sizes[name]), network)

    hierarchies = []
    while True:
        yield from of_blocks("down")
        hierarchies.append(stacks)
        if stacks["vertical"].inner is None:
            break
        for name, stack in stacks.items():
            yield Counterpart("Conv2D", stack.downsample, _window(*sizes[name]))
        stacks = {name: stack.inner for name, stack in stacks.items()}
    while hierarchies:
        stacks = hierarchies.pop()
        yield from of_blocks("up")
        for name, stack in (hierarchies[-1] if hierarchies else {}).items():
            height, width = sizes[name]
            first = 0 if name == "vertical" else width - 2
            window = slice(height - 2, 2 * height - 2), slice(first, first + width)
            yield Counterpart("Conv2DTranspose", stack.upsample, window)
    yield Counterpart("Dense", network.last)


def _window(rows, columns):
    return slice(0, rows), slice(0, columns)


def _of_block(stack, place, block, window, network):
    """Within a block: first convolution, dense layer of the skip, second convolution, projection of the condition."""
    yield Counterpart("Conv2D", block.convolution_1, window)
    if block.skip is not None:
        yield Counterpart("Dense", block.skip, order=skip_order(block))
    yield Counterpart("Conv2D", block.convolution_2, window)
    if network.projections:
        yield Counterpart("condition", (stack, place))


def skip_order(block):
    """The order of a skip's input features. This package activates each input by itself, [a(v), a(s)]; TFP and the
    PyTorch port activate their concatenation, which for concat_elu is [v, s, -v, -s].
    """
    order = np.arange(sum(block.skip.channels))
    if len(block.skip.channels) == 2 and block.activation.width(1) == 2:
        quarters = np.split(order, 4)
        order = np.concatenate([quarters[index] for index in (0, 2, 1, 3)])
    return order


def matched(theirs, network, receptive_field_dims):
    """Pairs of a `Counterpart` and TFP's layer.

    Raises:
        ValueError: If TFP's network has another kind or number of layers; the message names the first that does not
            fit.
    """
    pending = sorted((layer for layer in theirs.network._network.layers if layer.weights), key=_number)
    for part in counterparts(network, receptive_field_dims):
        layer = next((layer for layer in pending if _kind(layer) == part.kind), None)
        if layer is None:
            raise ValueError(f"distribution does not fit: TFP's network lacks a {part.kind} layer for {_name(part)}.")
        pending.remove(layer)
        yield part, layer
    if pending:
        raise ValueError(f"distribution does not fit: TFP's layer {pending[0].name} has no counterpart.")


def _number(layer):
    suffix = layer.name.rsplit("_", 1)[-1]
    return int(suffix) if suffix.isdigit() else 0


def _kind(layer):
    if hasattr(layer, "layer"):  # under weight normalisation
        return type(layer.layer).__name__
    # Without weight normalisation the projection of a condition is known by its input, which has no rows and columns.
    if type(layer).__name__ == "Dense" and len(layer.input_shape) == 2:
        return "condition"
    return type(layer).__name__


def _name(part):
    if isinstance(part.layer, Linear):
        return part.layer.name
    stack, place = part.layer
    return f"the condition of block {'_'.join(map(str, (stack, *place)))}"


def read(part, layer):
    """Kernel, gain and bias of TFP's layer, arranged as this package stores them; the gain is None without weight
    normalisation.

    Raises:
        ValueError: If the kernel has another shape, or is not zero under its mask.
    """
    if hasattr(layer, "g"):
        kernel, gain, bias = layer.v.numpy(), layer.g.numpy(), layer.layer.bias.numpy()
    else:
        (kernel, bias), gain = layer.get_weights(), None
    if part.window is not None:
        masked, kernel = kernel.copy(), kernel[part.window]
        masked[part.window] = 0
        if np.any(masked):
            raise ValueError(
                f"distribution does not fit: TFP's layer {layer.name} has weights outside of its mask, because TFP "
                "applies masks after an optimizer's step only. Expected a distribution that was trained."
            )
    kernel = kernel if part.order is None else kernel[part.order]
    if isinstance(part.layer, Linear) and kernel.shape != part.layer.kernel_shape:
        raise ValueError(
            f"distribution does not fit: TFP's layer {layer.name} has a kernel of shape {kernel.shape}; expected "
            f"{part.layer.kernel_shape} for {_name(part)}."
        )
    return kernel, gain, bias


def copy_from_tfp(theirs, ours):
    """Give `ours` the weights of TFP's distribution `theirs`, or leave it unchanged if an error is raised."""
    network, dims = ours.network, ours.get_config()["receptive_field_dims"]
    weights = [(part, read(part, layer)) for part, layer in matched(theirs, network, dims)]
    projected = {part.layer: (kernel, bias) for part, (kernel, _, bias) in weights if part.kind == "condition"}
    for part, (kernel, gain, bias) in weights:
        if part.kind != "condition":
            stack = stack_of(network, part.layer)
            stack.assign(part.layer, direction=kernel, bias=bias, **({} if gain is None else {"gain": gain}))
    for grid, projection in enumerate(network.projections):
        blocks = [(stack, place) for stack in ("vertical", "horizontal") for place in network.places(grid)]
        for index, variable in enumerate((projection.vector_kernel, projection.vector_bias)):
            variable.assign(np.concatenate([projected[block][index] for block in blocks], axis=-1))
    ours.initialized.assign(1)


def copy_to_tfp(ours, theirs):
    """Give TFP's distribution `theirs` the weights of `ours`."""
    network, dims = ours.network, ours.get_config()["receptive_field_dims"]
    for part, layer in list(matched(theirs, network, dims)):
        if part.kind == "condition":
            layer.set_weights(_projection(network, *part.layer))
            continue
        stack = stack_of(network, part.layer)
        index = stack.layers.index(part.layer)
        kernel, bias = stack.direction.numpy()[index], stack.bias.numpy()[index]
        if part.order is not None:
            kernel = kernel[np.argsort(part.order)]
        target = layer.v if hasattr(layer, "v") else layer.kernel
        if part.window is not None:
            inside, kernel = kernel, np.zeros(target.shape, kernel.dtype)
            kernel[part.window] = inside
        target.assign(kernel)
        (layer.layer if hasattr(layer, "layer") else layer).bias.assign(bias)
        if hasattr(layer, "g"):
            layer.g.assign(stack.gain.numpy()[index])
            layer.initialized.assign(True)


def stack_of(network, layer):
    """The `KernelStack` that has the variables of a layer."""
    return next(stack for stack in network.kernel_stacks if layer in stack.layers)


def _projection(network, stack, place):
    """Kernel and bias with which a condition vector contributes to one block."""
    projection, places = network.projections[place[1]], network.places(place[1])
    index = places.index(place) + (len(places) if stack == "horizontal" else 0)
    size = projection.vector_bias.shape[0] // (2 * len(places))
    part = slice(index * size, (index + 1) * size)
    return projection.vector_kernel.numpy()[:, part], projection.vector_bias.numpy()[part]
