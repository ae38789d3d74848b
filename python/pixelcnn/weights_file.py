"""Files of weights: checks of the archive, and of the sizes and types of its arrays, before Keras reads them.

Keras raises errors of any type for damaged files, and silently casts arrays of other types.
"""

import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

# Members of a `.keras` archive and of a preset folder, as Keras names them.
CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
# Keras does not compress archives. A compressed archive may unpack to 4 times its size, or to 256 MiB.
MOST_EXPANSION, ALWAYS_ALLOWED_BYTES = 4, 1 << 28
CONDITION = ("num_classes", "conditional_shape", "spatial_condition_shape", "spatial_condition_levels", "orders")
WHOLE = "biu"  # kinds of dtypes: booleans and integers
Arrays = dict[str, tuple[tuple[int, ...], np.dtype]]  # name -> (shape, dtype)


def read_arrays(content: bytes) -> Arrays:
    """The shapes and types of the arrays that an HDF5 file declares.

    Args:
        content: Bytes of the file.

    Raises:
        ValueError: If an array lies in another file or holds no real numbers, or if all arrays together need more bytes
            than the file has.
    """
    arrays: Arrays = {}
    sizes: list[int] = []

    def collect(name, item):
        if isinstance(item, h5py.Dataset):
            _check_array(name, item)
            arrays[name] = item.shape, item.dtype
            sizes.append(item.nbytes)

    with h5py.File(io.BytesIO(content), "r") as file:
        file.visititems(collect)
    if sum(sizes) > len(content):
        raise ValueError(f"its {WEIGHTS} declares {sum(sizes):,} bytes: expected at most its size, {len(content):,}.")
    return arrays


def _check_array(name: str, item: h5py.Dataset) -> None:
    if item.external or item.is_virtual:
        raise ValueError(f"its {WEIGHTS} takes {name!r} from another file: expected all numbers in this file.")
    if item.dtype.kind in "cSUO":  # bfloat16 has kind V
        raise ValueError(f"its {WEIGHTS} has {item.dtype} at {name!r}: expected real numbers.")


def check_types(arrays: Arrays, model: Any) -> None:
    """Check that arrays of integers or booleans belong to variables of integers or booleans, such as random states.

    Scalars are not checked, because no weight is a scalar, and optimizers have integer counts and boolean flags.

    Args:
        arrays: A result of `read_arrays`.
        model: A built distribution.

    Raises:
        ValueError: If integers or booleans are in the place of floating-point numbers; the message names the array.
    """
    of_optimizer = getattr(getattr(model, "optimizer", None), "variables", ())
    for in_optimizer, variables in ((False, model.variables), (True, of_optimizer)):
        unmatched = Counter(tuple(variable.shape) for variable in variables if not is_float(variable))
        for name, (shape, dtype) in arrays.items():
            if name.startswith("optimizer/") == in_optimizer and shape and dtype.kind in WHOLE:
                unmatched[shape] -= 1
                if unmatched[shape] < 0:
                    raise ValueError(f"its {WEIGHTS} has {dtype} of shape {shape} at {name!r}: expected floats.")


def is_float(variable: Any) -> bool:
    """Whether a variable holds floating-point numbers.

    Args:
        variable: A `keras.Variable`.
    """
    return "float" in keras.backend.standardize_dtype(variable.dtype)


def check_file(path: str | os.PathLike[str], model: Any) -> None:
    """Check a `.keras` or HDF5 file of weights for a model.

    Args:
        path: Path of the file.
        model: A built distribution.

    Raises:
        ValueError: If the archive is damaged, is of a distribution with another condition, or has more arrays than the
            model's network; or if an array has another type than its variable in the model.
    """
    path = Path(path)
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            check_archive(archive, path.stat().st_size)
            content = archive.read(member(archive, WEIGHTS))
            _check_condition(json.loads(archive.read(member(archive, CONFIG))).get("config", {}), model)
    else:
        content = path.read_bytes()
    arrays = read_arrays(content)
    check_types(arrays, model)
    # Keras ignores arrays for which the model has no variable, such as the table of the classes.
    count, expected = sum(name.startswith("layers/") for name in arrays), len(model.network.variables)
    if count > expected:
        raise ValueError(
            f"its {WEIGHTS} has {count} arrays for a network: expected {expected}, as the distribution has."
        )


def _check_condition(config: dict[str, Any], model: Any) -> None:
    """Refuse the weights of another condition, because tables of classes, codes and orders may have one shape."""
    ours = model.get_config()
    for name in CONDITION:
        theirs, own = (tuple(part) if isinstance(part, list) else part for part in (config.get(name), ours[name]))
        if name in config and theirs != own:
            raise ValueError(f"its {name} is {theirs!r}: expected {own!r}, as the distribution has.")


@contextmanager
def named(path: str | os.PathLike[str], argument: str = "path") -> Iterator[None]:
    """A context that turns every error into a ValueError that names the file.

    Keras, h5py and zipfile raise errors of any type for damaged files, such as RecursionError and MemoryError.

    Args:
        path: Path of the file.
        argument: Name of the user's argument, for the message.
    """
    try:
        yield
    except Exception as error:
        text = " ".join(str(error).split())[:400]
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise ValueError(f"{argument}={str(path)!r} cannot be read as a saved distribution: {kind}{text}") from error


def check_archive(archive: zipfile.ZipFile, size: int) -> None:
    """Check that a ZIP archive is undamaged, and that its members do not unpack to far more than its size.

    Args:
        archive: A `zipfile.ZipFile`.
        size: Size of the file in bytes.

    Raises:
        ValueError: If a member is encrypted or damaged, or all members together are too large.
    """
    members = archive.infolist()
    encrypted = [member.filename for member in members if member.flag_bits & 1]
    if encrypted:
        raise ValueError(f"its member {encrypted[0]!r} is encrypted: expected an archive without a password.")
    total, most = sum(member.file_size for member in members), max(MOST_EXPANSION * size, ALWAYS_ALLOWED_BYTES)
    if total > most:
        raise ValueError(f"its members unpack to {total:,} bytes: expected at most {most:,}.")
    damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"its member {damaged!r} is damaged, because its checksum differs.")


def member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return the entry of a member of an archive.

    Args:
        archive: A `zipfile.ZipFile`.
        name: Name of the member.

    Raises:
        ValueError: If the archive has no such member.
    """
    try:
        return archive.getinfo(name)
    except KeyError:
        raise ValueError(f"it has no member {name}.") from None
