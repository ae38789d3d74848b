"""Files of weights: the sizes and types of their arrays are checked, because Keras casts to other types silently."""

import io
import zipfile
from collections import Counter
from pathlib import Path

import h5py
import keras

WEIGHTS = "model.weights.h5"  # member of a `.keras` archive, as Keras names it
WHOLE = "biu"  # kinds of dtypes: booleans and integers


def read_arrays(content):
    """The arrays that an HDF5 file declares: a dictionary, name -> (shape, dtype).

    Args:
        content: Bytes of the file.

    Raises:
        ValueError: If an array lies in another file, holds no real numbers, or all are larger than the file.
    """
    arrays, sizes = {}, []

    def collect(name, item):
        if isinstance(item, h5py.Dataset):
            _check_array(name, item)
            arrays[name] = item.shape, item.dtype
            sizes.append(item.nbytes)

    with h5py.File(io.BytesIO(content), "r") as file:
        file.visititems(collect)
    if sum(sizes) > len(content):
        raise ValueError(f"its {WEIGHTS} declares {sum(sizes):,} bytes of numbers, and has {len(content):,} in all.")
    return arrays


def _check_array(name, item):
    if item.external or item.is_virtual:
        raise ValueError(f"its {WEIGHTS} takes {name!r} from another file.")
    if item.dtype.kind in "cSUO":  # bfloat16 has kind V
        raise ValueError(f"its {WEIGHTS} has {item.dtype} at {name!r}; expected real numbers.")


def check_types(arrays, model):
    """Check that arrays of integers or booleans are those of a model, such as the state of its random numbers.

    Scalars are not checked: no weight is one, and optimizers keep counts and flags of their own.

    Args:
        arrays: What `read_arrays` returned.
        model: A built distribution.

    Raises:
        ValueError: If such an array has the place of floating-point numbers; the message names it.
    """
    of_optimizer = getattr(getattr(model, "optimizer", None), "variables", ())
    for in_optimizer, variables in ((False, model.variables), (True, of_optimizer)):
        left = Counter(tuple(variable.shape) for variable in variables if not is_float(variable))
        for name, (shape, dtype) in arrays.items():
            if name.startswith("optimizer/") == in_optimizer and shape and dtype.kind in WHOLE:
                left[shape] -= 1
                if left[shape] < 0:
                    raise ValueError(f"its {WEIGHTS} has {dtype} of shape {shape} at {name!r}; expected floats.")


def is_float(variable):
    """Whether a variable holds floating-point numbers.

    Args:
        variable: A `keras.Variable`.
    """
    return "float" in keras.backend.standardize_dtype(variable.dtype)


def check_file(path, model):
    """Check the types of the arrays in a `.keras` or HDF5 file, as `check_types` does.

    Args:
        path: Path of the file.
        model: A built distribution.

    Raises:
        ValueError: If an array has another type than the model's; the message names file and array.
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
