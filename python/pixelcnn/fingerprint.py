"""Fingerprints of models: equal for equal configurations and weights, on every backend."""

import hashlib
import json
from typing import Any

from keras import ops


def fingerprint(dist: Any, weights: list[Any]) -> bytes:
    """Eight bytes that tell distributions apart. Names of the distribution and of its classes do not count.

    Args:
        dist: A distribution.
        weights: The values of the variables of its network.
    """
    config = {name: value for name, value in dist.get_config().items() if name not in ("name", "class_names")}
    parts: list[Any] = [type(dist).__name__, json.dumps(config, sort_keys=True)]
    for value in weights:
        array = ops.convert_to_numpy(value)
        parts += [str(array.dtype), str(array.shape), array.tobytes()]
    return digest(*parts, size=8)


def digest(*parts: Any, size: int) -> bytes:
    """The BLAKE2 digest of texts and bytes, which also depends on where each of them ends.

    Args:
        parts: Texts or bytes.
        size: Number of bytes of the digest.

    Example:
        >>> digest("ab", "c", size=4) == digest("a", "bc", size=4)
        False
    """
    result = hashlib.blake2b(digest_size=size)
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        result.update(len(part).to_bytes(8, "little") + part)
    return result.digest()
