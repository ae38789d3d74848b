"""Images to bytes and back, by a distribution's probabilities of each sub-pixel.

Encoder and decoder walk through the images alike (`sampling.PixelSteps`): at each sub-pixel the compiled step gives the
probabilities of all levels. The encoder writes the known level, the decoder reads it. Both put the level into the next
step. `log_prob` is not used, because a pass of the whole image rounds differently, and one different bit would change
all later pixels.
"""

import math
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import shapes
from pixelcnn.codec.coder import Decoder, Encoder
from pixelcnn.codec.container import CHECKSUM, LABELS, NO_CONDITION, Container
from pixelcnn.codec.origin import origin_of
from pixelcnn.images import check_images, level_dtype
from pixelcnn.inference.given import unbound
from pixelcnn.progress import check_verbose, progress
from pixelcnn.sampling import PixelSteps
from pixelcnn.sampling.sampler import few_sizes

BATCH_SIZE = 64  # largest number of images that are computed at once


def compress(
    dist: Any, images: ArrayLike, conditional_input: Any = None, verbose: int | Callable[[int, int], object] = 1
) -> bytes:
    """Compress images without loss, to about `-log2 p` bits each.

    The bytes hold about 60 bytes for all images together, and a checksum of 4 bytes for each image.

    Args:
        dist: A distribution, or one that is `given` a condition.
        images: Images (…, H, W, C) of whole numbers `low … high`.
        conditional_input: The condition, of the images' batch shape or one that broadcasts to it. The bytes hold
            labels. A vector or a map must be passed again to `decompress`.
        verbose: 1 or 2 shows a progress bar, 0 shows none. A function is called with the number of sub-pixels that are
            done and the number of all sub-pixels.

    Returns:
        Bytes for `decompress`, which needs the same model, versions of libraries and kind of machine.

    Raises:
        ValueError: If images or condition do not fit.
        ImportError: If the library constriction is not installed.

    Example:
        >>> import pixelcnn
        >>> dist = pixelcnn.PixelCNN((4, 4, 1), num_filters=2, num_blocks=1, high=3)
        >>> images = np.arange(32).reshape(2, 4, 4, 1) % 4
        >>> data = pixelcnn.codec.compress(dist, images, verbose=0)
        >>> bool((pixelcnn.codec.decompress(dist, data, verbose=0) == images).all())
        True
    """
    check_verbose(verbose)
    dist, conditional_input = unbound(dist, conditional_input, "compress()")
    dist._require_no_context("pixelcnn.codec")
    images = check_images(np.asarray(shapes.to_array(images)), dist.image_shape, dist.low, dist.high)
    batch_shape = images.shape[:-3]
    arrays = _flat(dist, conditional_input, batch_shape)
    # In a type that holds every level minus `low`, which that of the user may not.
    levels = images.reshape((-1, *dist.image_shape)).astype(level_dtype(dist.low, dist.high))
    kind, condition = _condition_as_bytes(dist, arrays, conditional_input)
    weights = dist.values_of(dist.network.variables)
    encoder, origin, size = Encoder(), origin_of(dist, weights), _batch_size(len(levels))

    def choose(images_of_batch, place, probs):
        chosen = levels[(images_of_batch, *place)]
        encoder.encode(chosen - dist.low, probs)
        return chosen

    with _progress(verbose, dist, len(levels), "Compressing") as advance:
        _walk(dist, weights, arrays, len(levels), size, choose, advance)
    return Container(origin, size, batch_shape, kind, condition, _checksums(levels), encoder.to_bytes()).to_bytes()


def decompress(
    dist: Any, data: bytes, conditional_input: Any = None, verbose: int | Callable[[int, int], object] = 1
) -> np.ndarray:
    """Decompress images.

    Args:
        dist: The distribution that compressed the images, or the distribution `given` their condition.
        data: Bytes from `compress`.
        conditional_input: The same condition again if it holds vectors or maps; else None or the same labels.
        verbose: As in `compress`.

    Returns:
        The images (…, H, W, C), in the dtype of `sample`.

    Raises:
        ValueError: If the bytes are damaged; if model, libraries or machine are others (the error names them); or if an
            image that comes out is not the one that was compressed.
        ImportError: If the library constriction is not installed.
    """
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise ValueError(f"data of type {type(data).__name__} does not fit: expected bytes from compress.")
    check_verbose(verbose)
    dist, conditional_input = unbound(dist, conditional_input, "decompress()")
    dist._require_no_context("pixelcnn.codec")
    container = Container.from_bytes(bytes(data), _label_type(dist).itemsize)
    decoder, weights = Decoder(container.levels), dist.values_of(dist.network.variables)
    container.origin.require_same(origin_of(dist, weights))
    arrays, count = _condition_of(dist, container, conditional_input), len(container.checksums)
    levels = np.zeros((count, *dist.image_shape), level_dtype(dist.low, dist.high))

    def choose(images_of_batch, place, probs):
        levels[(images_of_batch, *place)] = chosen = dist.low + decoder.decode(probs)
        return chosen

    with _progress(verbose, dist, count, "Decompressing") as advance:
        try:
            _walk(dist, weights, arrays, count, container.batch_size, choose, advance)
            same = np.array_equal(_checksums(levels), container.checksums)
        except ValueError:  # levels that went astray may end in bytes that mean nothing
            same = False
    if not same:
        raise ValueError(
            "data does not fit: the images that came out are not those that were compressed, by their checksums, "
            "because this machine rounds differently: expected the machine that compressed them."
        )
    return levels.reshape((*container.batch_shape, *dist.image_shape))


