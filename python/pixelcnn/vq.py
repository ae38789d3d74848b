"""Codes of a vector-quantised autoencoder (VQ-VAE) [1]: from images to codes and back, and repair of codes [2].

A VQ-VAE describes an image by a small map of codes, whole numbers 0 … K - 1. A distribution over such maps, with
`high=K - 1, levels="categorical"`, is the prior of the VQ-VAE. It is trained and sampled as one over images is.

References:
    1. van den Oord, Vinyals and Kavukcuoglu, Neural Discrete Representation Learning, 2017,
       <https://arxiv.org/abs/1711.00937>.
    2. Marimont and Tarroni, Anomaly Detection through Latent Space Restoration using Vector-Quantized Variational
       Autoencoders, 2020, <https://arxiv.org/abs/2012.06765>.
"""

import colorsys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import noise, require, shapes
from pixelcnn.distribution import PixelDistribution
from pixelcnn.images import check_images
from pixelcnn.inference.given import Given, unbound
from pixelcnn.sampling import Draw

__all__ = ["codes", "colours", "decode", "restore"]

GOLDEN = 0.6180339887498949  # hues that are this far apart, modulo 1, stay apart, however many there are
SHADES = ((0.85, 0.95), (0.55, 0.7), (1.0, 0.6), (0.4, 1.0))  # saturation and value


def codes(
    encoder: keras.Model | Callable[[Any], Any], images: ArrayLike, codebook: ArrayLike | None = None,
    batch_size: int = 64,
) -> Any:  # fmt: skip
    """Codes (n, h, w, 1) of images, as `fit` of a prior takes them.

    Args:
        encoder: A Keras model, or a function of a batch of images. It returns codes (B, h, w) or (B, h, w, 1). With a
            codebook it returns features (B, h, w, D). An encoder that returns a list or dictionary of codes, for
            several levels, gives such a list or dictionary here too.
        images: (n, …) as the encoder takes them. A memory map is read batch by batch.
        codebook: Vectors (K, D), such as the weights of an `Embedding`: a code is the index of the vector that is
            nearest to a feature. None if the encoder returns codes.
        batch_size: Number of images at once.

    Returns:
        Codes in the smallest unsigned type that holds them: with a codebook, the type that holds K - 1.

    Raises:
        ValueError: If the encoder returns something else, or there is no image.

    Example:
        >>> import numpy as np
        >>> codebook = np.array([[0.0], [1.0], [2.0]])
        >>> images = np.array([0.1, 0.9, 1.2, 3.0]).reshape((1, 2, 2, 1))
        >>> codes(lambda batch: batch, images, codebook)[..., 0].tolist()
        [[[0, 1], [1, 2]]]
    """
    size = require.positive_integer("batch_size", batch_size)
    if not len(images):  # type: ignore[arg-type]
        raise ValueError("images of length 0 do not fit: expected at least one image.")
    vectors = None if codebook is None else _codebook(codebook)
    parts = [
        keras.tree.map_structure(lambda output: _codes(output, vectors), _call(encoder, images[first : first + size]))  # type: ignore[index]
        for first in range(0, len(images), size)  # type: ignore[arg-type]
    ]
    return keras.tree.map_structure(lambda *arrays: np.concatenate(arrays), parts[0], *parts[1:])


