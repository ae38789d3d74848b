"""Drawing all pixels at once, again and again, until nothing changes: fixed-point iteration on frozen noise.

With its uniform fixed, a pixel is a function of the pixels before it. Each pass of the network draws every pixel from
what the pass before drew, so after k passes the first k pixels at least are what they would be one after the other, and
an image that a pass leaves as it is is that image whole: the method is exact. It takes as many passes as the image has
pixels at most, and far fewer where a pixel is mostly not changed by what is before it; each pass costs a `log_prob`.

References:
    1. Song, Meng, Liao and Ermon, Accelerating Feedforward Computation via Parallel Nonlinear Equation Solving, 2021,
       algorithm 1, <https://arxiv.org/abs/2002.03629>.
    2. Wiggers and Hoogeboom, Predictive Sampling with Forecasting Autoregressive Models, 2020, section 2.4,
       <https://arxiv.org/abs/2002.09928>.
"""

import math

import numpy as np
from keras import ops

from pixelcnn.backend import compile_for_inference
from pixelcnn.sampling.sampler import Sampler, draw_pixel, few_sizes


class JacobiSampler(Sampler):
    """Draws with passes of the whole network over whole images; without particles.

    Args:
        parameters: A function from levels (B, H, W, C) and a condition to parameters (B, H, W, P).
        variables: All variables that it reads.
        head: The head that draws a pixel.
        image_shape: (H, W, C).
    """

    convenient_size = staticmethod(few_sizes)

    def __init__(self, parameters, variables, head, image_shape):
        self.parameters, self.head, self.image_shape = parameters, head, image_shape
        self._redraw = compile_for_inference(self.redraw, variables, xla=False)

    def draw(self, prepared, batch, draw, progress):
        """See `Sampler.draw`. A row is drawn once no image changes in it, nor in a row above."""
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
            progress(settled - last)
            if settled == height:
                break
        else:  # by now every pixel is drawn from what came out before it
            progress(height - settled)
        return levels

    def redraw(self, levels, condition, pixels, steering):
        """Every pixel (B, H, W, C) drawn again, given the levels of those before it."""
        parameters = self.parameters(steering.both(levels), condition)
        drawn, _ = draw_pixel(self.head, parameters, pixels, steering, weigh=False)
        return ops.cast(drawn, "float32")