def _progress(verbose, dist, count, description):
    """A context whose function takes the number of sub-pixels that were done."""
    parts = math.prod(dist.image_shape)
    return progress(verbose, count * parts, description, parts)


def _walk(dist, weights, arrays, count, size, choose, advance):
    """Walk through all images, `size` at a time. All batches have one size, because each size is compiled and rounds in
    its own way. The last batch is filled up with copies of its last image.
    """
    if not count:
        return
    advance(0)  # the first step compiles
    steps: PixelSteps = dist._functions.setdefault("steps", PixelSteps(dist._sampler("cached")))
    prepared = steps.sampler.prepare(weights)
    for first in range(0, count, size):
        new = min(size, count - first)
        copies = np.minimum(np.arange(size), new - 1)
        condition = {key: array[first + copies] for key, array in arrays.items()}
        steps.walk(prepared, size, condition, _of_batch(choose, slice(first, first + new), copies, advance))


def _of_batch(choose: Callable, images_of_batch: slice, copies: np.ndarray, advance: Callable) -> Callable:
    """`choose` for the images of a batch, with copies of the last image's levels at the end."""

    def of_batch(probs, *place):
        new = images_of_batch.stop - images_of_batch.start
        chosen = choose(images_of_batch, place, probs[:new])
        advance(new)
        return chosen[copies]

    return of_batch


def _batch_size(count: int) -> int:
    """Number of images of a batch: few sizes, and batches that are about equally full."""
    batches = max(1, -(-count // BATCH_SIZE))
    return min(few_sizes(-(-count // batches)), BATCH_SIZE)


def _checksums(levels):
    """CRC-32 of each image (B,), of its levels as int32."""
    return np.array([zlib.crc32(image.astype("<i4").tobytes()) for image in levels], "uint32")


def _label_type(dist):
    return np.min_scalar_type((dist.num_classes or 1) - 1)


def _condition_as_bytes(dist, arrays, conditional_input):
    """What the bytes know of the condition: its kind, and its bytes."""
    keys = set(arrays) - {"keep", "order"}  # the order is 0, raster order
    if not keys or dist.condition.is_none(conditional_input):
        return NO_CONDITION, b""
    if keys == {"label"}:
        return LABELS, arrays["label"].astype(_label_type(dist).newbyteorder("<")).tobytes()
    return CHECKSUM, _checksum_of(arrays)


def _checksum_of(arrays):
    return zlib.crc32(b"".join(arrays[key].tobytes() for key in sorted(arrays))).to_bytes(4, "little")


def _condition_of(dist, container, conditional_input):
    """The arrays of the condition, from the bytes or from the user."""
    if container.kind == CHECKSUM:
        arrays = _flat(dist, conditional_input, container.batch_shape)
        if _checksum_of(arrays) != container.condition:
            raise ValueError(
                "conditional_input does not fit: expected the condition that the images were compressed with, by its "
                "checksum."
            )
        return arrays
    labels = None
    if container.kind == LABELS:
        stored = np.frombuffer(container.condition, _label_type(dist).newbyteorder("<"))
        labels = stored.astype("int32").reshape(container.batch_shape)
    arrays = _flat(dist, labels, container.batch_shape)
    if conditional_input is not None:
        again = _flat(dist, conditional_input, container.batch_shape)
        if labels is None or not np.array_equal(again["label"], arrays["label"]):
            holds = "images without a condition" if labels is None else "other labels"
            raise ValueError(f"conditional_input does not fit: expected None, because data holds {holds}.")
    return arrays


def _flat(dist, conditional_input, batch_shape):
    """The arrays of a condition, one entry for each image of a batch shape."""
    arrays, condition_shape = dist.condition.check(shapes.to_array(conditional_input))
    if shapes.broadcast(batch_shape, condition_shape) != batch_shape:
        raise ValueError(
            f"conditional_input of batch shape {condition_shape} does not fit: expected one that broadcasts to the "
            f"images' batch shape, {batch_shape}."
        )
    return dist.condition.flatten(arrays, batch_shape)
