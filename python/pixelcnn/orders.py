"""The orders in which a distribution may read the pixels of an image: raster order, flipped and transposed.

The network always works in its own raster order. For order k the image is turned before the network sees it, and what
the network says of its pixels is turned back. The order `k = h + 2 v + 4 t` begins

* with h = 0 at the left, with h = 1 at the right,
* with v = 0 at the top, with v = 1 at the bottom,

and goes row by row with t = 0, column by column with t = 1. Order 0 is raster order.

References:
    1. Jain, Abbeel and Pathak, Locally Masked Convolution for Autoregressive Models, 2020,
       <https://arxiv.org/abs/2006.12486>, which trains one model on eight orders.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from pixelcnn import require
from pixelcnn.shapes import is_tensor

AVERAGE = "average"


class Orders:
    """The orders of one distribution.

    Args:
        count: 1 for raster order alone, 4 for its flips, 8 for the flips and transposed flips of square images.
        image_shape: (H, W, C).

    Raises:
        ValueError: If there is no such number of orders, or images that are not square would be transposed.
    """

    def __init__(self, count: Any, image_shape: Sequence[int]):
        self.count = check_number_of_orders(count)
        height, width = image_shape[:2]
        if count == 8 and height != width:
            raise ValueError(
                f"orders=8 does not fit images of {height}x{width} (height x width): expected 1 or 4, because four of "
                "the eight orders transpose the image, which must then be square."
            )

    def check(self, order: Any) -> int:
        """One order, as an int.

        Raises:
            ValueError: If the distribution has no such order.

        Example:
            >>> Orders(8, (4, 4, 1)).check(7)
            7
        """
        if not require.is_integer(order) or not 0 <= order < self.count:
            why = f"this distribution was made with orders={self.count}"
            expected = f"a whole number 0 … {self.count - 1}" if self.count > 1 else "0"
            raise ValueError(f"order={require.short(order)} does not fit: expected {expected}, because {why}.")
        return int(order)

    def to_order(self, images: Any, order: Any) -> Any:
        """Turn images (B, H, W, …) so that raster order visits their pixels in an order of their own.

        Args:
            images: An array or a tensor.
            order: Whole numbers (B,) or (1,), an array or a tensor as the images.

        Example:
            >>> image = np.array([[[1, 2], [3, 4]]])
            >>> Orders(8, (2, 2, 1)).to_order(image, np.array([5])).reshape(-1).tolist()  # columns from the right
            [2, 4, 1, 3]
        """
        for bit in (1, 2, 4):
            images = self._turned(images, order, bit)
        return images

    def from_order(self, images: Any, order: Any) -> Any:
        """Turn images, or what a network says of each of their pixels, back: the inverse of `to_order`."""
        for bit in (4, 2, 1):
            images = self._turned(images, order, bit)
        return images

    def _turned(self, images, order, bit):
        """Flip or transpose the images whose order has a bit."""
        if bit >= self.count:  # a transposition changes the shape of images that are not square
            return images
        array = ops if is_tensor(images) else np
        other = array.swapaxes(images, 1, 2) if bit == 4 else array.flip(images, 2 if bit == 1 else 1)
        chosen = array.reshape(order // bit % 2 == 1, (-1,) + (1,) * (len(images.shape) - 1))
        return array.where(chosen, other, images)

    def late(self, is_known: np.ndarray) -> np.ndarray:
        """For each order and image the number of known sub-pixels that follow an unknown one.

        Args:
            is_known: Booleans (…, H, W, C).

        Returns:
            (`count`, …), whole numbers.
        """
        flat, late = is_known.reshape((-1, *is_known.shape[-3:])), []
        size = math.prod(is_known.shape[-3:])
        for order in range(self.count):
            known = self.to_order(flat, np.array([order])).reshape((len(flat), size))
            late.append(np.sum(known & np.logical_or.accumulate(~known, axis=1), axis=1))
        return np.array(late).reshape((self.count, *is_known.shape[:-3]))

    def fitting(self, is_known: np.ndarray) -> np.ndarray:
        """For each image the first order in which the fewest known sub-pixels follow an unknown one.

        Args:
            is_known: Booleans (…, H, W, C).

        Returns:
            (…), int32.

        Example:
            >>> right_half = np.array([[0, 1], [0, 1]], bool)[..., None]
            >>> Orders(8, (2, 2, 1)).fitting(right_half).item()
            5
        """
        return np.argmin(self.late(is_known), axis=0).astype("int32")


def check_number_of_orders(count: Any) -> int:
    """A number of orders, as an int.

    Raises:
        ValueError: If it is not 1, 4 or 8.
    """
    if not require.is_integer(count) or count not in (1, 4, 8):
        raise ValueError(f"orders={require.short(count)} does not fit: expected 1, 4 or 8.")
    return int(count)


def average(log_probs: Sequence[Any]) -> Any:
    """The log-probability under the mixture of distributions with equal weights, from that under each of them.

    Example:
        >>> float(np.round(np.exp(average([np.log([0.1]), np.log([0.3])]))[0], 6))
        0.2
    """
    if is_tensor(log_probs[0]):
        return ops.logsumexp(ops.stack(log_probs), axis=0) - math.log(len(log_probs))
    return np.logaddexp.reduce(log_probs, axis=0) - math.log(len(log_probs))
