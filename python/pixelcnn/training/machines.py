"""What the machines of a training must agree on before they train."""

import dataclasses
import zlib
from typing import Any

from pixelcnn.backend import machine_count, number_of_first
from pixelcnn.training.presets import DTYPES


def require_epochs(config: Any) -> None:
    """Check that the budget of a run of several machines is in epochs.

    Args:
        config: A `RunConfig`.

    Raises:
        ValueError: If it is in minutes.
    """
    if machine_count() > 1 and (config.minutes is not None or config.epochs is None):
        raise ValueError(
            f"minutes={config.minutes} does not fit {machine_count()} machines: expected epochs, because the clocks of "
            "machines differ, and all must take the same steps."
        )


def agreed(config: Any) -> Any:
    """Return a `RunConfig` with machine 0's type and size of a batch. All machines must call this function.

    Args:
        config: A `RunConfig` with a checksum of the data.

    Raises:
        ValueError: If the data of this machine are not those of machine 0.
    """
    if machine_count() == 1:
        return config
    if number_of_first(zlib.crc32(config.checksum.encode())) != zlib.crc32(config.checksum.encode()):
        raise ValueError(f"checksum={config.checksum} does not fit: expected that of machine 0, which has other data.")
    dtype, batch_size = number_of_first(DTYPES.index(config.dtype)), number_of_first(config.batch_size)
    return dataclasses.replace(config, dtype=DTYPES[dtype], batch_size=batch_size)