def decode(decoder: keras.Model | Callable[[Any], Any], codes: Any, batch_size: int = 64) -> np.ndarray:
    """Images (…, H, W, C) that a decoder makes of codes.

    Args:
        decoder: A Keras model, or a function, from codes (B, h, w), whole numbers, to images (B, H, W, C).
        codes: Codes (…, h, w, 1), such as `sample` returns; for a decoder of several levels a list of such arrays, with
            the same axes before (h, w, 1).
        batch_size: Number of images at once.

    Returns:
        The decoder's output, which has the same axes before (H, W, C) as the codes have before (h, w, 1).

    Raises:
        ValueError: If the codes have another shape.

    Example:
        >>> import numpy as np
        >>> colours = np.array([[255, 0, 0], [0, 0, 255]])
        >>> decode(lambda batch: colours[batch], np.array([[[0], [1]]])).tolist()
        [[[255, 0, 0], [0, 0, 255]]]
    """
    size = require.positive_integer("batch_size", batch_size)
    arrays = [np.asarray(shapes.to_array(part)) for part in keras.tree.flatten(codes)]
    leading = {array.shape[:-3] if array.ndim >= 3 and array.shape[-1] == 1 else None for array in arrays}
    if len(leading) != 1 or None in leading or any(array.dtype.kind not in "iu" for array in arrays):
        described = ", ".join(f"shape {array.shape} and type {array.dtype}" for array in arrays)
        raise ValueError(f"codes of {described} do not fit: expected whole numbers (…, h, w, 1), with the same axes ….")
    if not all(array.size for array in arrays):
        raise ValueError(f"codes of shape {arrays[0].shape} do not fit: expected at least one grid of codes.")
    flat = [array.reshape((-1, *array.shape[-3:-1])) for array in arrays]
    images = []
    for first in range(0, len(flat[0]), size):
        batch = [array[first : first + size].astype("int32") for array in flat]
        images.append(shapes.to_array(_call(decoder, keras.tree.pack_sequence_as(codes, batch))))
    joined = np.concatenate(images)
    return joined.reshape((*arrays[0].shape[:-3], *joined.shape[1:]))


def colours(codes: ArrayLike) -> np.ndarray:
    """A colour of its own for each code, because a code is a name, and brightness would say that some are alike.

    The colour of a code does not depend on K or on the other codes. Figures show codes in these colours, as
    `pixelcnn.plot.grid(colours(codes))`.

    Args:
        codes: Whole numbers (…, h, w, 1), such as `sample` of a prior returns.

    Returns:
        Red, green and blue (…, h, w, 3), uint8.

    Raises:
        ValueError: If the codes have another shape.

    Example:
        >>> import numpy as np
        >>> colours(np.array([[[0], [1]]])).tolist()
        [[[242, 36, 36], [80, 109, 178]]]
    """
    numbers = np.asarray(shapes.to_array(codes))
    if numbers.ndim < 3 or numbers.shape[-1] != 1 or numbers.dtype.kind not in "iu":
        raise ValueError(
            f"codes of shape {numbers.shape} and type {numbers.dtype} do not fit: expected whole numbers (…, h, w, 1)."
        )
    names, places = np.unique(numbers[..., 0], return_inverse=True)
    palette = [colorsys.hsv_to_rgb(int(name) * GOLDEN % 1, *SHADES[int(name) % len(SHADES)]) for name in names]
    table = np.round(255 * np.array(palette).reshape((-1, 3))).astype("uint8")
    return table[places.reshape(numbers.shape[:-1])]


