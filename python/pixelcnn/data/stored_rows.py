"""Large arrays of HDF5 and Zarr files, which are read batch by batch."""

from typing import Any

import numpy as np

from pixelcnn.data.in_files import Rows

MOST_IN_MEMORY = 1 << 30  # bytes of such an array that is read whole, because then any order is read fast
LIBRARIES = ("h5py", "zarr")


class StoredRows(Rows):
    """The rows of an array in an HDF5 or Zarr file, read when they are indexed.

    Args:
        array: (n, …), an `h5py.Dataset` or a `zarr.Array`.
    """

    def __init__(self, array: Any):
        super().__init__([len(array)], array.shape[1:], array.dtype)
        self.array = array

    def _rows(self, rows: np.ndarray) -> np.ndarray:
        if not len(rows):
            return np.empty((0, *self.shape[1:]), self.dtype)
        chosen, places = np.unique(rows, return_inverse=True)  # the libraries take ascending rows, each once
        first, last = chosen[0], chosen[-1] + 1
        part = self.array[first:last] if last - first == len(chosen) else self.array[chosen]
        return np.asarray(part)[places]


def in_rows(array: Any) -> Any:
    """Return a large array of an HDF5 or Zarr file as `StoredRows`, and anything else as it is.

    Args:
        array: What a user gives for images.
    """
    modules = {kind.__module__.partition(".")[0] for kind in type(array).__mro__}
    if modules.isdisjoint(LIBRARIES) or not getattr(array, "ndim", 0):
        return array
    size = np.dtype(array.dtype).itemsize * int(np.prod(array.shape, dtype=np.int64))
    return StoredRows(array) if size > MOST_IN_MEMORY else array
