"""Naive sampling: one pass of the whole network for each pixel. It is slow and simple, and checks other samplers."""

from functools import partial

import numpy as np
from keras import ops

from pixelcnn.sampling.sampler import Sampler, draw_pixel


class NaiveSampler(Sampler):
    """Draws with one pass of the whole network for each pixel, or for each group of its channels.

    Args:
        parameters: A function from the values of variables, levels (B, H, W, C) and a condition to parameters (B, H, W,
            P).
        head: The head that draws a pixel.
        image_shape: (H, W, C).
        channel_groups: Number of groups of channels of the network.
        rows: Number of rows after which particles are weighed.
    """

    def __init__(self, parameters, head, image_shape, channel_groups, rows):
        self.parameters, self.head, self.image_shape = parameters, head, image_shape
        self.channel_groups, self.rows = channel_groups, rows

    def draw(self, prepared, batch, draw, progress):
        """See `Sampler.draw`."""
        _, known, is_known = batch.pixels
        levels, nats = np.where(is_known, known, self.head.low).astype("float32"), np.zeros(len(known))
        condition = {key: ops.convert_to_tensor(value) for key, value in batch.condition_for(draw).items()}
        steering, height = draw.steering(), self.image_shape[0]
        for row in range(height):
            for column, group in np.ndindex(self.image_shape[1], self.channel_groups):
                seen = steering.both(ops.convert_to_tensor(levels))
                at, channels = (slice(None), row, column), slice(group, None, self.channel_groups)
                parameters = self.parameters(prepared, seen, condition)[at]
                pixels, weigh = batch.pixels.at(at).as_tensors(), batch.particles is not None
                drawn, log_prob = draw_pixel(self.head, parameters, pixels, steering, weigh)
                levels[at][:, channels] = ops.convert_to_numpy(drawn)[:, channels]
                if weigh:
                    nats += ops.convert_to_numpy(log_prob)[:, channels].sum(axis=-1)
            if batch.particles is not None and (row + 1 == height or (row + 1) % self.rows == 0):
                levels = levels[batch.particles.go_on(row - row % self.rows, nats)]
                nats = np.zeros(len(levels))
            progress(1, partial(batch.so_far, levels))
        return batch.chosen(levels)
