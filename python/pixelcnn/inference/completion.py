"""Completion: a draw of the unknown pixels of images, given the known pixels."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import shapes
from pixelcnn.images import check_images, check_mask
from pixelcnn.training.arguments import without_training
from pixelcnn.training.unpack import require_images_alone


class Completion:
    """The part of `PixelDistribution` that completes images."""

    __module__ = "pixelcnn"  # reticulate makes S3 classes of this name, so the name must not depend on the file

    @without_training
    def complete(
        self, images: Any, mask: ArrayLike, conditional_input: Any = None, seed: int | None = None,
        temperature: float = 1.0, guidance: float = 0.0, num_particles: int = 1, method: str = "cached",
        batch_size: int | None = None, verbose: int | Callable[[int, int], object] = 1, order: int | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Draw the unknown pixels of images, each given the pixels before it in an order of the distribution.

        For each image the order is taken in which the fewest known pixels follow an unknown one. A distribution with
        `orders=1` has raster order alone. If all known pixels come before all unknown pixels, the result follows the
        exact conditional distribution of the order; with `orders=8` this holds for each half and edge of an image. With
        one particle, a known pixel that comes later is kept but does not influence the pixels before it. With n
        particles, n drafts of each image are drawn. The weight of a draft is the probability that it gives to the later
        known pixels. After every few rows, copies of heavy drafts replace light ones; at the end one draft is chosen by
        its weight (`pixelcnn.sampling.particles`). The difference from the exact distribution falls as 1 / n. The more
        the later pixels say, the more particles are needed. Time and memory are proportional to n.

        Args:
            images: (…, H, W, C). The values of unknown pixels are not read.
            mask: True for known pixels (…, H, W), or for known sub-pixels (…, H, W, C). Leading axes broadcast with the
                images.
            conditional_input, seed, temperature, guidance, method, verbose: As in `sample`. Temperature and guidance
                also apply to the weights of particles.
            num_particles: Number of drafts n of each image; 1 with `jacobi`.
            batch_size: Largest number of drafts that are drawn at once; None for 256.
            order: The order of all images, 0 … `orders` - 1; None chooses the order of each image by its mask.

        Returns:
            Images of the broadcast batch shape, in the dtype of `sample`.

        Raises:
            ValueError: If an argument does not fit.
        """
        return _complete(
            self, images, mask, conditional_input, (seed, temperature, guidance, num_particles),
            (method, batch_size, verbose), order,
        )  # fmt: skip


def _complete(dist, images, mask, conditional_input, draw, way, order):
    """Complete images; `draw` and `way` are arguments of `_check_draw` and of `_draw`."""
    known, is_known, arrays = check_known(dist, "complete", images, mask, conditional_input, order)
    return dist._draw(known, is_known, arrays, dist._check_draw(conditional_input, *draw), *way)


def check_known(
    dist: Any, method: str, images: Any, mask: Any, conditional_input: Any, order: int | None
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Check images with a mask of their known pixels, a condition and an order, and broadcast them.

    Args:
        dist: A distribution.
        method: The name of the method that is called, for errors.
        images, mask, conditional_input, order: As in `Completion.complete`.

    Returns:
        Levels (…, H, W, C), float32; whether each is known, (…, H, W, C); the arrays of the condition.

    Raises:
        ValueError: If an argument does not fit.
    """
    require_images_alone(images, dist.image_shape, "images", f"{method}(images, mask, conditional_input=labels)")
    arrays, condition_shape = dist.condition.check(
        shapes.to_array(conditional_input), order=0 if order is None else order
    )
    images = np.asarray(shapes.to_array(images))
    if images.shape[-3:] != tuple(dist.image_shape):
        check_images(images, dist.image_shape, dist.low, dist.high)  # names the shape as it was given
    batch_shape = shapes.broadcast(images.shape[:-3], condition_shape)
    is_known = check_mask(mask, batch_shape, dist.image_shape)
    images = np.broadcast_to(images, (*batch_shape, *images.shape[-3:]))
    known = check_images(images, dist.image_shape, dist.low, dist.high, where=is_known).astype("float32")
    if order is None and "order" in arrays:
        arrays = {**arrays, "order": dist.condition.orders.fitting(is_known)}
    return known, is_known, arrays
