"""The sampler's computation step by step: the probabilities of all levels of one sub-pixel after the other.

A codec of images needs these probabilities, equal to the last bit when it encodes and when it decodes. So both sides
call the same compiled functions with the same shapes.
"""

from functools import partial

import numpy as np
from keras import ops

from pixelcnn.backend import compile_for_inference
from pixelcnn.sampling.cached import RowDrawer
from pixelcnn.sampling.sampler import Steering
from pixelcnn.traversal import NextPixel, RowStart


class PixelSteps:
    """Walks through a batch of images, and has a function choose each sub-pixel's levels by their probabilities.

    Args:
        sampler: A `CachedSampler`.
    """

    def __init__(self, sampler):
        self.sampler, self.network, self.memory = sampler, sampler.network, sampler.memory
        variables = sampler.network.variables
        self._begin_row = compile_for_inference(self.begin_row, variables, xla=True)
        self._parameters = compile_for_inference(self.parameters, variables, xla=True)
        self._end_row = compile_for_inference(sampler._read, variables, xla=True)
        self._probs = [
            compile_for_inference(partial(self.probs, channel), [], xla=True)
            for channel in range(sampler.image_shape[-1])
        ]
        self._keys = (
            None  # of the dictionaries that pass from a row's begin to its pixels, in the order of their tensors
        )

    def walk(self, prepared, count, condition, choose):
        """Choose all sub-pixels of `count` images in raster order.

        Args:
            prepared: The result of `CachedSampler.prepare`.
            count: Number of images B.
            condition: A dictionary of arrays.
            choose: A function of probabilities (B, L), row, column and channel that returns levels (B,).

        Returns:
            Levels (B, H, W, C), float32.
        """
        height, width, channels = self.sampler.image_shape
        condition = {key: ops.convert_to_tensor(value) for key, value in condition.items()}
        if "spatial" in condition:
            condition["spatial"] = self.sampler.grid.pad(condition["spatial"], self.network.map_padding)
        memory, groups = self.memory.empty(count), self.network.channel_groups
        levels = np.zeros((count, height, self.sampler.grid.width, channels), "float32")
        for row in range(height):
            by_row, row_inputs, by_pixel = self._begin_row(*prepared, memory, condition, _index(row))
            for column in range(levels.shape[2]):  # also beside the image, because the next row reads features there
                left, pixel = levels[:, row, max(column - 1, 0)], levels[:, row, column]
                for group in range(groups):
                    parameters, after = self._parameters(
                        *prepared, row_inputs, by_pixel, *_tensors(left, pixel), _index(row), _index(column)
                    )
                    for channel in range(group, channels, groups) if column < width else ():
                        probs = ops.convert_to_numpy(self._probs[channel]([], parameters, *_tensors(pixel)))
                        pixel[:, channel] = choose(probs, row, column, channel)
                by_pixel = after
            image = self._end_row(prepared[0], *_tensors(levels[:, row : row + 1]))
            memory = [image, *by_row, *by_pixel[: len(self.memory.by_pixel)]]
        return levels[:, :, :width]

    # ---- compiled

    def begin_row(self, kernels, memory, condition, row):
        """Compute what a row needs before its first pixel: the memory of the vertical stack behind the row, what all
        pixels of the row read, and the memory that pixels change.
        """
        memory, row = self.memory.as_dictionary(memory), _counted(row)
        by_pixel = self.memory.for_pixels(memory, memory[self.memory.image].shape[0])
        with self.network.kernels_in_place(kernels[0]):
            conditions = self.network.conditions(condition)
            by_row, from_above, start = self._drawer(kernels, conditions).begin(row, memory)
        row_inputs = (conditions[1], from_above, start.above)
        # Not dictionaries, because compiled functions sort their keys, and layers cannot be sorted.
        self._keys = [list(part) for part in row_inputs]
        return list(by_row.values()), [list(part.values()) for part in row_inputs], list(by_pixel.values())

    def parameters(self, kernels, row_inputs, by_pixel, left, levels, row, column):
        """Compute the parameters (B, P) of a pixel, given the pixel to the left (B, C) and the levels (B, C) of this
        pixel's earlier channels; and the memory behind the pixel.
        """
        row, column = _counted(row), _counted(column)
        for_horizontal, from_above, above = (
            dict(zip(keys, part, strict=True)) for keys, part in zip(self._keys, row_inputs, strict=True)
        )
        by_pixel = dict(zip([*self.memory.by_pixel, *self.memory.left], by_pixel, strict=True))
        features = self.sampler._read_pixel(left, column - 1)
        left = ops.where(column > 0, features, ops.zeros_like(features))
        current = self.network.current(self.sampler._read_pixel(levels, column))
        with self.network.kernels_in_place(kernels[0]):
            drawer = self._drawer(kernels, (None, for_horizontal))
            traversal = NextPixel(RowStart(self.memory, drawer.prepared, above), by_pixel, row, column)
            parameters = self.network.parameters_by_group(left, from_above, for_horizontal, traversal)(**current)
            return parameters[:, 0, 0], list(traversal.next_memory().values())

    def probs(self, channel, parameters, levels):
        """Probabilities (B, L) of all levels of a channel, from the parameters (B, P) and the earlier channels."""
        return self.sampler.head.probs(parameters, levels, channel)

    def _drawer(self, kernels, conditions):
        return RowDrawer(self.sampler, conditions, kernels[1], Steering(None, None), weigh=False)


def _index(number):
    return ops.convert_to_tensor(number)  # of the type that the backend gives to whole numbers


def _counted(number):
    """The number, as the result of a loop. XLA on TensorFlow takes an argument that indexes a tensor for a constant,
    and would compile the function anew for each value.
    """
    (result,) = ops.while_loop(lambda count: count < number, lambda count: (count + 1,), (ops.zeros_like(number),))
    return result


def _tensors(*arrays):
    # Copies, because a backend may share the memory of an array, which changes while the walk goes on.
    return [ops.convert_to_tensor(array.copy()) for array in arrays]
