"""The description of a machine in results files."""

import os
import platform
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

INSTRUCTIONS = (("amx_tile", "AMX"), ("avx512f", "AVX-512"), ("avx2", "AVX2"))  # best first
PACKAGES = ("tensorflow", "keras", "numpy", "tensorflow-probability", "tf_keras", "jax", "torch")


def machine():
    """Return the properties of the machine on which titles depend, and the versions of installed packages."""
    lines = _cpuinfo().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    titles = [f", {title}" for flag, title in INSTRUCTIONS if flag in _cpuinfo()]
    return {
        "processor": (names or [platform.processor()])[0] + "".join(titles[:1]),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES if find_spec(package.replace("-", "_"))},
    }


def has_bfloat16():
    """Return whether the processor has instructions for bfloat16; otherwise bfloat16 is emulated and slow."""
    return "avx512_bf16" in _cpuinfo() or "amx_bf16" in _cpuinfo()


def _cpuinfo():
    path = Path("/proc/cpuinfo")
    return path.read_text() if path.exists() else ""


def instructions(record):
    """Return the vector instructions of the processor in a machine's description."""
    return record["machine"]["processor"].rpartition(", ")[2]
