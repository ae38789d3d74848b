"""Files `epoch-001.keras`, `epoch-001.png` and so on, numbered after those of an earlier training."""

import re
from pathlib import Path


def numbered_files(folder, suffix):
    """Return `(number, path)` of every file `epoch-NUMBER.suffix` in `folder`, the smallest number first.

    Args:
        folder: The folder, which need not exist.
        suffix: Suffix of the files, without a dot.
    """
    found = []
    for path in Path(folder).glob(f"epoch-*.{suffix}"):
        match = re.fullmatch(rf"epoch-(\d+)\.{suffix}", path.name)
        if match and path.is_file():  # reading a pipe would wait
            found.append((int(match[1]), path))
    return sorted(found)


def path_of_epoch(folder, suffix, epoch, resume):
    """Return the path of an epoch's file.

    Args:
        folder, suffix: As in `numbered_files`.
        epoch: Index of the epoch, counted from 0.
        resume: Whether the files in the folder belong to this training. Then the number of a file is its epoch, counted
            from one; else numbers follow those in the folder.
    """
    numbers = [] if resume else [number for number, _ in numbered_files(folder, suffix)]
    return Path(folder) / f"epoch-{max([epoch, *numbers]) + 1:03d}.{suffix}"
