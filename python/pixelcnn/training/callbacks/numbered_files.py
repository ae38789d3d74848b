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


def list_checkpoints(folder):
    """Return `(number, path)` of the checkpoint of every epoch in `folder`, the smallest number first.

    Args:
        folder: The folder of the checkpoints, which need not exist.
    """
    return numbered_files(folder, "keras")


def list_all_checkpoints(folder):
    """Return `((epochs, batches), path)` of every checkpoint in `folder`, the earliest in the training first.

    A checkpoint within an epoch is a file such as `epoch-003-batch-001500.keras`, after 2 epochs and 1500 batches.

    Args:
        folder: The folder of the checkpoints, which need not exist.
    """
    paths = [path for path in Path(folder).glob("epoch-*-batch-*.keras") if path.is_file()]
    matches = [(re.fullmatch(r"epoch-(\d+)-batch-(\d+)\.keras", path.name), path) for path in paths]
    within = [((int(match[1]) - 1, int(match[2])), path) for match, path in matches if match]
    return sorted([*within, *(((epochs, 0), path) for epochs, path in list_checkpoints(folder))])


def path_within_epoch(folder, epoch, batch):
    """Return the path of a checkpoint within an epoch.

    Args:
        folder: The folder of the checkpoints.
        epoch: Index of the epoch, counted from 0.
        batch: Number of batches that the training has done of this epoch.
    """
    return Path(folder) / f"epoch-{epoch + 1:03d}-batch-{batch:06d}.keras"
