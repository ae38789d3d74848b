"""Sampling of an image in windows: one row of windows after the other, each by Jacobi iteration."""

from functools import partial

from pixelcnn.sampling.jacobi import JacobiSampler
from pixelcnn.sampling.sampler import Batch, Pixels, Sampler, few_sizes


class BandSampler(Sampler):
    """Draws images whose pixels are computed in windows. It does not support particles.

    A row of windows covers a band of the image. The rows that a band shares with the band above are known, and its own
    rows are drawn by passes of its windows only. With a threshold known pixels may be drawn again, and the passes go
    over the whole image: the lower band would draw shared rows again without the rows above them.

    Args:
        parameters: A function from levels (B, h, W, C) of a band, a condition and the argument `grid` to parameters
            (B, h, W, P).
        variables: All variables that `parameters` reads.
        head: The head that draws a pixel.
        grid: The `WindowedGrid` of the image.
    """

    convenient_size = staticmethod(few_sizes)
    takes_particles = False

    def __init__(self, parameters, variables, head, grid):
        band = grid.of_a_band()
        self.bands = grid.bands
        self.jacobi = JacobiSampler(partial(parameters, grid=band), variables, head, band.image_shape)
        self.whole = JacobiSampler(parameters, variables, head, grid.image_shape)

    def draw(self, prepared, batch, draw, progress):
        """See `Sampler.draw`."""
        if draw.threshold is not None:
            return self.whole.draw(prepared, batch, draw, progress)
        levels, done = batch.pixels.known.astype("float32"), 0
        for first, end in self.bands:
            band = (slice(None), slice(first, end))
            uniforms, known, is_known = batch.pixels.at(band)
            is_known = is_known.copy()
            is_known[:, : done - first], known = True, levels[band]
            condition = {key: part[band] if key == "spatial" else part for key, part in batch.condition.items()}
            report = _Later(done - first, progress, partial(batch.so_far, levels))
            levels[band] = self.jacobi.draw(prepared, Batch(Pixels(uniforms, known, is_known), condition), draw, report)
            done = end
        return levels


class _Later:
    """Reports rows, except for the first ones, which were reported before."""

    def __init__(self, reported, progress, so_far):
        self.reported, self.progress, self.so_far = reported, progress, so_far

    def __call__(self, rows, _):
        again = min(rows, self.reported)
        self.reported -= again
        if rows > again:
            self.progress(rows - again, self.so_far)
