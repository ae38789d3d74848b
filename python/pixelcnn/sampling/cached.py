"""Cached sampling: for each pixel only the features that depend on it are computed; earlier ones are remembered [1].

References:
    1. Ramachandran et al., Fast Generation for Convolutional Autoregressive Models, 2017,
       <https://arxiv.org/abs/1704.06001>.
"""

import math
import threading
from contextlib import nullcontext
from functools import partial

import numpy as np
from keras import ops

from pixelcnn.backend import compile_for_inference, draws_at_once, draws_in_threads, has_accelerator
from pixelcnn.heads.head import likelihood_dtype
from pixelcnn.layers.shift import shift_down, shift_right
from pixelcnn.padding import PaddedGrid
from pixelcnn.sampling.sampler import Pixels, Sampler, Steering, draw_pixel, few_sizes
from pixelcnn.traversal import NetworkMemory, NextPixel, NextRow, Rows, RowStart

# XLA's code of a guided draw for a CPU gives wrong images if two threads run it at once (seen with
# TensorFlow 2.21 and 112 images of quickdraw13 in each). Unguided draws at once give what each gives alone.
# Accelerators do not wait for each other, because each has code and memory of its own.
_one_guided_draw = threading.Lock()
# Multiplications and additions that two cores do in about 1 s; a shorter call needs no progress and no interrupt
A_MOMENT = 5e10


