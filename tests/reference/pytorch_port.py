"""The PyTorch port of PixelCNN++ in plain torch: its network and its loss, from a dictionary of its tensors.

Written from the layout of <https://github.com/pclucas14/pixel-cnn-pp>. Features are (B, F, H, W).
"""

import math

import torch
from torch.nn import functional as F


def random_state(num_resnet, num_filters, num_mix, channels, seed=0):
    """A checkpoint with random tensors, float64, under the names of PyTorch's older weight normalisation."""
    generator, state = torch.Generator().manual_seed(seed), {}

    def normal(*shape, spread=1.0):
        return spread * torch.randn(shape, generator=generator, dtype=torch.float64)

    def layer(name, shape, filters=None):
        state[f"{name}.bias"] = normal(filters or shape[0], spread=0.3)
        state[f"{name}.weight_g"] = 0.4 + 0.4 * normal(shape[0], *(1,) * (len(shape) - 1)).abs()
        state[f"{name}.weight_v"] = normal(*shape)

    def block(name, window, skips):
        layer(f"{name}.conv_input.conv", (num_filters, 2 * num_filters, *window))
        if skips:
            layer(f"{name}.nin_skip.lin_a", (num_filters, 2 * skips * num_filters))
        layer(f"{name}.conv_out.conv", (2 * num_filters, 2 * num_filters, *window))

    windows = {"u": (2, 3), "ul": (2, 2)}
    for stage in range(3):
        for stream, window in windows.items():
            for index in range(num_resnet + (stage > 0)):
                block(f"down_layers.{stage}.{stream}_stream.{index}", window, 1 + (stream == "ul"))
            for index in range(num_resnet):
                block(f"up_layers.{stage}.{stream}_stream.{index}", window, int(stream == "ul"))
            if stage < 2:
                for name in (f"downsize_{stream}_stream.{stage}.conv", f"upsize_{stream}_stream.{stage}.deconv"):
                    layer(name, (num_filters, num_filters, *window))
    for name, window in (("u_init", (2, 3)), ("ul_init.0", (1, 3)), ("ul_init.1", (2, 1))):
        layer(f"{name}.conv", (num_filters, channels + 1, *window))
    layer("nin_out.lin_a", ((3 if channels == 1 else 10) * num_mix, num_filters))
    return state


def log_prob(state, images):
    """Minus the port's loss of each image: whole numbers 0 … 255, (B, H, W, C), as an array -> (B,), in nats."""
    x = torch.as_tensor(images, dtype=torch.float64).permute(0, 3, 1, 2) / 255.0
    x = (x - 0.5) * 2
    return _log_likelihood(x, Port(state)(x)).numpy()


