"""Windows of an image that is larger than the images a network was trained on.

The network computes each pixel in one window of the image, as if the window were the whole image. An image has rows and
columns of windows, half a window apart. A pixel belongs to the first row of windows that contains it. So below the
first window, a pixel lies in the lower half of its window. Among the windows of this row, a pixel belongs to the first
one that has a quarter of its width at the pixel's right, or else to the last one. So far from the image's sides, a
pixel lies in the middle half of its window.

Any such assignment gives a distribution: raster order within a window is raster order within the image, so the
parameters of a pixel depend on earlier pixels only.
"""

from keras import ops

from pixelcnn.padding import PaddedGrid


def starts_and_ends(size, window, behind):
    """The windows along an axis, half a window apart: pairs (first cell of the window, end of the window's own cells).

    Args:
        size: Number of cells.
        window: Number of cells of a window.
        behind: Number of cells that a window has behind its own cells, except for the last window.

    Example:
        >>> starts_and_ends(11, 4, behind=0), starts_and_ends(11, 4, behind=1)
        ([(0, 4), (2, 6), (4, 8), (6, 10), (7, 11)], [(0, 3), (2, 5), (4, 7), (6, 9), (7, 11)])
    """
    last = size - window
    starts = [*range(0, last, max(1, window // 2)), last]
    return [(start, start + window - (behind if start < last else 0)) for start in starts]


class WindowedGrid(PaddedGrid):
    """The windows of an image, each padded as an image is.

    Its methods are those of `PaddedGrid`, but the batch of the padded grid is larger: all B images at the first window,
    then at the second, and so on.

    Args:
        image_shape: (H, W, C).
        context: Height and width (h, w) of a window.
        granularity, margin: As in `PaddedGrid`.
    """

    def __init__(self, image_shape, context, granularity, margin):
        super().__init__((*context, image_shape[-1]), granularity, margin)
        self.image_shape, self.context, self.arguments = image_shape, context, (granularity, margin)
        self.bands = starts_and_ends(image_shape[0], context[0], behind=0)
        self.stretches = starts_and_ends(image_shape[1], context[1], behind=context[1] // 4)
        self.windows = len(self.bands) * len(self.stretches)

    def of_a_band(self):
        """The grid of an image of the height of a window, which has a single row of windows."""
        return WindowedGrid((self.context[0], *self.image_shape[1:]), self.context, *self.arguments)

    def pad(self, x, value=0):
        """Cut an image into padded windows, (B, H, W, C) -> (windows B, height, width, C)."""
        height, width = self.context
        windows = [x[:, top : top + height, left : left + width] for top, _ in self.bands for left, _ in self.stretches]
        return super().pad(ops.concatenate(windows), value)

    def crop(self, x):
        """Put the windows' own pixels together, (windows B, height, width, …) -> (B, H, W, …)."""
        windows = ops.split(super().crop(x), self.windows)
        rows = [windows[first : first + len(self.stretches)] for first in range(0, self.windows, len(self.stretches))]
        return _put_together([_put_together(row, self.stretches, axis=2) for row in rows], self.bands, axis=1)

    def pad_condition(self, condition, value=0):
        """Cut the map of a condition into windows, and repeat the other parts for each window.

        A part of one for all images stays one for all windows.
        """
        return {
            key: self.pad(part, value)
            if key == "spatial"
            else (part if part.shape[0] == 1 else ops.concatenate([part] * self.windows))
            for key, part in condition.items()
        }


def _put_together(parts, starts_and_ends, axis):
    """Put together the cells that each part has of its own: those behind the end of the part before."""
    pieces, before = [], 0
    for part, (start, end) in zip(parts, starts_and_ends, strict=True):
        own = slice(before - start, end - start)
        pieces.append(part[:, own] if axis == 1 else part[:, :, own])
        before = end
    return ops.concatenate(pieces, axis=axis)
