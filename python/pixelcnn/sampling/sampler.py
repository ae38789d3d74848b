"""The base class of all samplers, their arguments, and the draw of one pixel from its parameters.

References:
    1. Ho and Salimans, Classifier-Free Diffusion Guidance, 2022, <https://arxiv.org/abs/2207.12598>.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from keras import ops

from pixelcnn.condition import with_and_without
from pixelcnn.sampling.particles import Particles


@dataclass(frozen=True)
class Draw:
    """How images are drawn.

    Args:
        seed: A whole number; with an image's index it determines all noise of the image.
        temperature: A positive number; 1 does not change the distribution.
        guidance: w of [1]; 0 does not change the distribution. With guidance the network computes each image twice,
            with its condition and without.
        num_particles: Number of drafts of each image.
        by_block: Whether the cached sampler reports its progress after every block of rows, and not about once a
            second, because someone watches.
        threshold: Largest surprisal in nats, given the sub-pixels before it, with which a known sub-pixel is kept. A
            known sub-pixel that is more surprising is drawn. None keeps all known sub-pixels.
        first: Number of the first image; number k is the image k of the seed.
    """

    seed: int
    temperature: float = 1.0
    guidance: float = 0.0
    num_particles: int = 1
    by_block: bool = False
    threshold: float | None = None
    first: int = 0

    def steering(self):
        """Temperature, guidance and threshold as tensors, for a compiled function."""
        values = (
            None if self.temperature == 1.0 else self.temperature,
            self.guidance or None,
            self.threshold,
        )
        return Steering(*(None if value is None else ops.convert_to_tensor(value, "float32") for value in values))


class Steering(NamedTuple):
    """Temperature, guidance and threshold of a `Draw` as tensors. None changes nothing and costs nothing."""

    temperature: object = None
    guidance: object = None
    threshold: object = None

    def both(self, levels):
        """With guidance, repeat the levels for the images without a condition: (B, …) -> (2 B, …)."""
        return levels if self.guidance is None else ops.concatenate([levels, levels])


class Pixels(NamedTuple):
    """The inputs of a draw of pixels, all of one shape (…, C): uniforms in (0, 1), known levels, and a mask of them."""

    uniforms: object
    known: object
    is_known: object

    def at(self, index):
        """These pixels at an index of the first axes."""
        return Pixels(*(part[index] for part in self))

    def as_tensors(self):
        """The same values as tensors."""
        uniforms, known, is_known = self
        return Pixels(*map(ops.convert_to_tensor, (uniforms, np.asarray(known, "float32"), is_known)))


@dataclass(frozen=True)
class Batch:
    """A batch of images that are drawn at once. The first axis of all arrays is the batch.

    Args:
        pixels: `Pixels` of arrays (B, H, W, C).
        condition: A dictionary of arrays.
        particles: The `Particles` that choose among the images if these are drafts, else None.
    """

    pixels: Pixels
    condition: dict
    particles: Particles | None = None

    def condition_for(self, draw):
        """The condition of all images of the network. With guidance these are 2 B, the last B without a condition."""
        return with_and_without(self.condition) if draw.guidance else self.condition

    def so_far(self, levels):
        """The images before the last row is drawn: of each image the draft of the largest weight."""
        return levels if self.particles is None else levels[self.particles.heaviest()]

    def chosen(self, levels):
        """The images that the particles choose; all images without particles."""
        return levels if self.particles is None else levels[self.particles.chosen()]


class Sampler(ABC):
    """Draws batches of images with one network and one head. Each subclass is a method of sampling."""

    takes_particles = True

    def prepare(self, weights):
        """Prepare what all batches of a call share. Without an override: the values of the network's variables."""
        return weights

    @abstractmethod
    def draw(self, prepared, batch, draw, progress):
        """Draw a batch of images.

        Args:
            prepared: The result of `prepare`.
            batch: A `Batch`.
            draw: A `Draw`.
            progress: Called with the number of rows that have been drawn since the last call, and with a function of
                no argument that gives the levels so far, of the shape of the result.

        Returns:
            Levels (B, H, W, C), float32; with particles only the chosen images. A level is NaN if the network's output
            for its pixel is not finite.
        """

    @staticmethod
    def convenient_size(count):
        """Batch size for `count` images. It may be larger than `count`; the images beyond `count` are dropped."""
        return count

    @staticmethod
    def at_once():
        """Number of batches to draw at once: 1, because a pass of the network uses all cores."""
        return 1

    @staticmethod
    def runs_elsewhere():
        """Whether a single batch is drawn in another thread, because an interrupt must not wait for XLA."""
        return False


def few_sizes(count):
    """The smallest of a few batch sizes that is at least `count`. There are few sizes, because each size is compiled,
    which takes longer than drawing some images that are not needed.
    """
    return next((size for size in (1, 2, 4) if count <= size), -(-count // 8) * 8)


def draw_pixel(head, parameters, pixels, steering, weigh):
    """Draw the levels of pixels from their parameters.

    Args:
        head: The head.
        parameters: (B, P). With guidance (2 B, P): B pixels with the condition, then the same pixels without it.
        pixels: `Pixels` (B, C).
        steering: `Steering`.
        weigh: Whether to compute log-probabilities.

    Returns:
        Levels (B, C), and log-probabilities (B, C) or None. The log-probability of a pixel that is not known is 0. A
        level is NaN if a parameter of its pixel is not finite, because a head would draw the lowest level.
    """
    if steering == Steering() and not weigh:
        levels, nats = head.draw(parameters, *pixels), None
    else:
        levels, nats = head.draw_from_all_levels(parameters, *pixels, *steering)
    finite = ops.all(ops.isfinite(parameters), axis=-1, keepdims=True)
    if steering.guidance is not None:
        finite = ops.logical_and(*ops.split(finite, 2))
    is_level = ops.logical_or(finite, pixels.is_known) if steering.threshold is None else finite
    levels = ops.where(is_level, levels, np.nan)
    return levels, ops.where(pixels.is_known, nats, 0.0) if weigh else None
