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
                distribution has likelihoods, samples and completions. It cannot be trained or saved, and takes one
                particle. `method="cached"` draws it by Jacobi iteration, one row of windows after the other.

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

    def get_build_config(self) -> dict[str, Any]:
        """As in Keras, which asks for it before it writes a model."""
        self._require_no_context("a file")
        return super().get_build_config()  # type: ignore[misc]

    def _require_no_context(self, what: str) -> None:
        """Raise an error if this distribution is windowed, which `what` cannot express."""
        if self.context:
            raise ValueError(
                f"context={self.context} does not fit: {what} takes no context; expected the distribution that "
                "resized(..., context=...) was called on."
            )


def _resized(dist: Any, image_shape, context):
    dist._require_no_context("resized")
    image_shape = require.sizes("image_shape", image_shape, 3)
    height, width, channels = image_shape
    if channels != dist.image_shape[-1]:
        raise ValueError(
            f"image_shape={image_shape} does not fit: expected {dist.image_shape[-1]} channels as in "
            f"{dist.image_shape}, because the weights depend on the number of channels."
        )
    if context is not None:
        context = require.sizes("context", context, 2)
        if context[0] > height or context[1] > width:
            raise ValueError(
                f"context={context} does not fit: expected at most the image's height and width, {(height, width)}."
            )
    config = {**dist.get_config(), "image_shape": image_shape}
    if dist.condition.map_shape is not None:
        config["spatial_condition_shape"] = (height, width, dist.condition.map_shape[-1])
    made = type(dist).from_config(config)
    made.set_weights([ops.convert_to_numpy(value) for value in dist.values_of(dist.weights)])
    if context is not None:
        made.context = context
        made.grid = WindowedGrid(image_shape, context, made.network.granularity, made.network.margin)
    return made
