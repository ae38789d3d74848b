"""The machine that something is measured on, as results files hold it."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

INSTRUCTIONS = (("amx_tile", "AMX"), ("avx512f", "AVX-512"), ("avx2", "AVX2"))  # the best one names the machine


def machine():
    """What the figures depend on."""
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        flags = cpuinfo.read_text()
        found = [f", {title}" for flag, title in INSTRUCTIONS if flag in flags]
        model = names[0] + "".join(found[:1])
    packages = ("tensorflow", "keras", "numpy", "tensorflow-probability", "tf_keras")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def instructions(record):
    """The vector instructions of the processor that something was measured on."""
    return record["machine"]["processor"].rpartition(", ")[2]
