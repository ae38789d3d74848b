"""Checks of the sizes and types of arrays in files of weights, because Keras silently casts to other types."""

import io
import os
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

WEIGHTS = "model.weights.h5"  # member of a `.keras` archive, as Keras names it
WHOLE = "biu"  # kinds of dtypes: booleans and integers
Arrays = dict[str, tuple[tuple[int, ...], np.dtype]]  # name -> (shape, dtype)


def read_arrays(content: bytes) -> Arrays:
    """The shapes and types of the arrays that an HDF5 file declares.

    Args:
        content: Bytes of the file.

    Raises:
        ValueError: If an array lies in another file or holds no real numbers, or if all arrays exceed the file.
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
        raise ValueError(f"its {WEIGHTS} declares {sum(sizes):,} bytes of numbers, but has {len(content):,} bytes.")
    return arrays


def _check_array(name: str, item: h5py.Dataset) -> None:
    if item.external or item.is_virtual:
        raise ValueError(f"its {WEIGHTS} takes {name!r} from another file.")
    if item.dtype.kind in "cSUO":  # bfloat16 has kind V
        raise ValueError(f"its {WEIGHTS} has {item.dtype} at {name!r}: expected real numbers.")


def check_types(arrays: Arrays, model: Any) -> None:
    """Check that all arrays of integers or booleans belong to such variables of a model, as random states do.

    Scalars are not checked, because no weight is a scalar, and optimizers have integer counts and boolean flags.

    Args:
        arrays: A result of `read_arrays`.
        model: A built distribution.

    Raises:
        ValueError: If integers or booleans are in the place of floating-point numbers; the message names the array.
    """
    of_optimizer = getattr(getattr(model, "optimizer", None), "variables", ())
    for in_optimizer, variables in ((False, model.variables), (True, of_optimizer)):
        left = Counter(tuple(variable.shape) for variable in variables if not is_float(variable))
        for name, (shape, dtype) in arrays.items():
            if name.startswith("optimizer/") == in_optimizer and shape and dtype.kind in WHOLE:
                left[shape] -= 1
                if left[shape] < 0:
                    raise ValueError(f"its {WEIGHTS} has {dtype} of shape {shape} at {name!r}: expected floats.")


def is_float(variable: Any) -> bool:
    """Whether a variable holds floating-point numbers.

    Args:
        variable: A `keras.Variable`.
    """
    return "float" in keras.backend.standardize_dtype(variable.dtype)


def check_file(path: str | os.PathLike[str], model: Any) -> None:
    """Check the types of the arrays in a `.keras` or HDF5 file, as `check_types` does.

    Args:
        path: Path of the file.
        model: A built distribution.

    Raises:
        ValueError: If an array has another type than its variable in the model; the message names file and array.
    """
    path = Path(path)
    try:
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                content = archive.read(WEIGHTS)
        else:
            content = path.read_bytes()
        check_types(read_arrays(content), model)
    except ValueError as error:
        raise ValueError(f"filepath={str(path)!r} does not fit: {error}") from None
