"""The next pixel of a row, in a compiled loop over columns."""

from keras import ops

from pixelcnn.traversal.rows import is_uniform


class RowStart:
    """What a row needs before its first pixel: what each layer takes from the row above.

    Args:
        network_memory: The `NetworkMemory`.
        prepared: A dictionary from layers to what their `for_pixels` gave.
        memory: What is remembered, by key.
        row: Index of the row, an integer tensor.
    """

    def __init__(self, network_memory, prepared, memory, row):
        self.side_by_side, self.prepared, self.above = network_memory.side_by_side, prepared, {}
        for grid, together in self.side_by_side.items():
            layers = [layer for layer in together.layers if layer.memory.rows]
            if layers:
                due = row % 2**grid == 0 if grid else None
                self.above.update(zip(layers, _from_row_above(layers, together, memory, due), strict=True))


def _from_row_above(layers, together, memory, due):
    """What layers of one grid take from the row above; zeros where the grid has no row, because nothing reads them."""
    above = memory[together.above]

    def compute():
        return [layer.from_row_above(together.part(above, layer)) for layer in layers]

    def skip():
        batch, rows, width, _ = above.shape
        return [ops.zeros((batch, rows, *layer.shape_from_row_above(width)), above.dtype) for layer in layers]

    return compute() if due is None else ops.cond(due, compute, skip)


class NextPixel:
    """The next pixel. Its layers may depend on one row above and on no column to the right. A network with groups of
    channels comes by once for each group; the last time, all features are there.

    The memory is only read. What the pixel adds to it is collected in `written`, and stored once the pixel is done.

    Args:
        start: The row's `RowStart`.
        memory: A dictionary from keys to tensors, from `NetworkMemory.for_pixels`.
        row, column: Place of the pixel on this grid, integer tensors.
        grid: The grid that the pixel lies on.
    """

    def __init__(self, start, memory, row, column, grid=0):
        self.start, self.memory = start, memory
        self.row, self.column, self.grid = row, column, grid
        self.together = start.side_by_side[grid]
        self.inputs, self.written = {}, {}

    def convolve(self, layer, x, activation):
        """As for the whole image, at one cell: (B, 1, 1, C) -> (B, 1, 1, F)."""
        self.inputs[layer.memory] = x = activation(x)
        if layer.left:
            x = ops.concatenate([self._left(layer), x], axis=2)
        window = ops.reshape(x, (-1, (layer.left + 1) * layer.channels))
        y = (window @ self.start.prepared[layer])[:, None, None, :]
        return y + self._above(layer, self.column // layer.stride) if layer.top else y

    def recur(self, layer, x):
        """As for the whole image, at one cell: (B, 1, 1, G) -> (B, 1, 1, F)."""
        above = self._above(layer, self.column) if layer.memory.rows else None
        left = self._left(layer) if layer.memory.columns else None
        y, self.inputs[layer.memory] = layer.pixel(x, above, left)
        return y

    def _above(self, layer, column):
        """What the layer takes from the row above at one cell."""
        return _cell(self.start.above[layer], 0, column)

    def _left(self, layer):
        """What the layer remembers of the cells to the left."""
        return self.together.part(self.memory[self.together.left], layer)[:, :, -layer.memory.columns :]

    def select(self, vertical):
        """Of the row that is computed now, its current pixel."""
        return _cell(vertical, 0, self.column)

    def local(self, condition):
        """The pixel of a condition's map that is computed now; a condition of 1x1 is the same everywhere."""
        return condition if is_uniform(condition) else _cell(condition, self.row, self.column)

    def coarser(self, x, downsample, inner, upsample, features):
        """As for the whole image. The coarse grid advances where it has a cell; the 2x2 fine cells that it gives are
        remembered for the three pixels that come later.
        """
        self.inputs[downsample.memory] = x
        changed = [upsample.fine, *(key for key in self.memory if key.grid > self.grid)]

        def advance():
            coarse = NextPixel(self.start, self.memory, self.row // 2, self.column // 2, self.grid + 1)
            y, _ = inner(downsample(x, traversal=self), coarse)
            coarse.written[upsample.fine] = upsample(y, traversal=coarse)
            coarse.finish()
            return [coarse.written[key] for key in changed]

        def keep():
            return [self._stored(key) for key in changed]

        due = ops.logical_and(self.row % 2 == 0, self.column % 2 == 0)
        self.written.update(zip(changed, ops.cond(due, advance, keep), strict=True))
        return _cell(self.written[upsample.fine], self.row % 2, self.column % 2), {}

    def finish(self):
        """Note what all layers of this grid remember of this pixel."""
        cell = self.together.join(self.inputs)
        above, left = self.together.above, self.together.left
        if above is not None:
            self.written[above] = cell
        if left is not None:
            columns = ops.concatenate([self.memory[left], cell], axis=2)
            self.written[left] = columns[:, :, 1:]

    def _stored(self, key):
        """What the memory holds at this pixel's place: written back, it changes nothing."""
        tensor = self.memory[key]
        if key.columns:
            return tensor
        return ops.slice(tensor, self._place(key), (tensor.shape[0], key.cells, key.cells, tensor.shape[3]))

    def _place(self, key):
        """Where in a row's memory this pixel, or the 2x2 cells that it belongs to, are stored."""
        column = self.column // 2 ** (key.grid - self.grid)
        return (0, 0, column - column % key.cells, 0)

    def next_memory(self):
        """The memory with what this pixel adds to it."""
        self.finish()
        return {
            key: self.written[key]
            if key.columns
            else ops.slice_update(self.memory[key], self._place(key), self.written[key])
            for key in self.memory
        }


def _cell(features, row, column):
    """One cell of (B, H, W, F), as (B, 1, 1, F)."""
    return ops.slice(features, (0, row, column, 0), (features.shape[0], 1, 1, features.shape[3]))
