"""How far through an image a network has come: the whole of it, its next rows, or its next pixel.

A network is written once. Where it needs what came before (a convolution's window, an LSTM's state, a coarser grid),
it asks the traversal:

* `WholeImage`: everything at once; before it there is nothing.
* `Rows`: the next rows at full width; what the rows above left behind is in a history.
* `NextRow`: the next row, in a compiled loop over rows.
* `NextPixel`: the next pixel, in a compiled loop over columns.

All give the same features for the same pixels (up to rounding), which is what makes cached sampling exact.
"""

import numpy as np
from keras import ops

from pixelcnn.backend import convolve


def convolve_rows(layer, x, kernel):
    """A layer's convolution of rows (B, rows, W, C) with none above them, and columns of zeros beside."""
    if layer.left or layer.right:
        x = ops.pad(x, ((0, 0), (0, 0), (layer.left, layer.right), (0, 0)))
    return ops.conv(x, kernel, strides=layer.stride, padding="valid", data_format="channels_last")


class WholeImage:
    """All rows and columns at once."""

    def convolve(self, layer, x, activation):
        """The layer's convolution of activated features at every cell, with zeros before the image: (B, H, W, C) ->
        (B, H / stride, W / stride, F).
        """
        return convolve(x, activation, layer.kernel, layer.stride, (layer.top, layer.left, layer.right))

    def recur(self, lstm, gates):
        """The LSTM's hidden state at every cell, from zero states beyond the image: gates (B, H, W, G) -> (B, H, W,
        F). It may be compiled, for each batch size once.
        """
        return lstm.image(gates)

    def select(self, vertical):
        """Of features known for whole rows, those at the cells that are computed now."""
        return vertical

    def local(self, condition):
        """Of a condition given for the whole grid, what lies at the cells that are computed now."""
        return condition

    def coarser(self, x, downsample, inner, upsample):
        """Down to the coarser grid, through `inner` there, and up again; with the features that `inner` reports."""
        y, features = inner(downsample(x, traversal=self), self)
        return upsample(y, traversal=self), features


WHOLE_IMAGE = WholeImage()


class Rows:
    """The next rows, at full width.

    Args:
        history: A dictionary from a layer's name to the last rows that it saw; read and updated.
        row: Index of the first of these rows, on this grid, from where the condition's grid starts.
        count: How many rows.
    """

    def __init__(self, history, row, count):
        self.history, self.row, self.count = history, row, count

    def convolve(self, layer, x, activation):
        """As for the whole image, with the remembered rows in place of zeros."""
        x = _extend(self.history, layer, activation(x))
        if layer.stride == 2:
            x = x[:, self.row % 2 :]
        return convolve_rows(layer, x, layer.kernel)

    def recur(self, lstm, gates):
        """As for the whole image, from what is remembered of the row above."""
        hidden, self.history[lstm.name] = lstm.rows(gates, self.history.get(lstm.name))
        return hidden

    def select(self, vertical):
        """Features of the rows that are computed now are given as they are."""
        return vertical

    def local(self, condition):
        """The rows of a condition map that are computed now; a condition of 1x1 is the same everywhere."""
        if _is_uniform(condition):
            return condition
        return condition[:, self.row : self.row + self.count]

    def coarser(self, x, downsample, inner, upsample):
        """The coarse grid advances where it has a row; its last two fine rows stay in the history."""
        fine_name = f"{upsample.name}_fine"
        first, last = (self.row + 1) // 2, (self.row + self.count + 1) // 2
        fine = [self.history[fine_name][:, 1:]] if self.row % 2 else []
        features = {}
        if last > first:
            coarse = Rows(self.history, first, last - first)
            y, features = inner(downsample(x, traversal=self), coarse)
            fine.append(upsample(y, traversal=coarse))
            self.history[fine_name] = fine[-1][:, -2:]
        else:
            _extend(self.history, downsample, x)
        fine = ops.concatenate(fine, axis=1) if len(fine) > 1 else fine[0]
        return fine[:, : self.count], features


def _extend(history, layer, x):
    """The rows that the layer's windows reach: what it remembers, then x. It remembers the last of them."""
    if not layer.top:
        return x
    above = history.get(layer.name)
    if above is None:
        above = ops.zeros((ops.shape(x)[0], layer.top, *x.shape[2:]), x.dtype)
    x = ops.concatenate([above, x], axis=1)
    history[layer.name] = x[:, -layer.top :]
    return x


def _is_uniform(condition):
    """Whether a condition is the same at every pixel."""
    return condition.shape[1] == 1 and condition.shape[2] == 1


