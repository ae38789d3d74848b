"""What a network remembers of the cells before the current one, while it advances through an image.

A layer that needs earlier cells makes a key, a `Memory`, which says how much it remembers of them. What is remembered
is a dictionary from keys to tensors (B, rows, columns, channels). `NetworkMemory` knows all keys of a network: it makes
the empty memory above an image, gives rows and pixels their parts of it, and selects the images of a batch that go on.
"""

from dataclasses import dataclass

import numpy as np
from keras import ops


@dataclass(frozen=True, eq=False)
class Memory:
    """A key for what is remembered of the cells of one grid. Each key is equal to itself only.

    Args:
        channels: Numbers that are remembered of each cell.
        rows: Number of rows above the current one that are remembered, over the full width.
        columns: Number of cells to the left in the current row that are remembered; each row starts with zeros.
        grid: 0 for the image's own grid, 1 for the next coarser one, …
        cells: 1 if cells are written one by one, 2 if a coarser grid writes 2x2 cells at once.
    """

    channels: int
    rows: int = 0
    columns: int = 0
    grid: int = 0
    cells: int = 1

    def shape(self, width):
        """(rows, columns, channels) of what is remembered, for an image of this width."""
        return (self.rows, width >> self.grid, self.channels) if self.rows else (1, self.columns, self.channels)


class Remembering:
    """A layer that remembers earlier cells, under the key `memory`."""

    memory: Memory

    def memories(self):
        """The keys of everything that the layer remembers."""
        return (self.memory,)

    def for_pixels(self):
        """Tensors that the layer computes with at every pixel, made from its kernel once a draw."""
        return ()


def empty(keys, batch, width, dtype):
    """What is remembered before the first row of an image: zeros under every key."""
    return {key: ops.zeros((batch, *key.shape(width)), dtype) for key in keys}


class SideBySide:
    """The memories of all layers of one grid that advance pixel by pixel, as one tensor of all their channels, because
    it is faster to store one tensor for each pixel than one for each layer.

    Args:
        layers: The layers; each has a `memory` of at most one row.
        grid: The grid of these layers.

    Attributes:
        above: Key of the row above, which the current row overwrites from the left; None if no layer needs the row.
        left: Key of the last cells of the current row; None if no layer needs them.
    """

    def __init__(self, layers, grid):
        self.layers, self.grid = layers, grid
        ends = np.cumsum([layer.memory.channels for layer in layers])
        self.start = {layer.memory: int(end) - layer.memory.channels for layer, end in zip(layers, ends, strict=True)}
        columns = max(layer.memory.columns for layer in layers)
        self.above = Memory(int(ends[-1]), rows=1, grid=grid) if any(layer.memory.rows for layer in layers) else None
        self.left = Memory(int(ends[-1]), columns=columns, grid=grid) if columns else None

    def part(self, together, layer):
        """The channels of one layer: (…, sum of all channels) -> (…, channels)."""
        start = self.start[layer.memory]
        return together[..., start : start + layer.memory.channels]

    def join(self, inputs):
        """All channels side by side, from a dictionary from a layer's key to (…, channels); zeros for a layer that is
        not in it.
        """
        some = next(iter(inputs.values()))
        return ops.concatenate(
            [
                inputs[key] if key in inputs else ops.zeros((*some.shape[:-1], key.channels), some.dtype)
                for key in self.start
            ],
            axis=-1,
        )


class NetworkMemory:
    """Everything that a network remembers between two rows of an image.

    Args:
        network: Lists the layers that remember, as `vertical_layers()` and `horizontal_layers()`.
        width: Width of the image inside the network.
        channels: Number of channels C of the image.
        dtype: The network's compute dtype.
    """

    def __init__(self, network, width, channels, dtype):
        self.width, self.dtype = width, dtype
        self.image = Memory(channels, rows=1)  # the last row of the image
        self.by_row = [key for layer in network.vertical_layers() for key in layer.memories() if key.rows]
        self.horizontal_layers = list(network.horizontal_layers())
        grids = sorted({layer.memory.grid for layer in self.horizontal_layers})
        self.side_by_side = {
            grid: SideBySide([layer for layer in self.horizontal_layers if layer.memory.grid == grid], grid)
            for grid in grids
        }
        own = {layer.memory for layer in self.horizontal_layers}
        others = [key for layer in self.horizontal_layers for key in layer.memories() if key not in own]
        above = [together.above for together in self.side_by_side.values() if together.above is not None]
        self.by_pixel = [*above, *others]
        self.left = [together.left for together in self.side_by_side.values() if together.left is not None]
        self.keys = [self.image, *self.by_row, *self.by_pixel]

    def empty(self, batch):
        """The memory before the first row, as a list of tensors in the order of `keys`."""
        return self.as_list(empty(self.keys, batch, self.width, self.dtype))

    def as_list(self, memory):
        """The tensors of a dictionary in the order of `keys`: compiled functions take and return lists."""
        return [memory[key] for key in self.keys]

    def as_dictionary(self, tensors):
        """A dictionary from keys to the tensors of a list."""
        return dict(zip(self.keys, tensors, strict=True))

    def for_rows(self, batch):
        """Empty memories with which the vertical and the horizontal stack advance by whole rows."""
        keys = [key for layer in self.horizontal_layers for key in layer.memories() if key.rows]
        return tuple(empty(stack, batch, self.width, self.dtype) for stack in (self.by_row, keys))

    def after_rows(self, vertical, horizontal):
        """What the memories of `for_rows` hold behind those rows, under the keys of this network."""
        found = {**vertical, **{key: value for key, value in horizontal.items() if key in self.by_pixel}}
        for together in self.side_by_side.values():
            if together.above is not None:
                found[together.above] = together.join({key: horizontal[key] for key in together.start if key.rows})
        return found

    def for_pixels(self, memory, batch):
        """What the pixels of a row read and change: the row above, and no cell to the left."""
        left = empty(self.left, batch, self.width, self.dtype)
        return {**{key: memory[key] for key in self.by_pixel}, **left}

    @staticmethod
    def of_images(tensors, index):
        """The memory of the images at these indices (B,) of the batch. With guidance a batch holds B images with the
        condition and then the same B images without it.
        """
        copies = tensors[0].shape[0] // len(index)
        index = np.concatenate([index + copy * len(index) for copy in range(copies)])
        return [ops.take(tensor, index, axis=0) for tensor in tensors]
