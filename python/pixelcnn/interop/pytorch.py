"""Checkpoints of the PyTorch port of PixelCNN++ [1] as `PixelCNNPlusPlus`.

The port is the network of `variant="openai"`, in another form:

* Its first layers give zeros, without a bias, where a pixel has no pixel above it (or to its left). So the bias of a
  first layer becomes a weight: of the channel of ones, at the cell above the pixel (or to its left).
* A block activates the concatenation of its skips, and the parameters of a pixel have another order.
* Its transposed convolutions are normalised over other axes. So the directions of the weight normalisation are the
  port's kernels, and the gains are their norms.

References:
    1. <https://github.com/pclucas14/pixel-cnn-pp>, `model.py`, `layers.py`, `utils.py` and `main.py`.
"""

import os
from collections.abc import Sequence

import numpy as np

from pixelcnn import require
from pixelcnn.interop.tfp_weights import skip_order, stack_of
from pixelcnn.networks.pixel_cnn_plus_plus import PixelCNNPlusPlus

IMAGE_SHAPES = {1: (28, 28, 1), 3: (32, 32, 3)}  # of MNIST and CIFAR-10, by number of channels
PARAMETERS = {1: 3, 3: 10}  # of a mixture component, by number of channels
# Names of a weight-normalised kernel's direction and gain: in PyTorch's older and in its newer weight normalisation.
WEIGHT_NORMS = (
    ("weight_v", "weight_g"),
    ("parametrizations.weight.original1", "parametrizations.weight.original0"),
)


def from_pytorch_pixelcnnpp(
    path: str | os.PathLike[str],
    image_shape: Sequence[int] | None = None,
    dtype: str | None = None,
    name: str = "pixel_cnn_plus_plus",
) -> PixelCNNPlusPlus:
    """Make a `PixelCNNPlusPlus` from a checkpoint of the PyTorch port `pclucas14/pixel-cnn-pp`.

    The number of blocks, filters, mixture components and channels are read from the checkpoint. The result has
    `variant="openai"`, levels 0 … 255 and no condition. Its `log_prob` is minus the port's loss of an image within
    rounding, but for levels of a probability below 1e-5, which the port approximates by a density. The result drops
    single features in training; the port drops whole channels. The optimizer's state is not taken along.

    Args:
        path: A file that `torch.save(model.state_dict(), path)` wrote, of a model in `DataParallel` too. PyTorch reads
            the file, and runs no code from the file.
        image_shape: (H, W, C), because a checkpoint has no H and W; None takes those of the port's data sets: (28, 28,
            1), or (32, 32, 3) for three channels.
        dtype: A Keras dtype or policy name; None takes that of the checkpoint.
        name: Name of the result.

    Returns:
        The distribution, on any backend.

    Raises:
        ValueError: If the file is no such checkpoint; the message names the first tensor that does not fit.
        FileNotFoundError: If there is no such file.
        ImportError: If PyTorch is not installed.

    Example:
        >>> dist = pixelcnn.interop.from_pytorch_pixelcnnpp("pcnn_lr:0.00020_nr-resnet5_889.pth")  # doctest: +SKIP
        >>> images = dist.sample(8)  # doctest: +SKIP
    """
    checkpoint = _Checkpoint(path)
    ours = PixelCNNPlusPlus(**checkpoint.arguments(image_shape), dtype=dtype or checkpoint.dtype, name=name)
    weights = [
        (layer, *change(*checkpoint.weights(layer, port)))
        for layer, port, change in _counterparts(ours.network, ours.head)
    ]
    checkpoint.require_all_read()
    for layer, kernel, bias in weights:
        axes = tuple(axis for axis in range(kernel.ndim) if axis != layer.filter_axis)
        gain = np.sqrt(np.sum(kernel**2, axis=axes))
        stack_of(ours.network, layer).assign(layer, direction=kernel, gain=gain, bias=bias)
    ours.initialized.assign(1)
    return ours


