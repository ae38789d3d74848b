"""Jacobi sampling: all pixels are drawn at once, again and again, until no pixel changes, with fixed noise.

With a fixed uniform, a pixel is a function of the pixels before it. Each pass of the network draws every pixel from the
image of the last pass. So after k passes at least the first k pixels are those of pixel-by-pixel sampling, and an image
that a pass does not change is exactly the image of pixel-by-pixel sampling. The number of passes is at most the number
of pixels; it is far smaller if most pixels hardly depend on the pixels before them. A pass costs as much as a
`log_prob`.

References:
    1. Song, Meng, Liao and Ermon, Accelerating Feedforward Computation via Parallel Nonlinear Equation Solving, 2021,
       algorithm 1, <https://arxiv.org/abs/2002.03629>.
    2. Wiggers and Hoogeboom, Predictive Sampling with Forecasting Autoregressive Models, 2020, section 2.4,
       <https://arxiv.org/abs/2002.09928>.
"""

import math
from functools import partial

import numpy as np
from keras import ops

from pixelcnn.backend import compile_for_inference
from pixelcnn.sampling.sampler import Sampler, draw_pixel, few_sizes


class JacobiSampler(Sampler):
    """Draws with passes of the whole network over whole images. It does not support particles.

    Args:
        parameters: A function from levels (B, H, W, C) and a condition to parameters (B, H, W, P).
        variables: All variables that `parameters` reads.
        head: The head that draws a pixel.
        image_shape: (H, W, C).
    """

    convenient_size = staticmethod(few_sizes)
    takes_particles = False

    def __init__(self, parameters, variables, head, image_shape):
        self.parameters, self.head, self.image_shape = parameters, head, image_shape
        self._redraw = compile_for_inference(self.redraw, variables, xla=False)

    def draw(self, prepared, batch, draw, progress):
        """See `Sampler.draw`. A row counts as drawn when neither it nor a row above it changes in any image."""
        _, known, is_known = batch.pixels
        condition = {key: ops.convert_to_tensor(value) for key, value in batch.condition_for(draw).items()}
        pixels, steering = batch.pixels.as_tensors(), draw.steering()
        levels = np.where(is_known, known, self.head.low).astype("float32")
        height, settled = self.image_shape[0], 0
        for _ in range(math.prod(self.image_shape)):
            before = levels
            redrawn = self._redraw(prepared, ops.convert_to_tensor(before), condition, pixels, steering)
            levels = ops.convert_to_numpy(redrawn)
            same = np.append(np.all((levels == before) | np.isnan(levels), axis=(0, 2, 3)), False)
            settled, last = int(np.argmin(same)), settled
            progress(settled - last, partial(batch.so_far, levels))
            if settled == height:
                break
        else:  # after as many passes as there are pixels, all pixels are final
            progress(height - settled, partial(batch.so_far, levels))
        return levels

    def redraw(self, levels, condition, pixels, steering):
        """Draw every pixel (B, H, W, C) again, given the levels of the pixels before it."""
        parameters = self.parameters(steering.both(levels), condition)
        drawn, _ = draw_pixel(self.head, parameters, pixels, steering, weigh=False)
        return ops.cast(drawn, "float32")
