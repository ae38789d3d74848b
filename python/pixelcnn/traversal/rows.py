"""The next rows of an image, over the full width."""

from keras import ops


def convolve_rows(layer, x, kernel):
    """A layer's convolution of rows (B, rows, W, C) with no row of zeros above, and columns of zeros beside them."""
    if layer.left or layer.right:
        x = ops.pad(x, ((0, 0), (0, 0), (layer.left, layer.right), (0, 0)))
    return ops.conv(x, kernel, strides=layer.stride, padding="valid", data_format="channels_last")


class RowTraversal:
    """What `Rows` and `NextRow` share.

    Args:
        memory: A dictionary from keys to tensors, with an entry for every key of the stack; read and updated.
        row: Index of the first row on this grid, counted from the row at which the condition's map starts.
    """

    def __init__(self, memory, row):
        self.memory, self.row = memory, row

    def remembered_and(self, x, layer):
        """The rows that the layer remembers and then the new rows x, of which it remembers the last."""
        key = layer.memory
        if not key.rows:
            return x
        x = ops.concatenate([self.memory[key], x], axis=1)
        self.memory[key] = x[:, -key.rows :]
        return x

    def recur(self, layer, x):
        """As for the whole image, from what the layer remembers of the row above."""
        y, last = layer.rows(x, self.memory.get(layer.memory))
        if layer.memory.rows:
            self.memory[layer.memory] = last
        return y

    def select(self, vertical):
        """Features of the rows that are computed now are given as they are."""
        return vertical


class Rows(RowTraversal):
    """The next rows.

    Args:
        memory, row: See `RowTraversal`; `row` is an int.
        count: Number of rows.
    """

    def __init__(self, memory, row, count):
        super().__init__(memory, row)
        self.count = count

    def convolve(self, layer, x, activation):
        """As for the whole image, with the remembered rows in place of zeros."""
        x = self.remembered_and(activation(x), layer)
        if layer.stride == 2:
            x = x[:, self.row % 2 :]
        return convolve_rows(layer, x, layer.kernel)

    def local(self, condition):
        """The rows of a condition's map that are computed now; a condition of 1x1 is the same everywhere."""
        if is_uniform(condition):
            return condition
        return condition[:, self.row : self.row + self.count]

    def coarser(self, x, downsample, inner, upsample, features):
        """As for the whole image. The coarse grid advances only where it has a row; the last two fine rows that it gave
        are remembered.
        """
        first, last = (self.row + 1) // 2, (self.row + self.count + 1) // 2
        fine = [self.memory[upsample.fine][:, 1:]] if self.row % 2 else []
        found = {}
        if last > first:
            coarse = Rows(self.memory, first, last - first)
            y, found = inner(downsample(x, traversal=self), coarse)
            fine.append(upsample(y, traversal=coarse))
            self.memory[upsample.fine] = fine[-1][:, -2:]
        else:
            self.remembered_and(x, downsample)
        fine = ops.concatenate(fine, axis=1) if len(fine) > 1 else fine[0]
        return fine[:, : self.count], found


class NextRow(RowTraversal):
    """The next row, in a compiled loop, where the index of the row is known only when the loop runs.

    Args:
        memory, row: See `RowTraversal`; `row` is an integer tensor.
        grid: The grid that the row lies on.
    """

    def __init__(self, memory, row, grid=0):
        super().__init__(memory, row)
        self.grid = grid

    def convolve(self, layer, x, activation):
        """As `Rows`, for one row."""
        return convolve_rows(layer, self.remembered_and(activation(x), layer), layer.kernel)

    def local(self, condition):
        """The row of a condition's map that is computed now; a condition of 1x1 is the same everywhere."""
        if is_uniform(condition):
            return condition
        size = (condition.shape[0], 1, *condition.shape[2:])
        return ops.slice(condition, (0, self.row, 0, 0), size)

    def coarser(self, x, downsample, inner, upsample, features):
        """As for the whole image. The coarse grid advances on even rows. The two fine rows that it gives, and the
        features of its blocks, are remembered for the odd row.
        """
        changed = [key for key in self.memory if key.grid > self.grid or key is downsample.memory]
        changed.append(upsample.fine)

        def advance():
            memory = dict(self.memory)
            coarse = NextRow(memory, self.row // 2, self.grid + 1)
            y, found = inner(downsample(x, traversal=NextRow(memory, self.row, self.grid)), coarse)
            memory[upsample.fine] = upsample(y, traversal=coarse)
            memory.update({features[place]: value for place, value in found.items()})
            return [memory[key] for key in changed]

        def keep():
            memory = dict(self.memory)
            NextRow(memory, self.row, self.grid).remembered_and(x, downsample)
            return [memory[key] for key in changed]

        self.memory.update(zip(changed, ops.cond(self.row % 2 == 0, advance, keep), strict=True))
        fine = self.memory[upsample.fine]
        fine = ops.slice(fine, (0, self.row % 2, 0, 0), (fine.shape[0], 1, *fine.shape[2:]))
        return fine, {place: self.memory[key] for place, key in features.items()}


def is_uniform(condition):
    """Whether a condition is the same at every pixel."""
    return condition.shape[1] == 1 and condition.shape[2] == 1
