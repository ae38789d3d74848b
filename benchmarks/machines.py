"""The machine that something is measured on, as results files hold it."""

import os
import platform
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

INSTRUCTIONS = (("amx_tile", "AMX"), ("avx512f", "AVX-512"), ("avx2", "AVX2"))  # the best one names the machine
PACKAGES = ("tensorflow", "keras", "numpy", "tensorflow-probability", "tf_keras", "jax", "torch")


def machine():
    """What the figures depend on; packages that are installed."""
    lines = _cpuinfo().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    found = [f", {title}" for flag, title in INSTRUCTIONS if flag in _cpuinfo()]
    return {
        "processor": (names or [platform.processor()])[0] + "".join(found[:1]),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES if find_spec(package.replace("-", "_"))},
    }


def has_bfloat16():
    """Whether the processor has instructions for bfloat16; without them it is emulated, and slow."""
    return "avx512_bf16" in _cpuinfo() or "amx_bf16" in _cpuinfo()


def _cpuinfo():
    path = Path("/proc/cpuinfo")
    return path.read_text() if path.exists() else ""


def instructions(record):
    """The vector instructions of the processor that something was measured on."""
    return record["machine"]["processor"].rpartition(", ")[2]