class _Checkpoint:
    """The tensors of a file, by name, and the names of those that nobody has read yet."""

    def __init__(self, path):
        self.path = require.path("path", path)
        self.tensors = _load(self.path)
        for key, tensor in self.tensors.items():
            if not _is_array_of_floats(tensor):
                raise self._error(key, "is no dense tensor of floats")
        size = sum(tensor.numel() * tensor.element_size() for tensor in self.tensors.values())
        if size > self.path.stat().st_size:  # a view of few numbers may have any shape
            raise ValueError(f"path={str(path)!r} does not fit: its tensors have {size:,} bytes, more than the file.")
        if all(key.startswith("module.") for key in self.tensors):  # of DataParallel
            self.tensors = {key.removeprefix("module."): tensor for key, tensor in self.tensors.items()}
        self.unread = dict.fromkeys(self.tensors)

    @property
    def dtype(self):
        """The name of the first tensor's type."""
        return str(next(iter(self.tensors.values())).dtype).removeprefix("torch.")

    def _error(self, key, what):
        return ValueError(f"path={str(self.path)!r} does not fit: its tensor {key!r} {what}.")

    def _direction(self, layer):
        """The names of a layer's direction and gain; of its kernel and None without weight normalisation."""
        pairs = [(f"{layer}.{direction}", f"{layer}.{gain}") for direction, gain in WEIGHT_NORMS]
        return next((pair for pair in pairs if pair[0] in self.tensors), (f"{layer}.weight", None))

    def _read(self, key, shape):
        """A tensor as an array of float64. None in the shape stands for any size."""
        if key not in self.tensors:
            raise self._error(key, "is missing")
        actual = tuple(self.tensors[key].shape)
        if len(actual) != len(shape) or any(
            size not in (None, other) for size, other in zip(shape, actual, strict=True)
        ):
            raise self._error(key, f"has shape {actual}; expected {str(shape).replace('None', 'any')}")
        self.unread.pop(key, None)
        array = self.tensors[key].detach().double().numpy()
        if not np.isfinite(array).all():
            raise self._error(key, "has numbers that are not finite")
        return array

    def _kernel(self, layer, shape):
        """The kernel of a layer, in PyTorch's order of axes; PyTorch normalises over all axes but the first."""
        direction, gain = self._direction(layer)
        kernel = self._read(direction, shape)
        if gain is None:
            return kernel
        norm = np.sqrt(np.sum(kernel**2, axis=tuple(range(1, kernel.ndim)), keepdims=True))
        if not norm.all():
            raise self._error(direction, "has a direction of length 0")
        return kernel * self._read(gain, norm.shape) / norm

    def arguments(self, image_shape):
        """Arguments of `PixelCNNPlusPlus`, from shapes of the first and the last layer and names of blocks."""
        filters, inputs, *_ = self._kernel("u_init.conv", (None, None, 2, 3)).shape
        channels = inputs - 1
        if channels not in PARAMETERS:
            raise self._error(self._direction("u_init.conv")[0], f"has {inputs} inputs; expected 2 or 4")
        image_shape = IMAGE_SHAPES[channels] if image_shape is None else require.sizes("image_shape", image_shape, 3)
        if image_shape[-1] != channels:
            raise ValueError(
                f"image_shape={image_shape} does not fit: expected {channels} channels, as in the checkpoint."
            )
        parameters = len(self._kernel("nin_out.lin_a", (None, filters)))
        if parameters % PARAMETERS[channels]:
            what = f"has {parameters} outputs; expected a multiple of {PARAMETERS[channels]}"
            raise self._error(self._direction("nin_out.lin_a")[0], what)
        blocks = {key.split(".")[3] for key in self.tensors if key.startswith("up_layers.0.u_stream.")}
        return {
            "image_shape": image_shape,
            "num_resnet": max(1, len(blocks)),
            "num_filters": filters,
            "num_logistic_mix": parameters // PARAMETERS[channels],
            "variant": "openai",
        }

    def weights(self, layer, port):
        """Kernel and bias of the port's layer, with the axes of `layer`: rows and columns first."""
        order = (1, 0) if len(layer.kernel_shape) == 2 else (2, 3, 1, 0)
        shape = tuple(layer.kernel_shape[order.index(axis)] for axis in range(len(order)))
        return self._kernel(port, shape).transpose(order), self._read(f"{port}.bias", (layer.filters,))

    def require_all_read(self):
        for key in self.unread:
            raise self._error(key, "is unknown; expected a checkpoint of pclucas14/pixel-cnn-pp alone")