class NextRow:
    """The next row, at full width, in a compiled loop: which row it is, and so whether a coarser grid has one, is known
    as it runs.

    Args:
        state: A dictionary of what is remembered, with an entry for everything; read and updated.
        levels: For each entry of the state, the level of the grid that it lies on.
        level: Level of this grid.
        row: Index of the row on this grid, an integer tensor, from where the condition's grid starts.
    """

    def __init__(self, state, levels, level, row):
        self.state, self.levels, self.level, self.row = state, levels, level, row

    def convolve(self, layer, x, activation):
        """As `Rows`, for one row."""
        x = _extend(self.state, layer, activation(x))
        return convolve_rows(layer, x, layer.kernel)

    def select(self, vertical):
        """Features of the row that is computed now are given as they are."""
        return vertical

    def local(self, condition):
        """The row of a condition map that is computed now; a condition of 1x1 is the same everywhere."""
        if _is_uniform(condition):
            return condition
        size = (condition.shape[0], 1, *condition.shape[2:])
        return ops.slice(condition, (0, self.row, 0, 0), size)

    def coarser(self, x, downsample, inner, upsample):
        """The coarse grid advances on even rows; its two fine rows, and its features, stay in the state for the odd
        one.
        """
        fine_name = f"{upsample.name}_fine"
        features = sorted(
            name for name in self.state if name.startswith("features_") and self.levels[name] > self.level
        )
        changed = [name for name, level in self.levels.items() if level > self.level and name in self.state]
        changed = sorted({*changed, downsample.name} & set(self.state)) + [fine_name]

        def advance():
            state = dict(self.state)
            coarse = NextRow(state, self.levels, self.level + 1, self.row // 2)
            y, found = inner(downsample(x, traversal=NextRow(state, self.levels, self.level, self.row)), coarse)
            state[fine_name] = upsample(y, traversal=coarse)
            state.update({f"features_{place}": value for place, value in found.items()})
            return [state[name] for name in changed]

        def keep():
            state = dict(self.state)
            _extend(state, downsample, x)
            return [state[name] for name in changed]

        self.state.update(zip(changed, ops.cond(self.row % 2 == 0, advance, keep), strict=True))
        fine = self.state[fine_name]
        fine = ops.slice(fine, (0, self.row % 2, 0, 0), (fine.shape[0], 1, *fine.shape[2:]))
        return fine, {name.removeprefix("features_"): self.state[name] for name in features}


class RowLayout:
    """How the inputs of all layers of one grid lie side by side, so that a pixel is stored and remembered in one piece;
    of an LSTM, what it remembers of a pixel.

    Args:
        layers: The convolutions and LSTMs that read this grid pixel by pixel.
    """

    def __init__(self, layers):
        ends = np.cumsum([layer.channels for layer in layers])
        self.layers = layers
        self.channels = int(ends[-1])
        self.left = max(layer.left for layer in layers)
        self.above = any(layer.top for layer in layers)
        self.start = {layer.name: int(end) - layer.channels for layer, end in zip(layers, ends, strict=True)}

    def part(self, packed, layer):
        """One layer's channels."""
        return packed[..., self.start[layer.name] : self.start[layer.name] + layer.channels]

    def pack(self, inputs):
        """All layers' channels; a layer without an input has zeros."""
        some = next(iter(inputs.values()))
        empty = (*some.shape[:-1],)
        return ops.concatenate(
            [
                inputs[layer.name] if layer.name in inputs else ops.zeros((*empty, layer.channels), some.dtype)
                for layer in self.layers
            ],
            axis=-1,
        )


class RowStart:
    """What a row needs before its first pixel: what the rows above contribute to each layer, and this row's kernels as
    matrices.

    Args:
        layouts: By level, the `RowLayout` of its grid.
        matrices: By layer, the kernel of the current row, from `current_row_matrices`.
        state: For each level, the inputs in the row above.
        row: Index of the row, an integer tensor.
    """

    def __init__(self, layouts, matrices, state, row):
        self.layouts, self.matrices, self.above = layouts, matrices, {}
        for level, layout in enumerate(layouts):
            if not layout.above:
                continue
            layers = [layer for layer in layout.layers if layer.top]
            above = self._above(layout, layers, state[f"inputs_{level}"], row % 2**level == 0 if level else None)
            self.above.update(zip((layer.name for layer in layers), above, strict=True))

    def _above(self, layout, layers, inputs, due):
        """Contributions of the row above, for layers of one grid; not worked out where the grid has no row."""

        def compute():
            return [layer.from_row_above(layout.part(inputs, layer)) for layer in layers]

        def skip():
            shape = inputs.shape[:2]
            return [
                ops.zeros((*shape, inputs.shape[2] // layer.stride, layer.kernel.shape[-1]), inputs.dtype)
                for layer in layers
            ]

        return compute() if due is None else ops.cond(due, compute, skip)


def current_row_matrices(convolutions):
    """For each convolution the part of its kernel in the current row, up to the current column, as a matrix."""
    return {
        layer.name: ops.reshape(layer.kernel[layer.top, : layer.left + 1], (-1, layer.kernel.shape[-1]))
        for layer in convolutions
    }


class NextPixel:
    """The next pixel, in a compiled loop over columns. Only for layers that see one row above and no column to the
    right. A network with groups of channels comes by once for each group; the last time all features are there.

    The state is only read; what the pixel adds to it is collected in `written`, to be stored once the pixel is done. In
    the state are, for each level, `inputs` (the layers' inputs in the row above, from the left overwritten by this
    row's), `left` (those of the last
    columns) and `fine` (the fine pixels that the next coarser grid gave).

    Args:
        start: The row's `RowStart`.
        state: A dictionary from (what, level) to tensors.
        level: Level of this grid.
        row, column: Place of the pixel on this grid, integer tensors.
    """

    def __init__(self, start, state, level, row, column):
        self.start, self.state = start, state
        self.level, self.row, self.column = level, row, column
        self.layout = start.layouts[level]
        self.inputs, self.written = {}, {}

    def convolve(self, layer, x, activation):
        """As for the whole image, at one cell: (B, 1, 1, C) -> (B, 1, 1, F)."""
        self.inputs[layer.name] = x = activation(x)
        if layer.left:
            before = self.layout.part(self.state["left", self.level], layer)[:, :, -layer.left :]
            x = ops.concatenate([before, x], axis=2)
        window = ops.reshape(x, (-1, (layer.left + 1) * layer.channels))
        y = (window @ self.start.matrices[layer.name])[:, None, None, :]
        if layer.top:
            y = y + _cell(self.start.above[layer.name], 0, self.column // layer.stride)
        return y

    def recur(self, lstm, gates):
        """As for the whole image, at one cell: (B, 1, 1, G) -> (B, 1, 1, F)."""
        left = self.layout.part(self.state["left", self.level], lstm)[:, :, -1:] if lstm.left else None
        above = _cell(self.start.above[lstm.name], 0, self.column)
        hidden, self.inputs[lstm.name] = lstm.pixel(gates, above, left)
        return hidden

    def select(self, vertical):
        """Of the row that is computed now, its current pixel."""
        return _cell(vertical, 0, self.column)

    def local(self, condition):
        """The pixel of a condition map that is computed now; a condition of 1x1 is the same everywhere."""
        return condition if _is_uniform(condition) else _cell(condition, self.row, self.column)

    def coarser(self, x, downsample, inner, upsample):
        """The coarse grid advances where it has a cell; its four fine pixels stay in the state for their turn."""
        self.inputs[downsample.name] = x
        names = [("fine", self.level)] + [name for name in self.state if name[1] > self.level]

        def advance():
            coarse = NextPixel(self.start, self.state, self.level + 1, self.row // 2, self.column // 2)
            y, _ = inner(downsample(x, traversal=self), coarse)
            coarse.written["fine", self.level] = upsample(y, traversal=coarse)
            coarse.finish()
            return [coarse.written[name] for name in names]

        def keep():
            return [self._stored(name) for name in names]

        due = ops.logical_and(self.row % 2 == 0, self.column % 2 == 0)
        self.written.update(zip(names, ops.cond(due, advance, keep), strict=True))
        return _cell(self.written["fine", self.level], self.row % 2, self.column % 2), {}

    def finish(self):
        """Note what all layers of this grid saw at this pixel."""
        packed = self.layout.pack(self.inputs)
        if self.layout.above:
            self.written["inputs", self.level] = packed
        if self.layout.left:
            columns = ops.concatenate([self.state["left", self.level], packed], axis=2)
            self.written["left", self.level] = columns[:, :, 1:]

    def _stored(self, name):
        """What the state holds at this pixel's place: written back, it changes nothing."""
        what, _ = name
        if what == "left":
            return self.state[name]
        size = 2 if what == "fine" else 1
        buffer = self.state[name]
        return ops.slice(buffer, self._place(name), (buffer.shape[0], size, size, buffer.shape[3]))

    def _place(self, name):
        what, level = name
        column = self.column // 2 ** (level - self.level)
        return (0, 0, column - column % 2 if what == "fine" else column, 0)

    def next_state(self):
        """The state with what this pixel adds to it."""
        self.finish()
        return {
            name: self.written[name]
            if name[0] == "left"
            else ops.slice_update(self.state[name], self._place(name), self.written[name])
            for name in self.state
        }


def _cell(features, row, column):
    """One cell of (B, H, W, F), as (B, 1, 1, F)."""
    return ops.slice(features, (0, row, column, 0), (features.shape[0], 1, 1, features.shape[3]))
