"""Random numbers for sampling: one uniform for each sub-pixel, which depends on the seed and the image's index."""

import secrets

import numpy as np

from pixelcnn import require

# 23 random bits plus one half, so that every uniform is a float32 above 0 and below 1.
BITS = 23
LARGEST_SEED = 2**64 - 1  # because a seed is one of the two 64-bit words of a key of Philox
LARGEST_NUMBER = 2**63  # of the first image of a draw, because its number and those after it are the other word


def check_seed(seed):
    """Check that a seed is a whole number, 0 … 2^64 - 1. None draws a seed from the operating system."""
    return secrets.randbits(64) if seed is None else require.whole("seed", seed, 0, LARGEST_SEED)


def uniforms(seed, first, count, shape, stream=0):
    """Uniforms for the images `first … first + count - 1` of a seed: (count, *shape), float32, in (0, 1).

    Each image has a generator of its own, a counter-based Philox whose key is the seed and the index of the image. So
    an image depends neither on the number of images that are drawn together, nor on the backend. An image has 2^64
    streams, which start 2^192 values of the counter apart.

    Example:
        >>> import numpy as np
        >>> np.array_equal(uniforms(7, 0, 4, (2, 2, 1))[2:], uniforms(7, 2, 2, (2, 2, 1)))
        True

    References:
        1. Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011, <https://doi.org/10.1145/2063384.2063405>.
    """
    size = int(np.prod(shape))
    result = np.empty((count, size), "float32")
    for index in range(count):
        key = np.array([seed, first + index], "uint64")
        counter = np.array([0, 0, 0, stream], "uint64")
        bits = np.random.Philox(key=key, counter=counter).random_raw(size) >> np.uint64(64 - BITS)
        result[index] = (bits + 0.5) / 2**BITS
    return result.reshape((count, *shape))
