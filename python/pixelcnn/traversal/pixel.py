"""The next pixel of a row, in a compiled loop over columns."""

from keras import ops

from pixelcnn.traversal.rows import is_uniform


class RowStart:
    """The tensors that a row needs before its first pixel: what each layer takes from the row above.

    Args:
        network_memory: The `NetworkMemory`.
        prepared: A dictionary from layers to the results of their `for_pixels`.
        above: A dictionary from layers to what they take from the row above.
    """

    def __init__(self, network_memory, prepared, above):
        self.side_by_side, self.prepared, self.above = network_memory.side_by_side, prepared, above

    @classmethod
    def after(cls, network_memory, prepared, memory, row):
        """The start of a row, an integer tensor, after the rows of a memory, a dictionary from keys to tensors."""
        above = {}
        for grid, together in network_memory.side_by_side.items():
            layers = [layer for layer in together.layers if layer.memory.rows]
            if layers:
                due = row % 2**grid == 0 if grid else None
                above.update(zip(layers, _from_row_above(layers, together, memory, due), strict=True))
        return cls(network_memory, prepared, above)


def _from_row_above(layers, together, memory, due):
    """What layers of one grid take from the row above; zeros, which no layer reads, if the grid skips this row."""
    above = memory[together.above]

    def compute():
        return [layer.from_row_above(together.part(above, layer)) for layer in layers]

    def skip():
        batch, rows, width, _ = ops.shape(above)
        return [ops.zeros((batch, rows, *layer.shape_from_row_above(width)), above.dtype) for layer in layers]

    return compute() if due is None else ops.cond(due, compute, skip)


class NextPixel:
    """Computes the next pixel. The layers may depend on one row above and on no column to the right.

    A network with groups of channels runs once for each group; after the last run all features are complete.

    Layers only read the memory. `written` collects what the pixel adds to the memory, and `next_memory` stores this.

    Args:
        start: The row's `RowStart`.
        memory: A dictionary from keys to tensors, from `NetworkMemory.for_pixels`.
        row, column: Place of the pixel on this grid, integer tensors.
        grid: The grid of the pixel.
    """

    def __init__(self, start, memory, row, column, grid=0):
        self.start, self.memory = start, memory
        self.row, self.column, self.grid = row, column, grid
        self.together = start.side_by_side[grid]
        self.inputs, self.written = {}, {}

    def convolve(self, layer, x, activation):
        """As `WholeImage.convolve`, at one cell: (B, 1, 1, C) -> (B, 1, 1, F)."""
        self.inputs[layer.memory] = x = activation(x)
        if layer.left:
            x = ops.concatenate([self._left(layer), x], axis=2)
        window = ops.reshape(x, (-1, (layer.left + 1) * layer.channels))
        y = (window @ self.start.prepared[layer])[:, None, None, :]
        return y + self._above(layer, self.column // layer.stride) if layer.top else y

    def recur(self, layer, x):
        """As `WholeImage.recur`, at one cell: (B, 1, 1, G) -> (B, 1, 1, F)."""
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
        """Select the current pixel of the vertical stack's features of this row."""
        return _cell(vertical, 0, self.column)

    def local(self, condition):
        """Select the current pixel of a condition's map; a condition of 1x1 stays as it is."""
        return condition if is_uniform(condition) else _cell(condition, self.row, self.column)

    def coarser(self, x, downsample, inner, upsample, feature_keys):
        """As `WholeImage.coarser`. The coarse grid advances where row and column are even. The memory keeps the 2x2
        fine cells of the result for the three later pixels.
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
        """Collect what all layers of this grid remember of this pixel."""
        cell = self.together.join(self.inputs)
        above, left = self.together.above, self.together.left
        if above is not None:
            self.written[above] = cell
        if left is not None:
            columns = ops.concatenate([self.memory[left], cell], axis=2)
            self.written[left] = columns[:, :, 1:]

    def _stored(self, key):
        """The memory at this pixel's place. Writing this tensor back changes nothing."""
        tensor = self.memory[key]
        if key.columns:
            return tensor
        return ops.slice(tensor, self._place(key), (ops.shape(tensor)[0], key.cells, key.cells, tensor.shape[3]))

    def _place(self, key):
        """The index in a row's memory of this pixel, or of its block of 2x2 cells."""
        column = self.column // 2 ** (key.grid - self.grid)
        return (0, 0, column - column % key.cells, 0)

    def next_memory(self):
        """The memory after this pixel."""
        self.finish()
        return {
            key: self.written[key]
            if key.columns
            else ops.slice_update(self.memory[key], self._place(key), self.written[key])
            for key in self.memory
        }


def _cell(features, row, column):
    """Select one cell: (B, H, W, F) -> (B, 1, 1, F)."""
    return ops.slice(features, (0, row, column, 0), (ops.shape(features)[0], 1, 1, features.shape[3]))
