"""The memory of a network: features of earlier cells, while the network advances through an image.

A layer that needs earlier cells makes a key, a `Memory`, which says how many cells the layer remembers. The memory is a
dictionary from keys to tensors (B, rows, columns, channels). `NetworkMemory` has all keys of a network. It makes the
empty memory before the first row, gives each traversal its part of the memory, and selects images of a batch.
"""

from dataclasses import dataclass

import numpy as np
from keras import ops


@dataclass(frozen=True, eq=False)
class Memory:
    """A key of the memory, for the cells of one grid. Each key is equal to itself only.

    Args:
        channels: Number of remembered values for each cell.
        rows: Number of remembered rows above the current row, over the full width.
        columns: Number of remembered cells to the left in the current row; each row starts with zeros.
        grid: 0 for the image's own grid, 1 for the next coarser grid, …
        cells: 1 if cells are written one by one, 2 if a coarser grid writes 2x2 cells at once.
    """

    channels: int
    rows: int = 0
    columns: int = 0
    grid: int = 0
    cells: int = 1

    def shape(self, width):
        """(rows, columns, channels) of the key's tensor, for an image of this width."""
        return (self.rows, width >> self.grid, self.channels) if self.rows else (1, self.columns, self.channels)


class Remembering:
    """A layer that remembers earlier cells under the key `memory`."""

    memory: Memory

    def memories(self):
        """All memory keys of the layer."""
        return (self.memory,)

    def for_pixels(self):
        """Tensors, made from the kernel once for each draw, that the layer uses at every pixel."""
        return ()


def _zeros(keys, batch, width, dtype):
    """Make the memory before the first row of an image: zeros under every key."""
    return {key: ops.zeros((batch, *key.shape(width)), dtype) for key in keys}


class SideBySide:
    """The memories of all layers of one grid that advance pixel by pixel, concatenated along their channels.

    Storing one tensor for each pixel is faster than storing one for each layer.

    Args:
        layers: The layers; each remembers at most one row.
        grid: The grid of these layers.

    Attributes:
        above: Key of the row above, which the current row overwrites from the left; None if no layer remembers rows.
        left: Key of the last cells of the current row; None if no layer remembers columns.
    """

    def __init__(self, layers, grid):
        self.layers, self.grid = layers, grid
        ends = np.cumsum([layer.memory.channels for layer in layers])
        self.start = {layer.memory: int(end) - layer.memory.channels for layer, end in zip(layers, ends, strict=True)}
        columns = max(layer.memory.columns for layer in layers)
        self.above = Memory(int(ends[-1]), rows=1, grid=grid) if any(layer.memory.rows for layer in layers) else None
        self.left = Memory(int(ends[-1]), columns=columns, grid=grid) if columns else None

    def part(self, together, layer):
        """Select the channels of one layer: (…, sum of all channels) -> (…, channels)."""
        start = self.start[layer.memory]
        return together[..., start : start + layer.memory.channels]

    def join(self, inputs):
        """Concatenate a dictionary from keys of layers to (…, channels); a layer without an entry has zeros."""
        some = next(iter(inputs.values()))
        return ops.concatenate(
            [
                inputs[key] if key in inputs else ops.zeros((*ops.shape(some)[:-1], key.channels), some.dtype)
                for key in self.start
            ],
            axis=-1,
        )


class NetworkMemory:
    """The memory of a network between two rows of an image.

    Args:
        network: The `Network`.
        width: Width of the padded image.
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
        """Make the memory before the first row, as a list of tensors in the order of `keys`."""
        return self.as_list(_zeros(self.keys, batch, self.width, self.dtype))

    def as_list(self, memory):
        """The tensors of a dictionary in the order of `keys`, because compiled functions take and return lists."""
        return [memory[key] for key in self.keys]

    def as_dictionary(self, tensors):
        """The dictionary from keys to the tensors of a list."""
        return dict(zip(self.keys, tensors, strict=True))

    def for_rows(self, batch):
        """Make empty memories with which the vertical and the horizontal stack advance by whole rows."""
        keys = [key for layer in self.horizontal_layers for key in layer.memories() if key.rows]
        return tuple(_zeros(stack, batch, self.width, self.dtype) for stack in (self.by_row, keys))

    def after_rows(self, vertical, horizontal):
        """Convert the memories of `for_rows`, after some rows, to the keys of this network."""
        memory = {**vertical, **{key: value for key, value in horizontal.items() if key in self.by_pixel}}
        for together in self.side_by_side.values():
            if together.above is not None:
                memory[together.above] = together.join({key: horizontal[key] for key in together.start if key.rows})
        return memory

    def for_pixels(self, memory, batch):
        """Make the memory that the pixels of a row read and change: of the row above, and zeros to the left."""
        left = _zeros(self.left, batch, self.width, self.dtype)
        return {**{key: memory[key] for key in self.by_pixel}, **left}

    @staticmethod
    def of_images(tensors, index):
        """Select the memory of the images at these indices (B,) of the batch.

        With guidance a batch has B images with the condition and then the same B images without the condition.
        """
        copies = tensors[0].shape[0] // len(index)
        index = np.concatenate([index + copy * len(index) for copy in range(copies)])
        return [ops.take(tensor, index, axis=0) for tensor in tensors]
