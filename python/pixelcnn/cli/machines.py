"""Options of a training on several machines."""

import argparse

from pixelcnn.cli.options import options_given

NAMES = ("machines", "machine", "coordinator")


def add_machine_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group(
        "several machines (on JAX)",
        "run the same command on each of them, with all three options; RUN is a shared folder",
    )
    group.add_argument("--machines", type=int, metavar="N", help="number of machines (default: one machine)")
    group.add_argument("--machine", type=int, metavar="I", help="number of this machine, from 0 (default: one machine)")
    group.add_argument(
        "--coordinator", metavar="HOST:PORT", help="machine 0, and a free port there (default: one machine)"
    )


def join(arguments: argparse.Namespace) -> bool:
    """Join the machines, and return whether this machine writes the run folder.

    Args:
        arguments: Parsed arguments.

    Raises:
        ValueError: If only some of the options are given, one does not fit, or `--devices` chooses some of the devices.
    """
    options = options_given(arguments, NAMES)
    if not options:
        return True
    named = [f"--{name}" for name in NAMES if name in options]
    if len(named) < len(NAMES):
        raise ValueError(
            f"{' and '.join(named)} alone does not fit: expected --machines, --machine and --coordinator together."
        )
    if arguments.machines > 1 and arguments.devices not in (None, "all"):  # before the machine waits for the others
        raise ValueError(
            f"--devices={arguments.devices} does not fit --machines={arguments.machines}: expected all, because a "
            "training on several machines takes all devices of each of them."
        )
    from pixelcnn.backend import is_first_machine, join_machines

    join_machines(**options)
    return is_first_machine()
