"""The numbers and names of files such as `epoch-001.keras` and `epoch-001.png`."""

import re
from pathlib import Path


def numbered_files(folder, suffix):
    """Return `(number, path)` of every file `epoch-NUMBER.suffix` in `folder`, the smallest number first.

    Args:
        folder: The folder, which need not exist.
        suffix: Suffix of the files, without the dot.
    """
    paths = [path for path in Path(folder).glob(f"epoch-*.{suffix}") if path.is_file()]  # reading a pipe would block
    matches = [(re.fullmatch(rf"epoch-(\d+)\.{suffix}", path.name), path) for path in paths]
    return sorted((int(match[1]), path) for match, path in matches if match)


def path_of_epoch(folder, suffix, epoch, resume):
    """Return the path of an epoch's file.

    Args:
        folder, suffix: As in `numbered_files`.
        epoch: Index of the epoch, counted from 0.
        resume: Whether the files in the folder belong to this training. If so, the number of a file is its epoch,
            counted from 1. If not, the number follows the numbers in the folder.
    """
    numbers = [] if resume else [number for number, _ in numbered_files(folder, suffix)]
    return Path(folder) / f"epoch-{max([epoch, *numbers]) + 1:03d}.{suffix}"
