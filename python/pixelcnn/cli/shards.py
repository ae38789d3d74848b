"""What `sample` and `evaluate` share where they write one shard of a job into a folder of parts."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pixelcnn.cli.options import Interrupted
from pixelcnn.cli.terminal import say

OPTIONS = ("shard", "part_size")


def add_shard_arguments(parser: argparse.ArgumentParser, when: str, default: str) -> Any:
    """Add `--shard` and `--part-size`.

    Args:
        parser: The parser of a subcommand.
        when: The option that `--part-size` is for.
        default: The default of `--shard`, for the help.

    Returns:
        The argument group, for further arguments.
    """
    group = parser.add_argument_group("shards (docs/many-images.md)")
    group.add_argument(
        "--shard",
        type=shard,
        metavar="I/N",
        help="do only the parts I, I + N, I + 2 N, … of the job, for I = 0 … N - 1, and leave the others to other "
        f"processes; parts that are there and whole are not done again (default: {default})",
    )
    group.add_argument(
        "--part-size",
        type=int,
        metavar="N",
        help=f"for {when}: number of images of a part; all shards take the same number (default: 1024)",
    )
    return group


def shard(text: str) -> tuple[int, int]:
    """Return the value of `--shard` as (i, n).

    Args:
        text: I/N.

    Raises:
        argparse.ArgumentTypeError: If the text is not a shard.

    Example:
        >>> shard("3/16")
        (3, 16)
    """
    index, slash, number = text.partition("/")
    if not (slash and index.isdecimal() and number.isdecimal() and int(index) < int(number)):
        raise argparse.ArgumentTypeError(f"{text!r} does not fit: expected I/N with I = 0 … N - 1, such as 0/4")
    return int(index), int(number)


def write_shard(write: Callable[..., list[Path]], folder: str, arguments: argparse.Namespace) -> None:
    """Write the parts of a shard that are not whole, and print how many these were.

    Args:
        write: `sample_shard` or `score_shard` with the arguments of the job.
        folder: The folder.
        arguments: Parsed arguments, with those of `add_shard_arguments`.

    Raises:
        Interrupted: In place of KeyboardInterrupt.
    """
    chosen = {name: getattr(arguments, name) for name in OPTIONS if getattr(arguments, name) is not None}
    try:
        files = write(folder=folder, verbose=1, **chosen)
    except KeyboardInterrupt:
        raise Interrupted(f"the parts in {folder} are whole; the same command goes on") from None
    say(f"parts written to {folder}: {len(files):,}" if files else f"nothing to do: the parts in {folder} are whole")


def check_parts(folder: str) -> None:
    """Print that all parts of a job are there and whole.

    Args:
        folder: The folder.

    Raises:
        ValueError: If a part is absent or damaged.
    """
    from pixelcnn.require import listed
    from pixelcnn.shards.folder import PartFolder

    job = PartFolder.at(folder)
    if missing := job.missing():
        names = listed([job.file(part).name for part in missing])
        raise ValueError(
            f"{folder}: {len(missing):,} of {len(job.parts):,} parts are absent or damaged: {names}. The command that "
            "began the job writes these parts."
        )
    say(f"{folder}: all {len(job.parts):,} parts are whole, {job.manifest['count']:,} images")
