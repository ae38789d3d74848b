"""The next rows of an image, over the full width."""

from keras import ops


def convolve_rows(layer, x, kernel):
    """Convolve rows (B, rows, W, C) with a layer's kernel. Columns are padded with zeros; rows are not padded."""
    if layer.left or layer.right:
        x = ops.pad(x, ((0, 0), (0, 0), (layer.left, layer.right), (0, 0)))
    return ops.conv(x, kernel, strides=layer.stride, padding="valid", data_format="channels_last")


class RowTraversal:
    """The base class of `Rows` and `NextRow`.

    Args:
        memory: A dictionary from keys to tensors, with an entry for every key of the stack. The traversal updates it.
        row: Index of the first row on this grid, counted from the first row of the condition's map.
    """

    def __init__(self, memory, row):
        self.memory, self.row = memory, row

    def remembered_and(self, x, layer):
        """Put the layer's remembered rows before the new rows x, and remember the last rows of x."""
        key = layer.memory
        if not key.rows:
            return x
        x = ops.concatenate([self.memory[key], x], axis=1)
        self.memory[key] = x[:, -key.rows :]
        return x

    def recur(self, layer, x):
        """As `WholeImage.recur`, from the layer's memory of the row above."""
        y, last = layer.rows(x, self.memory.get(layer.memory))
        if layer.memory.rows:
            self.memory[layer.memory] = last
        return y

    def select(self, vertical):
        """Return the vertical stack's features of these rows as they are."""
        return vertical


class Rows(RowTraversal):
    """Computes the next rows.

    Args:
        memory, row: See `RowTraversal`; `row` is an int.
        count: Number of rows.
    """

    def __init__(self, memory, row, count):
        super().__init__(memory, row)
        self.count = count

    def convolve(self, layer, x, activation):
        """As `WholeImage.convolve`, with the remembered rows in place of zeros."""
        x = self.remembered_and(activation(x), layer)
        if layer.stride == 2:
            x = x[:, self.row % 2 :]
        return convolve_rows(layer, x, layer.kernel)

    def local(self, condition):
        """Select these rows of a condition's map; a condition of 1x1 stays as it is."""
        if is_uniform(condition):
            return condition
        return condition[:, self.row : self.row + self.count]

    def coarser(self, x, downsample, inner, upsample, feature_keys):
        """As `WholeImage.coarser`. The coarse grid advances on even rows. The memory keeps the last two fine rows of
        the result.
        """
        first, last = (self.row + 1) // 2, (self.row + self.count + 1) // 2
        fine = [self.memory[upsample.fine][:, 1:]] if self.row % 2 else []
        features = {}
        if last > first:
            coarse = Rows(self.memory, first, last - first)
            y, features = inner(downsample(x, traversal=self), coarse)
            fine.append(upsample(y, traversal=coarse))
            self.memory[upsample.fine] = fine[-1][:, -2:]
        else:
            self.remembered_and(x, downsample)
        fine = ops.concatenate(fine, axis=1) if len(fine) > 1 else fine[0]
        return fine[:, : self.count], features


class NextRow(RowTraversal):
    """Computes the next row in a compiled loop, where the index of the row is a tensor.

    Args:
        memory, row: See `RowTraversal`; `row` is an integer tensor.
        grid: The grid of the row.
    """

    def __init__(self, memory, row, grid=0):
        super().__init__(memory, row)
        self.grid = grid

    def convolve(self, layer, x, activation):
        """As `Rows.convolve`, for one row."""
        return convolve_rows(layer, self.remembered_and(activation(x), layer), layer.kernel)

    def local(self, condition):
        """Select this row of a condition's map; a condition of 1x1 stays as it is."""
        if is_uniform(condition):
            return condition
        size = (ops.shape(condition)[0], 1, *condition.shape[2:])
        return ops.slice(condition, (0, self.row, 0, 0), size)

    def coarser(self, x, downsample, inner, upsample, feature_keys):
        """As `WholeImage.coarser`. The coarse grid advances on even rows. The memory keeps the two fine rows of the
        result, and the features of the coarse blocks, for the odd row.
        """
        changed = [key for key in self.memory if key.grid > self.grid or key is downsample.memory]
        changed.append(upsample.fine)

        def advance():
            memory = dict(self.memory)
            coarse = NextRow(memory, self.row // 2, self.grid + 1)
            y, features = inner(downsample(x, traversal=NextRow(memory, self.row, self.grid)), coarse)
            memory[upsample.fine] = upsample(y, traversal=coarse)
            memory.update({feature_keys[place]: value for place, value in features.items()})
            return [memory[key] for key in changed]

        def keep():
            memory = dict(self.memory)
            NextRow(memory, self.row, self.grid).remembered_and(x, downsample)
            return [memory[key] for key in changed]

        self.memory.update(zip(changed, ops.cond(self.row % 2 == 0, advance, keep), strict=True))
        fine = self.memory[upsample.fine]
        fine = ops.slice(fine, (0, self.row % 2, 0, 0), (ops.shape(fine)[0], 1, *fine.shape[2:]))
        return fine, {place: self.memory[key] for place, key in feature_keys.items()}


def is_uniform(condition):
    """Whether a condition is the same at every pixel."""
    return condition.shape[1] == 1 and condition.shape[2] == 1
