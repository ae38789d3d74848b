"""The command `pixelcnn`: one module a subcommand, each with `register(subparsers)` and a function that runs it.

Keras and its backend take seconds to import, so they are imported inside the functions: `--help` answers at once, and
so does a mistyped argument.
"""

import argparse
import signal
import warnings

from pixelcnn.cli import complete, demo, download, evaluate, info, sample, train
from pixelcnn.cli.options import Interrupted, add_debug, examples
from pixelcnn.cli.quiet import import_keras
from pixelcnn.cli.signals import raised_as_interrupts
from pixelcnn.cli.terminal import complain
from pixelcnn.files import DISK_ERRORS

COMMANDS = (demo, download, train, evaluate, sample, complete, info)

FAILED, BAD_INPUT, SIGNAL = 1, 2, 128  # exit codes; argparse and the shell use the same
TOO_MUCH = {  # errors of Python and NumPy whose own words need a subject
    MemoryError: "this needs more memory than the machine has: ",
    OverflowError: "a number is too large: ",
}


def main(argv=None):
    """Run the command line and return its exit code.

    The code is 0 for success, 2 for bad input (arguments, files), 1 for what failed with good input (a training, the
    disk, the network), and 128 + n for signal n (Ctrl-C: 130).

    Args:
        argv: List of arguments; by default those of the process.
    """
    arguments = build_parser().parse_args(argv)
    with raised_as_interrupts() as received:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _warn
                if arguments.needs_keras:
                    import_keras()
                arguments.run(arguments)
        except KeyboardInterrupt as interrupt:
            complain(f"interrupted; {interrupt}" if isinstance(interrupt, Interrupted) else "interrupted")
            return SIGNAL + (received[0] if received else signal.SIGINT)
        except (ValueError, OSError, FloatingPointError, *TOO_MUCH) as error:
            if arguments.debug:
                raise
            what = next((text for kind, text in TOO_MUCH.items() if isinstance(error, kind)), "")
            complain(f"error: {what}{error}")
            return FAILED if _failed(error) else BAD_INPUT
    return 0


def _failed(error):
    """Tell whether something failed in spite of good input."""
    return isinstance(error, (FloatingPointError, ConnectionError)) or getattr(error, "errno", None) in DISK_ERRORS


def build_parser():
    """Return the argument parser with all subcommands."""
    parser = argparse.ArgumentParser(
        prog="pixelcnn",
        description="Train, judge and sample PixelCNN++ distributions of images.",
        epilog=examples(
            "pixelcnn demo                                     # offline, five minutes, a figure of 20 classes",
            "pixelcnn train --data quickdraw --minutes 30 --output runs/quickdraw",
            "pixelcnn sample runs/quickdraw --output figure.png",
            "pixelcnn COMMAND --help",
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_debug(parser)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.register(subparsers)
    return parser


def _warn(message, category, *_, **__):
    """Print a warning for users in one line; do not show warnings for programmers."""
    if issubclass(category, UserWarning):
        complain(f"warning: {message}")