def restore(
    dist: PixelDistribution | Given, codes: ArrayLike, threshold: float, conditional_input: Any = None,
    seed: int | None = None, batch_size: int | None = None, verbose: int | Callable[[int, int], object] = 1,
) -> np.ndarray:  # fmt: skip
    """Draw unlikely codes anew: section 2.3 of [2] in the module's documentation, in one cached pass.

    The pass goes through the codes in raster order. A code whose surprisal, minus its log-probability given the codes
    before it, exceeds the threshold is replaced by a draw from the prior. Codes behind it are judged given the new
    code. Decoded restorations of an image differ from the image where it does not look like the training data: the mean
    absolute difference over several restorations is an anomaly map.

    Args:
        dist: The prior, or the prior `given` a condition. A distribution over images works too; it restores levels of
            pixels.
        codes: (…, h, w, 1). For n restorations of each image broadcast codes to (n, …, h, w, 1).
        threshold: Largest surprisal in nats of a code that is kept, at least 0; 5 in [2]. A quantile of the surprisals
            of real images, `-dist.pixel_log_prob(codes)`, is a good choice.
        conditional_input, seed, batch_size, verbose: As in `PixelDistribution.sample`.

    Returns:
        Codes of the broadcast batch shape, in the type of `sample`.

    Raises:
        ValueError: If an argument does not fit.

    Example:
        >>> import numpy as np, pixelcnn
        >>> dist = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=4, high=3)
        >>> codes = dist.sample(2, seed=0, verbose=0)
        >>> np.array_equal(restore(dist, codes, threshold=1e9, verbose=0), codes)
        True
        >>> np.array_equal(restore(dist, codes, threshold=0, seed=1, verbose=0), dist.sample(2, seed=1, verbose=0))
        True
    """
    dist, conditional_input = unbound(dist, conditional_input, "restore()")
    levels = check_images(shapes.to_array(codes), dist.image_shape, dist.low, dist.high, name="codes")
    arrays, condition_shape = dist.condition.check(shapes.to_array(conditional_input))
    batch_shape = shapes.broadcast(levels.shape[:-3], condition_shape)
    known = np.broadcast_to(levels, (*batch_shape, *dist.image_shape)).astype("float32")
    draw = Draw(noise.check_seed(seed), threshold=require.within("threshold", threshold, 0))
    return dist._draw(known, np.ones(known.shape, bool), arrays, draw, "cached", batch_size, verbose)


def _call(model, batch):
    """The output of a Keras model, which `predict_on_batch` compiles, or of a function."""
    return model.predict_on_batch(batch) if isinstance(model, keras.Model) else model(batch)


def _codes(output, codebook):
    """One output of an encoder as codes (B, h, w, 1)."""
    output = np.asarray(shapes.to_array(output))
    if codebook is not None:
        return _nearest(output, codebook)[..., None].astype(np.min_scalar_type(len(codebook) - 1))
    numbers = output[..., None] if output.ndim == 3 else output
    if numbers.ndim != 4 or numbers.shape[-1] != 1 or np.any(numbers != np.floor(numbers)) or np.any(numbers < 0):
        raise ValueError(
            f"encoder returns numbers of shape {output.shape} and type {output.dtype}, which do not fit: expected "
            "whole numbers (B, h, w) or (B, h, w, 1) of at least 0, or a codebook."
        )
    return numbers.astype(np.min_scalar_type(int(numbers.max())))


def _codebook(codebook):
    """The codebook as an array (K, D)."""
    vectors = np.asarray(shapes.to_array(codebook))
    if vectors.ndim != 2 or not vectors.size or vectors.dtype.kind not in "iuf":
        raise ValueError(f"codebook of shape {vectors.shape} does not fit: expected K vectors of D numbers, (K, D).")
    if not np.all(np.isfinite(vectors)):
        raise ValueError("codebook holds numbers that are not finite, which do not fit: expected finite numbers.")
    return vectors.astype("float64")


def _nearest(features, codebook):
    """Indices (…) of the vectors (K, D) nearest to features (…, D)."""
    if features.shape[-1] != codebook.shape[-1]:
        raise ValueError(
            f"codebook of shape {codebook.shape} does not fit: expected vectors of {features.shape[-1]} numbers, as "
            f"the encoder's features of shape {features.shape}."
        )
    features = np.asarray(features, "float64")
    if not np.all(np.isfinite(features)):
        raise ValueError("encoder returns features that are not finite, which do not fit: expected finite numbers.")
    # |feature - vector|^2 without |feature|^2, which all vectors share. In float64, because small types overflow, and
    # around the vectors' mean, because large numbers that are nearly equal cancel.
    centre = codebook.mean(axis=0)
    vectors = codebook - centre
    return np.argmin((vectors**2).sum(axis=-1) - 2 * (features - centre) @ vectors.T, axis=-1)
