"""Drawing images pixel by pixel: cached, where a pixel costs what it adds, and naive, where it costs a whole pass of
the network.

References:
    1. Ramachandran et al., Fast Generation for Convolutional Autoregressive Models, 2017,
       <https://arxiv.org/abs/1704.06001>.
    2. Ho and Salimans, Classifier-Free Diffusion Guidance, 2022, <https://arxiv.org/abs/2207.12598>.
"""

import math
from contextlib import contextmanager
from functools import partial

import numpy as np
from keras import ops
from tqdm import tqdm

from pixelcnn.backend import compile_for_inference, draws_at_once, draws_in_threads, telling_of_compilation
from pixelcnn.condition import with_and_without
from pixelcnn.images import padded_size
from pixelcnn.layers.causal_convolution import UpsampleConv2D
from pixelcnn.networks.shift import shift_right
from pixelcnn.threads import run_jobs
from pixelcnn.traversal import NextPixel, NextRow, RowLayout, Rows, RowStart, current_row_matrices

# Multiplications and additions that two cores do in about a second, so that nobody wants to watch or interrupt them.
A_MOMENT = 5e10
FEW = 4  # images that are not worth a thread of their own


class CachedSampler:
    """Draws with a network that advances by rows and pixels. The compiled unit is a block of rows in which every grid
    advances whole rows, or as many as take but a moment.

    Args:
        network: A network with `vertical`, `horizontal`, `conditions` and lists of their convolutions and LSTMs; with
            `channel_groups` above 1, `horizontal` also takes `here`, the pixel itself as far as it is drawn.
        head: The head that draws a pixel.
        image_shape: (H, W, C).
        dtype: The network's compute dtype.
    """

    def __init__(self, network, head, image_shape, dtype):
        self.network, self.head, self.image_shape, self.dtype = network, head, image_shape, dtype
        self.rows = network.granularity
        self.height, self.width = padded_size(image_shape, network.granularity, network.margin)
        self.vertical_layers = list(network.vertical_convolutions())
        self.horizontal_convolutions = list(network.horizontal_convolutions())
        self.row_levels = self._row_levels()
        remembering = [*self.horizontal_convolutions, *network.recurrences()]
        self.layouts = [
            RowLayout([layer for layer, its_level in remembering if its_level == level])
            for level in range(network.num_hierarchies)
        ]
        self._kernels = compile_for_inference(self.kernels, network.variables, xla=False)
        self._draw_block = compile_for_inference(self.draw_block, network.variables, xla=True)
        self._weigh_block = compile_for_inference(self.weigh_block, network.variables, xla=True)
        self._pass_known = compile_for_inference(self.pass_known, network.variables, xla=False)

    def prepare(self, weights):
        """What all draws of a call share: the values of the network's variables, and the kernels made from them."""
        return weights, self._kernels(weights)

    def draw(self, prepared, uniforms, known, is_known, condition, temperature, progress, guidance=0.0, particles=None):
        """Draw a batch of images.

        Args:
            prepared: The result of `prepare`.
            uniforms: (B, H, W, C) in (0, 1).
            known, is_known: Levels to keep and where, (B, H, W, C).
            condition: A dictionary of arrays, batch first.
            temperature: A positive number; exactly 1 leaves the distribution as it is.
            progress: Called with the number of rows drawn, after each block.
            guidance: w: how much more is made of the condition than the distribution does [2]; exactly 0 leaves it as
                it is. Otherwise the network runs twice for each image, with its condition and without.
            particles: Where these are drafts of images, the `Particles` that choose between them.

        Returns:
            Levels (B, H, W, C), float32; of drafts the chosen ones.
        """
        batch, height, width, _ = known.shape
        first = self._known_rows(is_known)
        widen = ((0, 0), (0, self.height - height), (0, self.width - width), (0, 0))
        uniforms, known = np.pad(uniforms, widen, constant_values=0.5), np.pad(known, widen).astype("float32")
        is_known = np.pad(is_known, widen)
        condition = with_and_without(condition) if guidance else dict(condition)
        spatial = condition.pop("spatial", None)
        if spatial is not None:
            spatial = np.pad(spatial, widen)
        temperature, guidance = as_tensors(temperature, guidance)

        def rows_of_condition(first, last):
            given = {} if spatial is None else {"spatial": spatial[:, first:last]}
            return {key: ops.convert_to_tensor(value) for key, value in {**condition, **given}.items()}

        drawn = known.copy()
        state = self.empty_state(batch if guidance is None else 2 * batch)
        if first:
            above = for_both(ops.convert_to_tensor(known[:, :first]), guidance)
            state = self._pass_known(*prepared, state, rows_of_condition(0, self._in_blocks(first)), above)
            progress(first)
        draw_block = self._draw_block if particles is None else self._weigh_block
        rows_a_call = self._rows_a_call(batch) if particles is None else self.rows
        done = first
        while done < self.height:
            # From the start of a block; the last call, as long as the others, reaches back into rows that are done.
            row = min(done - done % self.rows, self.height - rows_a_call)
            last, skip = row + rows_a_call, done - row
            given = (uniforms[:, row:last], known[:, row:last], is_known[:, row:last])
            given = [ops.convert_to_tensor(part) for part in (skip, *given)]
            rows, state, nats = draw_block(
                *prepared, state, rows_of_condition(row, last), *given, temperature, guidance
            )
            drawn[:, done:last] = ops.convert_to_numpy(rows)[:, skip:]
            if particles is not None:
                index = particles.go_on(row, ops.convert_to_numpy(nats))
                drawn, state = drawn[index], _of_drafts(state, index)
            progress(min(last, height) - done)
            done = last
        drawn = drawn[:, :height, :width]
        return drawn if particles is None else drawn[particles.chosen()]

    @staticmethod
    def at_once():
        """How many batches are worth drawing at once."""
        return draws_at_once()

    @staticmethod
    def runs_elsewhere():
        """Whether even a single batch is drawn in a thread of its own, so that an interrupt need not wait for XLA."""
        return draws_in_threads()

    @staticmethod
    def convenient_size(count):
        """The batch in which `count` images are drawn: sizes are few, since each is compiled; the images that are over
        cost less.
        """
        return next((size for size in (1, 2, 4) if count <= size), -(-count // 8) * 8)

    @property
    def _likelihood_dtype(self):
        return "float64" if self.dtype == "float64" else "float32"

    def _row_levels(self):
        """Which grid each entry of the state lies on that the vertical stack changes."""
        levels = {layer.name: level for layer, level in self.vertical_layers if layer.top}
        for layer, level in self.vertical_layers:
            if isinstance(layer, UpsampleConv2D):
                levels[f"{layer.name}_fine"] = level - 1
        for place, level in self.network.coarse_places():
            levels[f"features_{place}"] = level
        return levels

    def _known_rows(self, is_known):
        """How many rows from the top are known in every image, the last row left to draw; less than a block is not
        worth a pass of its own.
        """
        known = np.all(is_known, axis=(0, 2, 3))
        count = len(known) if known.all() else int(np.argmin(known))
        return min(count, self.image_shape[0] - 1) if count >= self.rows else 0

    def _in_blocks(self, rows):
        """So many rows and those that make them up to whole blocks."""
        return -(-rows // self.rows) * self.rows

    def _rows_a_call(self, batch):
        """Whole blocks that together take but a moment, at least one: between calls progress and interrupts act, but
        each hands over the state. The same number in every call, so that one size is compiled.
        """
        weights = self.network.channel_groups * sum(math.prod(v.shape) for v in self.network.variables)
        operations, blocks = 2 * batch * self.rows * self.width * weights, self.height // self.rows
        at_most = max(1, int(A_MOMENT / operations))
        calls = -(-blocks // at_most)
        return self.rows * -(-blocks // calls)

    def empty_state(self, batch):
        """What the rows above the image leave behind: zeros, for everything that rows and pixels remember."""
        shapes = {"image": (1, self.width, self.image_shape[-1])}
        for layer, level in self.vertical_layers:
            if layer.top:
                shapes[layer.name] = (layer.top, self.width // 2**level, layer.channels)
            if isinstance(layer, UpsampleConv2D):
                shapes[f"{layer.name}_fine"] = (2, 2 * self.width // 2**level, layer.filters)
        for place, level in self.network.coarse_places():
            shapes[f"features_{place}"] = (1, self.width // 2**level, self.network.num_filters)
        for level, layout in enumerate(self.layouts):
            if layout.above:
                shapes[f"inputs_{level}"] = (1, self.width // 2**level, layout.channels)
            if level < len(self.layouts) - 1:
                shapes[f"fine_{level}"] = (2, self.width // 2**level, self.network.num_filters)
        return {name: ops.zeros((batch, *shape), self.dtype) for name, shape in shapes.items()}

    def _pixel_state(self, state, batch):
        """The part of the state that pixels change, and nothing yet to the left."""
        levels = range(len(self.layouts))
        pixel_state = {
            (what, level): state[f"{what}_{level}"]
            for level in levels
            for what in ("inputs", "fine")
            if f"{what}_{level}" in state
        }
        for level, layout in enumerate(self.layouts):
            if layout.left:
                pixel_state["left", level] = ops.zeros((batch, 1, layout.left, layout.channels), self.dtype)
        return pixel_state

    def _scale(self, levels):
        """Levels as the network sees them; beyond the image's right edge there are zeros."""
        scaled = ops.cast(self.head.scaled(levels), self.dtype)
        inside = np.arange(self.width)[None, None, :, None] < self.image_shape[1]
        return scaled * ops.cast(inside, self.dtype)

    def _as_seen(self, level, column):
        """The levels (B, C) of one pixel as the network sees them; beyond the image's right edge there are zeros."""
        scaled = ops.cast(self.head.scaled(level), self.dtype)[:, None, None, :]
        if self.width == self.image_shape[1]:
            return scaled
        return scaled * ops.cast(column < self.image_shape[1], self.dtype)

    def _here(self, pixels):
        """The pixels themselves, for a network whose channel groups see the channels before their own."""
        return {"here": pixels} if self.network.channel_groups > 1 else {}

    def kernels(self):
        """What all layers compute with, worked out once a draw: the parameters of each `KernelStack`, and of the
        kernels that advance pixel by pixel those of the current row.

        Not by XLA, which would compile a kernel of its own for the slicing of each.
        """
        parameters = [stack.parameters() for stack in self.network.kernel_stacks]
        with self.network.kernels_in_place(parameters):
            return parameters, current_row_matrices([layer for layer, _ in self.horizontal_convolutions])

    def pass_known(self, kernels, state, condition, levels):
        """Advance past known rows (B, n, W, C), all at once; the condition's map has whole blocks of rows."""
        images = self._scale(levels)
        count = images.shape[1]
        for_vertical, for_horizontal = self.network.conditions(condition)
        above, beside = {}, {}  # what the vertical stack leaves behind, and the horizontal one
        with self.network.kernels_in_place(kernels[0]):
            shifted = ops.concatenate([state["image"], images[:, :-1]], axis=1)
            known = self.network.vertical(shifted, for_vertical, Rows(above, 0, count))
            rows = Rows(beside, 0, count)
            self.network.horizontal(shift_right(images), known, for_horizontal, rows, **self._here(images))
        for level, layout in enumerate(self.layouts):
            if layout.above:
                inputs = {layer.name: beside[layer.name] for layer in layout.layers if layer.name in beside}
                above[f"inputs_{level}"] = layout.pack(inputs)
        for layer, level in self.horizontal_convolutions:
            if isinstance(layer, UpsampleConv2D):
                above[f"fine_{level - 1}"] = beside[f"{layer.name}_fine"]
        return {**state, **above, "image": images[:, -1:]}

    def weigh_block(self, *arguments):
        """As `draw_block`, with the log-probabilities (B,) of the known pixels, as if they had been drawn."""
        return self.draw_block(*arguments, weigh=True)

    def draw_block(
        self, kernels, state, condition, skip, uniforms, known, is_known, temperature, guidance, weigh=False
    ):
        """Draw whole blocks of rows (B, rows, W, C), but for the first `skip`, which the state has passed; returns the
        rows, the state behind them, and zeros (B,).
        """
        batch, rows = uniforms.shape[:2]
        by_pixel = [ops.transpose(x, (1, 2, 0, 3)) for x in (uniforms, known, is_known)]
        names = sorted(state)
        parameters, matrices = kernels
        with self.network.kernels_in_place(parameters):
            conditions = self.network.conditions(condition)

            def draw_row(row, levels, nats, *values):
                given = [x[row] for x in by_pixel]
                state = dict(zip(names, values, strict=True))
                how = (temperature, guidance, weigh)
                drawn, found, state = self._draw_row(row, state, conditions, matrices, given, how)
                levels = ops.slice_update(levels, (row, 0, 0, 0), drawn[None])
                return (row + 1, levels, nats + found, *(state[name] for name in names))

            _, levels, nats, *values = ops.while_loop(
                lambda row, *_: row < rows,
                draw_row,
                (
                    skip,
                    ops.zeros((rows, self.width, batch, self.image_shape[-1]), "float32"),
                    ops.zeros((batch,), self._likelihood_dtype),
                    *(state[name] for name in names),
                ),
            )
        return ops.transpose(levels, (2, 0, 1, 3)), dict(zip(names, values, strict=True)), nats

    def _draw_row(self, row, state, conditions, matrices, given, how):
        """Draw one row, (W, B, C): the vertical stack once, then the horizontal stack pixel by pixel. `how` is
        (temperature, guidance, weigh).
        """
        batch, channels = given[0].shape[1:]
        _, guidance, _ = how
        for_vertical, for_horizontal = conditions
        contributions = self.network.vertical(state["image"], for_vertical, NextRow(state, self.row_levels, 0, row))
        start = RowStart(self.layouts, matrices, state, row)
        pixel_state = self._pixel_state(state, state["image"].shape[0])
        names = list(pixel_state)

        def draw_pixel(column, levels, left, nats, *values):
            traversal = NextPixel(start, dict(zip(names, values, strict=True)), 0, row, column)

            def parameters(**here):
                return self.network.horizontal(left, contributions, for_horizontal, traversal, **here)[:, 0, 0]

            level, found = self._draw_pixel(parameters, column, [x[column] for x in given], how)
            levels = ops.slice_update(levels, (column, 0, 0), ops.cast(level, "float32")[None])
            following = traversal.next_state()
            left = self._as_seen(for_both(level, guidance), column)
            return (column + 1, levels, left, nats + found, *(following[name] for name in names))

        _, levels, _, nats, *values = ops.while_loop(
            lambda column, *_: column < self.width,
            draw_pixel,
            (
                ops.convert_to_tensor(0),  # of the type that the backend gives to whole numbers
                ops.zeros((self.width, batch, channels), "float32"),
                ops.zeros((state["image"].shape[0], 1, 1, channels), self.dtype),
                ops.zeros((batch,), self._likelihood_dtype),
                *pixel_state.values(),
            ),
        )
        drawn = {f"{what}_{level}": value for (what, level), value in zip(names, values, strict=True) if what != "left"}
        image = for_both(ops.transpose(levels, (1, 0, 2))[:, None], guidance)
        return levels, nats, {**state, **drawn, "image": self._scale(image)}

    def _draw_pixel(self, parameters, column, given, how):
        """Levels (B, C) of a pixel: all at once, or one group of channels after the other, each given those before; and
        the log-probability (B,) of what is known of it.
        """
        groups, (_, guidance, weigh) = self.network.channel_groups, how
        if groups == 1:
            level, nats = draw_levels(self.head, parameters(), given, *how)
            return level, ops.sum(nats, axis=-1) if weigh else 0.0
        level, total = ops.zeros(given[0].shape, self.dtype), 0.0
        for group in range(groups):
            here = self._here(self._as_seen(for_both(level, guidance), column))
            drawn, nats = draw_levels(self.head, parameters(**here), given, *how)
            ours = np.arange(level.shape[-1]) % groups == group
            level = ops.where(ours, drawn, ops.cast(level, drawn.dtype))
            total = total + ops.sum(ops.where(ours, nats, 0.0), axis=-1) if weigh else total
        return level, total


class NaiveSampler:
    """Draws with one pass of the whole network for every pixel, or for every group of its channels: slow, and plainly
    right. The oracle of the cached sampler.

    Args:
        parameters: A function from the values of variables, levels (B, H, W, C) and a condition to parameters (B, H, W,
            P).
        head: The head that draws a pixel.
        image_shape: (H, W, C).
        channel_groups: How many groups of channels the network tells apart.
        rows: After how many rows particles are weighed.
    """

    def __init__(self, parameters, head, image_shape, channel_groups, rows):
        self.parameters, self.head, self.image_shape = parameters, head, image_shape
        self.channel_groups, self.rows = channel_groups, rows

    @staticmethod
    def convenient_size(count):
        """As of `CachedSampler`; an image that is over would cost as much as any."""
        return count

    @staticmethod
    def at_once():
        """A pass of the network keeps all cores busy."""
        return 1

    @staticmethod
    def runs_elsewhere():
        """An interrupt waits for one pass at most."""
        return False

    @staticmethod
    def prepare(weights):
        """What all draws of a call share: the values of the network's variables."""
        return weights

    def draw(self, weights, uniforms, known, is_known, condition, temperature, progress, guidance=0.0, particles=None):
        """As `CachedSampler.draw`."""
        levels = np.where(is_known, known, self.head.low).astype("float32")
        condition = with_and_without(condition) if guidance else condition
        condition = {key: ops.convert_to_tensor(value) for key, value in condition.items()}
        temperature, guidance = as_tensors(temperature, guidance)
        height, width, _ = self.image_shape
        nats = np.zeros(len(levels))
        for row in range(height):
            for column, group in np.ndindex(width, self.channel_groups):
                parameters = self.parameters(weights, for_both(ops.convert_to_tensor(levels), guidance), condition)
                at = (slice(None), row, column)
                given = [ops.convert_to_tensor(x[at]) for x in (uniforms, known.astype("float32"), is_known)]
                weigh = particles is not None
                drawn, found = draw_levels(self.head, parameters[at], given, temperature, guidance, weigh)
                channels = slice(group, None, self.channel_groups)
                levels[at][:, channels] = ops.convert_to_numpy(drawn)[:, channels]
                if weigh:
                    nats += ops.convert_to_numpy(found)[:, channels].sum(axis=-1)
            if particles is not None and (row + 1 == height or (row + 1) % self.rows == 0):
                levels = levels[particles.go_on(row - row % self.rows, nats)]
                nats = np.zeros(len(levels))
            progress(1)
        return levels if particles is None else levels[particles.chosen()]


def as_tensors(temperature, guidance):
    """Numbers for a compiled function; what changes nothing is None, so that it costs nothing."""
    temperature = None if temperature == 1.0 else ops.convert_to_tensor(temperature, "float32")
    return temperature, ops.convert_to_tensor(guidance, "float32") if guidance else None


def for_both(levels, guidance):
    """With guidance the network runs with the condition and without, and sees the same levels: (B, …) -> (2 B, …)."""
    return levels if guidance is None else ops.concatenate([levels, levels])


def draw_levels(head, parameters, given, temperature, guidance, weigh):
    """Levels (B, C) of a pixel from its parameters, (B, P) or with guidance (2 B, P); with `weigh` log-probabilities
    (B, C) too, 0 for what is not known.

    A level is NaN if a parameter of its pixel is not finite, because a head would draw the lowest level from it.
    """
    _, _, is_known = given
    if temperature is None and guidance is None and not weigh:
        levels, nats = head.draw(parameters, *given), None
    else:
        levels, nats = head.draw_from_all_levels(parameters, *given, temperature, guidance)
    finite = ops.all(ops.isfinite(parameters), axis=-1, keepdims=True)
    if guidance is not None:
        finite = ops.logical_and(*ops.split(finite, 2))
    levels = ops.where(ops.logical_or(finite, is_known), levels, np.nan)
    return levels, ops.where(is_known, nats, 0.0) if weigh else None


def _of_drafts(state, index):
    """The state of the drafts at these indices (B,); with guidance it holds B with the condition and then B without."""
    copies = next(iter(state.values())).shape[0] // len(index)
    index = np.concatenate([index + copy * len(index) for copy in range(copies)])
    return {name: ops.take(value, index, axis=0) for name, value in state.items()}


def draw_in_batches(
    sampler, weights, drafts_of, num_particles, known, is_known, condition, temperature, guidance, batch_size, verbose
):
    """Draw images, `batch_size` at a time, behind a bar of rows.

    Args:
        sampler: A `CachedSampler` or `NaiveSampler`.
        weights: The values of the network's variables.
        drafts_of: From (first, count) to the uniforms of these images' drafts, and the `Particles` that choose.
        num_particles: Number of drafts n of each image.
        known, is_known, condition: Arrays over all images.
        temperature, guidance: As in `CachedSampler.draw`.
        batch_size: Most images at once, drafts counted.
        verbose: 0 shows no bar. A function is called with the rows done and all rows, summed over all images, and with
            0 rows done before a draw is compiled.
    """
    count = len(known)
    if not count:
        return np.empty(known.shape, "float32")
    size, at_once = _batches(sampler, count, num_particles, batch_size)
    prepared, result = sampler.prepare(weights), np.empty(known.shape, "float32")

    def job(first, new, progress):
        # All of one size, so that nothing is compiled twice; the last may draw an image again, which comes out the
        # same, and a single one may draw more images than were asked for.
        part = np.minimum(np.arange(first, first + size), count - 1)
        uniforms, particles = drafts_of(first, size)
        given = {"known": known, "is_known": is_known, **condition}
        given = {key: np.repeat(value[part], num_particles, axis=0) for key, value in given.items()}
        with telling_of_compilation(partial(progress, 0)):
            drawn = sampler.draw(
                prepared,
                uniforms,
                given.pop("known"),
                given.pop("is_known"),
                given,
                temperature,
                lambda rows: progress(rows * new),
                guidance,
                particles,
            )
        result[first : first + size] = drawn[: count - first]

    jobs = [partial(job, max(0, min(first, count - size)), min(size, count - first)) for first in range(0, count, size)]
    with _progress(verbose, count * sampler.image_shape[0], f"Drawing {count} images") as advance:
        run_jobs(jobs, at_once, advance, sampler.runs_elsewhere())
    return result


def _batches(sampler, count, num_particles, batch_size):
    """Images of a batch, and how many batches are drawn at once: together they have no more than `batch_size`."""
    together = max(1, batch_size // num_particles)
    drafts = min(count, together) * num_particles
    at_once = max(1, min(sampler.at_once(), drafts // FEW, together, count))
    at_most = together // at_once
    rounds = -(-count // (at_most * at_once))
    return min(sampler.convenient_size(-(-count // (rounds * at_once))), at_most), at_once


@contextmanager
def _progress(verbose, total, description):
    """A context that yields a function to report rows with: it moves a bar, or calls the user's function."""
    if callable(verbose):
        done = 0

        def advance(rows):
            nonlocal done
            done += rows
            verbose(done, total)

        yield advance
    else:
        with tqdm(total=total, unit="row", desc=description, disable=not verbose) as bar:

            def advance(rows):
                # XLA compiles once for each number of images, which takes longer than a draw.
                bar.set_description(description if rows else f"{description}, compiling first", refresh=not rows)
                bar.update(rows)

            yield advance
