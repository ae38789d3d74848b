"""The command `pixelcnn`: one module a subcommand, each with `register(subparsers)` and a function that runs it.

Keras and its backend take seconds to import, so they are imported inside the functions: `--help` answers at once, and
so does a mistyped argument.
"""

import argparse
import sys
import warnings

from pixelcnn.cli import complete, demo, download, evaluate, info, sample, train
from pixelcnn.cli.options import Interrupted, examples
from pixelcnn.cli.quiet import import_keras

COMMANDS = (demo, download, train, evaluate, sample, complete, info)

BAD_INPUT, INTERRUPTED = 2, 130  # exit codes; argparse and the shell use the same


def main(argv=None):
    """Run the command line and return its exit code: 0, 2 for bad input, 130 for an interrupt.

    Args:
        argv: list of arguments; by default those of the process.
    """
    arguments = build_parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            if arguments.needs_keras:
                import_keras()
            arguments.run(arguments)
    except KeyboardInterrupt as interrupt:
        _complain(f"interrupted; {interrupt}" if isinstance(interrupt, Interrupted) else "interrupted")
        return INTERRUPTED
    except (ValueError, OSError) as error:
        if arguments.debug:
            raise
        _complain(f"error: {error}")
        return BAD_INPUT
    return 0


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
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.register(subparsers)
    return parser


def _warn(message, category, *_, **__):
    """A warning for the user as one line; those for programmers are for programmers."""
    if issubclass(category, UserWarning):
        _complain(f"warning: {message}")


def _complain(message):
    """One line on standard error, whatever the message looks like."""
    print("pixelcnn: " + " ".join(str(message).split()), file=sys.stderr)
