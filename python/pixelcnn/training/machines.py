"""What the machines of a training must agree on before they train."""

import dataclasses
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pixelcnn.backend import machine_count, number_of_first, numbers_of_all
from pixelcnn.training.presets import DTYPES

END = 1 << 16  # bytes at the end of an archive, with the checksums of its members


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


def require_same_checkpoints(folder: str | os.PathLike[str], checkpoints: Sequence[Any]) -> None:
    """Check that all machines see the same checkpoints. All machines must call this function.

    Args:
        folder: The folder of the checkpoints, for the error.
        checkpoints: ((epochs, batches), path) of each checkpoint, as `list_all_checkpoints` returns them.

    Raises:
        ValueError: If another machine sees other checkpoints.
    """
    if machine_count() == 1:
        return
    newest = checkpoints[-1][0] if checkpoints else (0, 0)
    seen = numbers_of_all([len(checkpoints), *newest, _checksum_of_ends([path for _, path in checkpoints])])
    if (seen != seen[0]).any():
        listed = "; ".join(f"machine {machine} sees {_in_words(*row)}" for machine, row in enumerate(seen.tolist()))
        raise ValueError(
            f"folder={str(folder)!r} does not fit {len(seen)} machines: expected a folder that all of them see, with "
            f"the same checkpoints. {listed}."
        )


def _checksum_of_ends(paths: Sequence[Path]) -> int:
    total = 0
    for path in paths:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - END))
            total = zlib.crc32(file.read(), total)
    return total


def _in_words(count, epochs, batches, checksum):
    if not count:
        return "no checkpoint"
    return f"{count} (checksum {checksum:08x}), the newest after {epochs} epochs and {batches} batches"