class Port:
    def __init__(self, state):
        self.state = state
        self.num_resnet = len({key.split(".")[3] for key in state if key.startswith("up_layers.0.u_stream.")})

    def weights(self, name):
        g, v = self.state[f"{name}.weight_g"], self.state[f"{name}.weight_v"]
        norm = v.flatten(1).norm(dim=1).reshape(g.shape)
        return v * (g / norm), self.state[f"{name}.bias"]

    def convolution(self, name, x, stride=1):
        """A window that ends in the current row; also in the current column, unless it has three columns."""
        weight, bias = self.weights(f"{name}.conv")
        rows, columns = weight.shape[2:]
        left, right = (1, 1) if columns == 3 else (columns - 1, 0)
        return F.conv2d(F.pad(x, (left, right, rows - 1, 0)), weight, bias, stride=stride)

    def upsample(self, name, x):
        weight, bias = self.weights(f"{name}.deconv")
        y = F.conv_transpose2d(x, weight, bias, stride=2, output_padding=1)
        left = 1 if weight.shape[3] == 3 else 0
        return y[:, :, : 2 * x.shape[2], left : left + 2 * x.shape[3]]

    def pointwise(self, name, x):
        weight, bias = self.weights(f"{name}.lin_a")
        return torch.einsum("bchw,fc->bfhw", x, weight) + bias[:, None, None]

    def block(self, name, x, skip=None):
        y = self.convolution(f"{name}.conv_input", concat_elu(x))
        if skip is not None:
            y = y + self.pointwise(f"{name}.nin_skip", concat_elu(skip))
        value, gate = self.convolution(f"{name}.conv_out", concat_elu(y)).chunk(2, dim=1)
        return x + value * torch.sigmoid(gate)

    def __call__(self, x):
        x = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
        u = F.pad(self.convolution("u_init", x), (0, 0, 1, 0))[:, :, :-1]
        ul = F.pad(self.convolution("ul_init.0", x), (0, 0, 1, 0))[:, :, :-1]
        ul = ul + F.pad(self.convolution("ul_init.1", x), (1, 0))[:, :, :, :-1]
        skips = [(u, ul)]
        for stage in range(3):
            for index in range(self.num_resnet):
                u = self.block(f"up_layers.{stage}.u_stream.{index}", u)
                ul = self.block(f"up_layers.{stage}.ul_stream.{index}", ul, u)
                skips.append((u, ul))
            if stage < 2:
                u = self.convolution(f"downsize_u_stream.{stage}", u, stride=2)
                ul = self.convolution(f"downsize_ul_stream.{stage}", ul, stride=2)
                skips.append((u, ul))
        u, ul = skips.pop()
        for stage in range(3):
            for index in range(self.num_resnet + (stage > 0)):
                skip_u, skip_ul = skips.pop()
                u = self.block(f"down_layers.{stage}.u_stream.{index}", u, skip_u)
                ul = self.block(f"down_layers.{stage}.ul_stream.{index}", ul, torch.cat([u, skip_ul], dim=1))
            if stage < 2:
                u = self.upsample(f"upsize_u_stream.{stage}", u)
                ul = self.upsample(f"upsize_ul_stream.{stage}", ul)
        return self.pointwise("nin_out", F.elu(ul))


def concat_elu(x):
    return F.elu(torch.cat([x, -x], dim=1))


def _log_likelihood(x, parameters):
    """(B, C, H, W) in [-1, 1] and (B, P, H, W) -> (B,)."""
    x, parameters = x.permute(0, 2, 3, 1), parameters.permute(0, 2, 3, 1)
    channels = x.shape[-1]
    num_mix = parameters.shape[-1] // (3 if channels == 1 else 10)
    logits, rest = parameters[..., :num_mix], parameters[..., num_mix:].reshape(*x.shape, -1)
    means, log_scales = rest[..., :num_mix], rest[..., num_mix : 2 * num_mix].clamp(min=-7.0)
    if channels == 3:
        red, green = x[..., 0, None], x[..., 1, None]
        first, second, third = torch.tanh(rest[..., 2 * num_mix :]).unbind(dim=-2)
        shifts = torch.zeros_like(first), first * red, second * red + third * green
        means = means + torch.stack(shifts, dim=-2)
    centred = x[..., None] - means
    upper, lower = (centred + 1 / 255) * torch.exp(-log_scales), (centred - 1 / 255) * torch.exp(-log_scales)
    middle = centred * torch.exp(-log_scales)
    mass = torch.sigmoid(upper) - torch.sigmoid(lower)
    density = middle - log_scales - 2 * F.softplus(middle) - math.log(127.5)
    inner = torch.where(mass > 1e-5, torch.log(mass.clamp(min=1e-12)), density)
    highest = torch.where(x[..., None] > 0.999, -F.softplus(lower), inner)
    levels = torch.where(x[..., None] < -0.999, upper - F.softplus(upper), highest)
    joint = levels.sum(dim=-2) + torch.log_softmax(logits, dim=-1)
    return torch.logsumexp(joint, dim=-1).sum(dim=(1, 2))
