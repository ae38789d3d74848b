"""What all samplers share: how images are drawn, what is given of them, and one pixel from its parameters.

References:
    1. Ho and Salimans, Classifier-Free Diffusion Guidance, 2022, <https://arxiv.org/abs/2207.12598>.
"""

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
        temperature: A positive number; 1 leaves the distribution as it is.
        guidance: w of [1]: how much more is made of the condition than the distribution does; 0 leaves it as it is.
            Otherwise the network runs twice for each image, with its condition and without.
        num_particles: Number of drafts of each image.
    """

    seed: int
    temperature: float = 1.0
    guidance: float = 0.0
    num_particles: int = 1

    def steering(self):
        """Temperature and guidance as tensors, for a compiled function."""
        temperature = None if self.temperature == 1.0 else ops.convert_to_tensor(self.temperature, "float32")
        return Steering(temperature, ops.convert_to_tensor(self.guidance, "float32") if self.guidance else None)


class Steering(NamedTuple):
    """Temperature and guidance as tensors. None leaves the distribution as it is, without any computation."""

    temperature: object
    guidance: object

    def both(self, levels):
        """With guidance the network sees the same levels with the condition and without: (B, …) -> (2 B, …)."""
        return levels if self.guidance is None else ops.concatenate([levels, levels])


class Pixels(NamedTuple):
    """What is given of pixels: uniforms in (0, 1), known levels, and where they are known, of one shape (…, C)."""

    uniforms: object
    known: object
    is_known: object

    def at(self, index):
        """These pixels at an index of the first axes."""
        return Pixels(*(part[index] for part in self))

    def as_tensors(self):
        """The same as tensors."""
        uniforms, known, is_known = self
        return Pixels(*map(ops.convert_to_tensor, (uniforms, np.asarray(known, "float32"), is_known)))


@dataclass(frozen=True)
class Batch:
    """A batch of images that are drawn at once; all arrays have the batch first.

    Args:
        pixels: `Pixels` of arrays (B, H, W, C).
        condition: A dictionary of arrays.
        particles: Where the images are drafts, the `Particles` that choose between them; else None.
    """

    pixels: Pixels
    condition: dict
    particles: Particles | None = None

    def condition_for(self, draw):
        """The condition of each image that the network sees: with guidance of 2 B images, the last B without one."""
        return with_and_without(self.condition) if draw.guidance else self.condition

    def chosen(self, levels):
        """Of drafts those that the particles choose, else all images."""
        return levels if self.particles is None else levels[self.particles.chosen()]


class Sampler:
    """Draws batches of images with one network and one head. A subclass says how."""

    def prepare(self, weights):
        """What all draws of a call share: here, the values of the network's variables."""
        return weights

    def draw(self, prepared, batch, draw, progress):
        """Draw a batch of images.

        Args:
            prepared: The result of `prepare`.
            batch: A `Batch`.
            draw: A `Draw`.
            progress: Called with the number of rows that have been drawn since the last call.

        Returns:
            Levels (B, H, W, C), float32; of drafts those that were chosen. A level is NaN where the network's output is
            not finite.
        """
        raise NotImplementedError

    @staticmethod
    def convenient_size(count):
        """The batch size in which `count` images are drawn; images beyond `count` are dropped."""
        return count

    @staticmethod
    def at_once():
        """How many batches are worth drawing at once: one, because a pass of the network keeps all cores busy."""
        return 1

    @staticmethod
    def runs_elsewhere():
        """Whether a single batch is drawn in a thread of its own, so that an interrupt need not wait for XLA."""
        return False


def few_sizes(count):
    """A batch size of at least `count` out of a few: each size is compiled, and images that are not needed cost less
    than compiling.
    """
    return next((size for size in (1, 2, 4) if count <= size), -(-count // 8) * 8)


def draw_pixel(head, parameters, pixels, steering, weigh):
    """The levels of pixels, from their parameters.

    Args:
        head: The head.
        parameters: (B, P); with guidance (2 B, P), of B pixels given the condition and then of the same without it.
        pixels: `Pixels` (B, C).
        steering: `Steering`.
        weigh: Whether log-probabilities are wanted.

    Returns:
        Levels (B, C), NaN if a parameter of the pixel is not finite, because a head would draw the lowest level from
        it; and log-probabilities (B, C), 0 where the level is not known, or None.
    """
    if steering == (None, None) and not weigh:
        levels, nats = head.draw(parameters, *pixels), None
    else:
        levels, nats = head.draw_from_all_levels(parameters, *pixels, *steering)
    finite = ops.all(ops.isfinite(parameters), axis=-1, keepdims=True)
    if steering.guidance is not None:
        finite = ops.logical_and(*ops.split(finite, 2))
    levels = ops.where(ops.logical_or(finite, pixels.is_known), levels, np.nan)
    return levels, ops.where(pixels.is_known, nats, 0.0) if weigh else None
