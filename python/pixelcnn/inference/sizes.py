"""Other image sizes than the one that a distribution was trained on."""

from collections.abc import Sequence
from typing import Any, Self

from keras import ops

from pixelcnn import require
from pixelcnn.windows import WindowedGrid


class Sizes:
    """The part of `PixelDistribution` that makes distributions of other image sizes."""

    __module__ = "pixelcnn"  # reticulate makes S3 classes of this name, so the name must not depend on the file

    context: tuple[int, ...] | None = None

    def resized(self, image_shape: Sequence[int], context: Sequence[int] | None = None) -> Self:
        """A distribution of the same family with the same weights, of images of another height and width.

        No weight of any family depends on the height or the width, so every size fits. At the same size the result is
        the same distribution. At a larger size the network extrapolates far from the sides of the image, because it
        notices the sides by the zeros beyond them, and in training the sides were near. With a `context` each pixel is
        computed in a window of the trained size instead (`pixelcnn.windows`).

        - Another height leaves the parameters of the rows that both sizes have as they are, in all families.
        - Another width leaves the parameters of the pixels as they are whose view ends before the right side. In the
          Diagonal BiLSTM of `PixelRNN`, which runs in from the right side, these are the pixels of the first row only.
        - `PixelCNNPlusPlus` pads images to multiples of 2^(`num_hierarchies` - 1). Its view to the right is wider than
          that of the other families, because a cell of the coarsest grid covers that many pixels.
        - A map (`spatial_condition_shape`) has the new height and width.

        The copied weights are those that the model holds: after a `fit` with `ema_momentum`, the averages. The note
        that `fit` has initialised them is copied too. The optimizer and the settings of `compile` are not.

        Args:
            image_shape: (H, W, C), with the same C.
            context: Height and width of a window, such as the trained ones; None for no windows. A windowed
                distribution has likelihoods, samples and completions, and is copied and saved with its windows. It
                cannot be trained, exported or used by `pixelcnn.codec`, and takes one particle. `method="cached"` draws
                it by Jacobi iteration, one row of windows after the other.

        Returns:
            The new distribution.

        Raises:
            ValueError: If the number of channels differs, if `context` does not fit into the image, or if this
                distribution has a `context` itself.

        Example:
            >>> import pixelcnn
            >>> dist = pixelcnn.PixelCNN((4, 4, 1), high=1, num_blocks=1, num_filters=8)
            >>> dist.resized((6, 9, 1)).sample(2, seed=0, verbose=0).shape
            (2, 6, 9, 1)
            >>> textures = dist.resized((6, 9, 1), context=(4, 4))
            >>> textures.log_prob(textures.sample(2, seed=0, verbose=0)).shape
            (2,)
        """
        return _resized(self, image_shape, context)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Make a fresh model from the result of `get_config`: constructor arguments, and the `context` of windows."""
        arguments = {name: value for name, value in config.items() if name != "context"}
        made = cls(**arguments)
        if config.get("context") is not None:
            _take_windows(made, config["context"])
        return made

    def _require_no_context(self, what: str) -> None:
        """Raise an error if this distribution is windowed, which `what` cannot express."""
        if self.context:
            raise ValueError(
                f"context={self.context} does not fit: {what} takes no context; expected the distribution that "
                "resized(..., context=...) was called on."
            )


def _take_windows(dist: Any, context: Sequence[int]) -> None:
    """Compute each pixel in a window of this height and width from now on."""
    dist.context = require.sizes("context", context, 2)
    size = dist.image_shape[:2]
    if dist.context[0] > size[0] or dist.context[1] > size[1]:
        raise ValueError(
            f"context={dist.context} does not fit: expected at most the image's height and width, {tuple(size)}."
        )
    dist._arguments["context"] = dist.context
    dist.grid = WindowedGrid(dist.image_shape, dist.context, dist.network.granularity, dist.network.margin)


def _resized(dist: Any, image_shape, context):
    dist._require_no_context("resized")
    image_shape = require.sizes("image_shape", image_shape, 3)
    if image_shape[-1] != dist.image_shape[-1]:
        raise ValueError(
            f"image_shape={image_shape} does not fit: expected {dist.image_shape[-1]} channels as in "
            f"{dist.image_shape}, because the weights depend on the number of channels."
        )
    config = {**dist.get_config(), "image_shape": image_shape, "context": context}
    if dist.condition.map_shape is not None:
        config["spatial_condition_shape"] = (*image_shape[:2], dist.condition.map_shape[-1])
    made = type(dist).from_config(config)
    made.set_weights([ops.convert_to_numpy(value) for value in dist.values_of(dist.weights)])
    return made
