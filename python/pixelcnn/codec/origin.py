"""Where compressed images come from: the model, the libraries and the machine, which must be the same to decompress."""

import importlib.metadata
import os
import platform
import re
import struct
from dataclasses import astuple, dataclass, fields
from typing import Any

import keras
import numpy as np

import pixelcnn
from pixelcnn.backend import backend_version, device_names, threads
from pixelcnn.fingerprint import digest, fingerprint

BACKENDS = ("tensorflow", "jax", "torch")
FLAGS = ("XLA_FLAGS", "TF_XLA_FLAGS", "TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "NVIDIA_TF32_OVERRIDE")
FORMAT = struct.Struct("<8sB3s3s3s3s3s4s4sB")


@dataclass(frozen=True)
class Origin:
    """What probabilities depend on to their last bit. The names of fields are those that errors say.

    Args:
        model: A fingerprint of configuration and weights.
        backend: Index in `BACKENDS`.
        backend_version, keras, numpy, constriction, pixelcnn: Versions, as three bytes.
        processor: A fingerprint of operating system, processor features and devices.
        flags: A fingerprint of the environment variables `FLAGS`.
        threads: Number of threads of an operation, at most 255.
    """

    model: bytes
    backend: int
    backend_version: bytes
    keras: bytes
    numpy: bytes
    constriction: bytes
    pixelcnn: bytes
    processor: bytes
    flags: bytes
    threads: int

    def to_bytes(self) -> bytes:
        """The fields in `FORMAT`."""
        return FORMAT.pack(*astuple(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Origin":
        """The origin of these bytes."""
        return cls(*FORMAT.unpack(data))

    def require_same(self, ours: "Origin") -> None:
        """Require that another origin is equal.

        Raises:
            ValueError: If it is not; the error names all that differs.
        """
        differing = [field.name for field in fields(self) if getattr(self, field.name) != getattr(ours, field.name)]
        if differing:
            text = "; ".join(
                f"{name.replace('_', ' ')}: compressed with {self._text(name)}, now {ours._text(name)}"
                for name in differing
            )
            raise ValueError(
                f"data does not fit: expected the model, versions and machine that compressed the images, because "
                f"others round differently, and so decode other pixels. {text[0].upper()}{text[1:]}."
            )

    def _text(self, name: str) -> str:
        value = getattr(self, name)
        if name == "backend":
            return BACKENDS[value] if value < len(BACKENDS) else "an unknown one"
        if isinstance(value, int):
            return str(value)
        return ".".join(map(str, value)) if len(value) == 3 else f"fingerprint {value.hex()}"


def origin_of(dist: Any, weights: list[Any]) -> Origin:
    """The origin of what this process computes with a distribution and the values of its network's variables."""
    return Origin(
        fingerprint(dist, weights),
        BACKENDS.index(keras.backend.backend()),
        _version(backend_version()),
        _version(keras.__version__),
        _version(np.__version__),
        _version(importlib.metadata.version("constriction")),
        _version(pixelcnn.__version__),
        digest(platform.system(), platform.machine(), _processor(), *device_names(), size=4),
        digest(*(os.environ.get(name, "") for name in FLAGS), size=4),
        min(threads(), 255),
    )


def _processor() -> str:
    """The processor's features, by which libraries choose their code."""
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as features
    except ImportError:  # NumPy 1
        from numpy.core._multiarray_umath import __cpu_features__ as features  # type: ignore
    return " ".join(sorted(name for name, has in features.items() if has))


def _version(text: str) -> bytes:
    """The first three numbers of a version, each at most 255."""
    numbers = [min(int(number), 255) for number in re.findall(r"\d+", text)[:3]]
    return bytes([*numbers, 0, 0, 0][:3])