class CachedSampler(Sampler):
    """Draws with a network that advances row by row and pixel by pixel.

    A call of the compiled function draws one or more blocks of rows. In a block the coarsest grid advances by one row.

    Args:
        network: A `Network`, which lists the layers that remember earlier cells. If its `channel_groups` are more than
            1, its `horizontal` also takes `current`, the channels of the pixel that are drawn already.
        head: The head that draws a pixel.
        image_shape: (H, W, C).
        dtype: The network's compute dtype.
    """

    convenient_size = staticmethod(few_sizes)
    runs_elsewhere = staticmethod(draws_in_threads)

    def __init__(self, network, head, image_shape, dtype):
        self.network, self.head, self.image_shape, self.dtype = network, head, image_shape, dtype
        self.rows = network.granularity
        self.grid = PaddedGrid(image_shape, network.granularity, network.margin)
        self.memory = NetworkMemory(network, self.grid.width, network.reading.width, dtype)
        # Of a pixel: about one for each weight.
        self.multiply_adds = network.channel_groups * sum(math.prod(variable.shape) for variable in network.variables)
        self._kernels = compile_for_inference(self.kernels, network.variables, xla=False)
        self._draw_block = compile_for_inference(self.draw_block, network.variables, xla=True)
        self._weigh_block = compile_for_inference(partial(self.draw_block, weigh=True), network.variables, xla=True)
        self._pass_known = compile_for_inference(self.pass_known, network.variables, xla=False)
        self._no_rows = compile_for_inference(self.no_rows, [], xla=False)

    @staticmethod
    def at_once():
        """Number of batches to draw at once, because XLA shares only large operations out among cores."""
        return draws_at_once()

    def prepare(self, weights):
        """Prepare what all batches of a call share: the values of the variables, and the kernels that they give."""
        return weights, self._kernels(weights)

    def draw(self, prepared, batch, draw, progress):
        """See `Sampler.draw`; progress is reported after each call of the compiled function."""
        count, particles, steering = len(batch.pixels.known), batch.particles, draw.steering()
        pixels, condition = self._padded(batch.pixels), dict(batch.condition_for(draw))
        if "spatial" in condition:
            condition["spatial"] = self.grid.pad(condition["spatial"], self.network.map_padding)
        # Each number of known rows is compiled, which someone who watches would have to wait for. With a threshold,
        # known pixels may be drawn.
        one_by_one = draw.by_block or draw.threshold is not None
        done, drawn = 0 if one_by_one else self._known_rows(batch.pixels.is_known), pixels.known.copy()
        if done:
            known = steering.both(ops.convert_to_tensor(drawn[:, :done]))
            memory = self._pass_known(*prepared, _rows_of(condition, 0, self._in_blocks(done)), known)
            progress(done, partial(self._so_far, batch, drawn))
        else:
            memory = self._no_rows([], steering.both(ops.zeros(count)))
        draw_block = self._draw_block if particles is None else self._weigh_block
        by_block = draw.by_block or particles is not None
        rows_a_call = self.rows if by_block else self._rows_a_call(count)
        turn = nullcontext() if steering.guidance is None or has_accelerator() else _one_guided_draw
        while done < self.grid.height:
            # A call starts at the first row of a block. The last call has as many rows as the others, so it may start
            # with rows that are drawn already.
            first = min(done - done % self.rows, self.grid.height - rows_a_call)
            last, skip = first + rows_a_call, ops.convert_to_tensor(done - first)
            inputs = pixels.at((slice(None), slice(first, last))).as_tensors()
            part = _rows_of(condition, first, last)
            with turn:
                rows, memory, nats = draw_block(*prepared, memory, part, skip, inputs, steering)
                drawn[:, done:last] = ops.convert_to_numpy(rows)[:, done - first :]
            if particles is not None:
                index = particles.go_on(first, ops.convert_to_numpy(nats))
                drawn, memory = drawn[index], self.memory.of_images(memory, index)
            progress(min(last, self.image_shape[0]) - done, partial(self._so_far, batch, drawn))
            done = last
        return batch.chosen(self.grid.crop(drawn))

    def draw_traced(self, uniforms, condition, prepared=None):
        """Draw a batch of images inside a function that the backend traces, all rows in one call.

        Args:
            uniforms: A tensor (B, H, W, C) in (0, 1).
            condition: A dictionary of tensors.
            prepared: The result of `prepare`, traced too; B is then known while it is traced, because TensorFlow
                compiles the call with XLA. None prepares, and needs neither a known B nor XLA, which programs that
                read an exported file may lack.

        Returns:
            Levels (B, H, W, C), float32, as in `draw`; NaN where the network's output is not finite.
        """
        if "spatial" in condition:
            condition = {**condition, "spatial": self.grid.pad(condition["spatial"], self.network.map_padding)}
        uniforms, skip = self.grid.pad(uniforms, value=0.5), ops.convert_to_tensor(0)
        pixels = Pixels(uniforms, ops.zeros_like(uniforms), ops.zeros_like(uniforms, "bool"))
        memory = self.memory.empty(ops.shape(uniforms)[0])
        draw_block = self._draw_block
        if prepared is None:
            draw_block, prepared = self.draw_block, (self.kernels(),)
        levels, _, _ = draw_block(*prepared, memory, condition, skip, pixels, Steering())
        return self.grid.crop(levels)

    def _so_far(self, batch, drawn):
        """The levels so far of the images, without the padding."""
        return batch.so_far(self.grid.crop(drawn)).copy()

    def _padded(self, pixels):
        """Extend `Pixels` to whole blocks. The added pixels are drawn too, and not used."""
        uniforms, known, is_known = pixels
        known = self.grid.pad(known).astype("float32")
        return Pixels(self.grid.pad(uniforms, value=0.5), known, self.grid.pad(is_known))

    def _known_rows(self, is_known):
        """Number of rows from the top that are known in all images, at most all but the last row; 0 if they are fewer
        than a block, because these are not worth a pass of their own.
        """
        known = np.all(is_known, axis=(0, 2, 3))
        count = len(known) if known.all() else int(np.argmin(known))
        return min(count, self.image_shape[0] - 1) if count >= self.rows else 0

    def _in_blocks(self, rows):
        """Round a number of rows up to whole blocks."""
        return -(-rows // self.rows) * self.rows

    def _rows_a_call(self, batch):
        """Number of rows of a call: whole blocks that take about 1 s together, at least one block. Progress and
        interrupts act between calls, but each call costs the transfer of the memory. All calls have the same number of
        rows, because each number is compiled.
        """
        pixels, blocks = batch * self.rows * self.grid.width, self.grid.height // self.rows
        operations = 2 * pixels * self.multiply_adds
        at_most = max(1, int(A_MOMENT / operations))
        calls = -(-blocks // at_most)
        return self.rows * -(-blocks // calls)

    def _read(self, levels):
        """What the network reads of levels (B, rows, W, C), with zeros to the right of the image."""
        return self.grid.zero_beside(self.network.read(levels), np.arange(self.grid.width)[:, None])

    def _read_pixel(self, levels, column):
        """What the network reads of levels (B, C) of one pixel, (B, 1, 1, N), with zeros to the right of the image."""
        return self.grid.zero_beside(self.network.read(levels[:, None, None, :]), column)

    # ---- compiled

    def kernels(self):
        """Compute once a call: the parameters of each `KernelStack`, and `for_pixels` of each horizontal layer.

        XLA does not compile this function, because XLA would make an operation of its own for each slice.
        """
        parameters = [stack.parameters() for stack in self.network.kernel_stacks]
        with self.network.kernels_in_place(parameters):
            return parameters, [layer.for_pixels() for layer in self.memory.horizontal_layers]

    def no_rows(self, images):
        """The memory before the first row of images (B, …)."""
        return self.memory.empty(images.shape[0])

    def pass_known(self, kernels, condition, levels):
        """The memory behind known rows (B, n, W, C), which pass through the network all at once. A map has whole blocks
        of rows.
        """
        images = self._read(levels)
        for_vertical, for_horizontal = self.network.conditions(condition)
        vertical, horizontal = self.memory.for_rows(images.shape[0])
        with self.network.kernels_in_place(kernels[0]):
            rows = Rows(vertical, 0, images.shape[1])
            from_above = self.network.vertical(shift_down(images), for_vertical, rows)
            rows = Rows(horizontal, 0, images.shape[1])
            current = self.network.current(images)
            self.network.horizontal(shift_right(images), from_above, for_horizontal, rows, **current)
        last_row = {self.memory.image: images[:, -1:]}
        return self.memory.as_list(self.memory.after_rows(vertical, horizontal) | last_row)

    def draw_block(self, kernels, memory, condition, skip, pixels, steering, weigh=False):
        """Draw whole blocks of rows, except for the first `skip` rows, which are in the memory already.

        Args:
            kernels: The result of `kernels`.
            memory: The list of tensors of `NetworkMemory`.
            condition: A dictionary of tensors; a map has the rows of this call.
            skip: An integer tensor.
            pixels: `Pixels` (B, rows, W, C).
            steering: `Steering`.
            weigh: Whether to compute the log-probabilities of known pixels, as if they were drawn.

        Returns:
            Levels (B, rows, W, C), the memory behind them, and log-probabilities (B,), or zeros.
        """
        batch, rows, width, channels = ops.shape(pixels.known)
        by_pixel = Pixels(*(ops.transpose(part, (1, 2, 0, 3)) for part in pixels))
        parameters, for_pixels = kernels
        with self.network.kernels_in_place(parameters):
            row_drawer = RowDrawer(self, self.network.conditions(condition), for_pixels, steering, weigh)

            def draw_row(row, levels, nats, *memory):
                memory = self.memory.as_dictionary(memory)
                drawn, row_nats, memory = row_drawer.draw(row, memory, by_pixel.at(row))
                levels = ops.slice_update(levels, (row, 0, 0, 0), drawn[None])
                return row + 1, levels, nats + row_nats, *self.memory.as_list(memory)

            _, levels, nats, *memory = ops.while_loop(
                lambda row, *_: row < rows,
                draw_row,
                (
                    skip,
                    ops.zeros((rows, width, batch, channels), "float32"),
                    ops.zeros((batch,), likelihood_dtype(self.dtype)),
                    *memory,
                ),
            )
        return ops.transpose(levels, (2, 0, 1, 3)), memory, nats


class RowDrawer:
    """Draws rows inside a compiled function, while the kernels are in place.

    Args:
        sampler: The `CachedSampler`.
        conditions: What the condition contributes to the vertical and to the horizontal stack.
        for_pixels: The results of `for_pixels` of all horizontal layers.
        steering: `Steering`.
        weigh: Whether to compute the log-probabilities of known pixels.
    """

    def __init__(self, sampler, conditions, for_pixels, steering, weigh):
        self.sampler, self.network, self.memory = sampler, sampler.network, sampler.memory
        self.for_vertical, self.for_horizontal = conditions
        self.prepared = dict(zip(self.memory.horizontal_layers, for_pixels, strict=True))
        self.steering, self.weigh = steering, weigh

    def draw(self, row, memory, pixels):
        """Draw one row: the vertical stack once, then the horizontal stack pixel by pixel.

        Args:
            row: Index of the row, counted from the first row of the map.
            memory: A dictionary from keys to tensors.
            pixels: `Pixels` (W, B, C).

        Returns:
            Levels (W, B, C), log-probabilities (B,), and the memory behind the row.
        """
        width, batch, channels = ops.shape(pixels.known)
        images = ops.shape(memory[self.memory.image])[0]
        by_row, from_above, start = self.begin(row, memory)
        by_pixel = self.memory.for_pixels(memory, images)

        def draw_pixel(column, levels, left, nats, *tensors):
            traversal = NextPixel(start, dict(zip(by_pixel, tensors, strict=True)), row, column)
            parameters = self.network.parameters_by_group(left, from_above, self.for_horizontal, traversal)
            drawn, pixel_nats = self._draw_pixel(parameters, column, pixels.at(column))
            levels = ops.slice_update(levels, (column, 0, 0), ops.cast(drawn, "float32")[None])
            left = self.sampler._read_pixel(self.steering.both(drawn), column)
            return column + 1, levels, left, nats + pixel_nats, *traversal.next_memory().values()

        _, levels, _, nats, *tensors = ops.while_loop(
            lambda column, *_: column < width,
            draw_pixel,
            (
                ops.convert_to_tensor(0),  # of the type that the backend gives to whole numbers
                ops.zeros((width, batch, channels), "float32"),
                ops.zeros((images, 1, 1, self.network.reading.width), self.sampler.dtype),
                ops.zeros((batch,), likelihood_dtype(self.sampler.dtype)),
                *by_pixel.values(),
            ),
        )
        by_pixel = dict(zip(by_pixel, tensors, strict=True))
        image = self.sampler._read(self.steering.both(ops.transpose(levels, (1, 0, 2))[:, None]))
        return levels, nats, {**memory, **by_row, **by_pixel, self.memory.image: image}

    def begin(self, row, memory):
        """What a row needs before its first pixel: the memory of the vertical stack behind the row, what the row takes
        from the rows above by place, and the `RowStart`.
        """
        by_row = {key: memory[key] for key in self.memory.by_row}
        from_above = self.network.vertical(memory[self.memory.image], self.for_vertical, NextRow(by_row, row))
        return by_row, from_above, RowStart.after(self.memory, self.prepared, memory, row)

    def _draw_pixel(self, parameters, column, pixels):
        """Levels (B, C) of a pixel, and the log-probability (B,) of its known channels. With channel groups, the groups
        are drawn one after the other, because each depends on the groups before it.
        """
        sampler, groups = self.sampler, self.network.channel_groups
        if groups == 1:
            levels, nats = draw_pixel(sampler.head, parameters()[:, 0, 0], pixels, self.steering, self.weigh)
            return levels, ops.sum(nats, axis=-1) if self.weigh else 0.0
        levels, total = ops.zeros(ops.shape(pixels.known), sampler.dtype), 0.0
        for group in range(groups):
            current = self.network.current(sampler._read_pixel(self.steering.both(levels), column))
            drawn, nats = draw_pixel(sampler.head, parameters(**current)[:, 0, 0], pixels, self.steering, self.weigh)
            ours = np.arange(levels.shape[-1]) % groups == group
            levels = ops.where(ours, drawn, ops.cast(levels, drawn.dtype))
            total = total + ops.sum(ops.where(ours, nats, 0.0), axis=-1) if self.weigh else total
        return levels, total


def _rows_of(condition, first, last):
    """The condition as tensors, with only these rows of a map."""
    return {
        key: ops.convert_to_tensor(value[:, first:last] if key == "spatial" else value)
        for key, value in condition.items()
    }