def _load(path):
    """The dictionary of tensors in a file. PyTorch is told to run no code from the file."""
    try:
        import torch
    except ImportError as error:
        raise ImportError(f"from_pytorch_pixelcnnpp needs PyTorch: pip install torch ({error}).") from error
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise FileNotFoundError(f"path={str(path)!r} does not fit: there is no such file.") from None
    except Exception as error:  # of many types, for a file that is damaged or holds objects
        raise ValueError(
            f"path={str(path)!r} does not fit: expected a file of torch.save(model.state_dict(), path); {error}"
        ) from error
    if not isinstance(tensors, dict) or not tensors or not all(isinstance(key, str) for key in tensors):
        raise ValueError(f"path={str(path)!r} does not fit: expected a dictionary from names to tensors.")
    return tensors


def _is_array_of_floats(tensor):
    import torch

    return (
        isinstance(tensor, torch.Tensor)
        and tensor.is_floating_point()
        and (tensor.layout, tensor.device.type) == (torch.strided, "cpu")
    )


def _counterparts(network, head):
    """The counterparts of all layers: a layer, the name of the port's layer, and the change of its kernel and bias."""
    streams = {"u": _by_grid(network.vertical_stack), "ul": _by_grid(network.horizontal_stack)}
    yield network.first_above, "u_init.conv", _bias_at((1, 1))
    yield network.first_up, "ul_init.0.conv", _bias_at((0, 1))
    yield network.first_left, "ul_init.1.conv", _bias_at((1, 0))
    for grid in range(3):
        for direction, port in (("down", f"up_layers.{grid}"), ("up", f"down_layers.{2 - grid}")):
            for stream, hierarchies in streams.items():
                for index, block in enumerate(getattr(hierarchies[grid], direction)):
                    yield from _of_block(block, f"{port}.{stream}_stream.{index}")
        for stream, hierarchies in streams.items() if grid < 2 else ():
            yield hierarchies[grid].downsample, f"downsize_{stream}_stream.{grid}.conv", _unchanged
            yield hierarchies[grid].upsample, f"upsize_{stream}_stream.{1 - grid}.deconv", _unchanged
    yield network.last, "nin_out.lin_a", _parameters_in_order(head.channels, head.num_components)


def _by_grid(stack):
    """The hierarchies of a stack, from the finest to the coarsest grid."""
    return [stack, stack.inner, stack.inner.inner]


def _of_block(block, port):
    yield block.convolution_1, f"{port}.conv_input.conv", _unchanged
    if block.skip is not None:
        yield block.skip, f"{port}.nin_skip.lin_a", lambda kernel, bias: (kernel[skip_order(block)], bias)
    yield block.convolution_2, f"{port}.conv_out.conv", _unchanged


def _unchanged(kernel, bias):
    return kernel, bias


def _bias_at(cell):
    """Make a bias a weight of the channel of ones, which is the last input, in one cell of the window."""

    def change(kernel, bias):
        kernel = kernel.copy()
        kernel[(*cell, -1)] += bias
        return kernel, np.zeros_like(bias)

    return change


def _parameters_in_order(channels, components):
    """Arrange a pixel's parameters by component, as `LogisticMixture` reads them. The port has all logits, then for
    each channel all locations, all scales and, in colour, all coefficients.
    """
    logits, others = np.split(np.arange(PARAMETERS[channels] * components), [components])
    by_kind = [logits[None], *np.moveaxis(others.reshape(channels, -1, components), 1, 0)]
    order = np.concatenate(by_kind).T.reshape(-1)
    return lambda kernel, bias: (kernel[:, order], bias[order])
