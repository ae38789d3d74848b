"""The command `pixelcnn`: one module for each subcommand, with functions `register(subparsers)` and `run(arguments)`.

`main` imports these modules, and with them NumPy, so that Ctrl-C meanwhile ends the command as it does later. Functions
import Keras and its backend, which take seconds, so that `--help` and the error of a mistyped argument appear at once.
"""

import argparse
import gc
import importlib
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pixelcnn import __version__
from pixelcnn.cli.completion import SHELLS, PrintCompletion
from pixelcnn.cli.quiet import import_keras
from pixelcnn.cli.signals import raised_as_interrupts
from pixelcnn.cli.terminal import complain

COMMANDS = (  # modules
    "demo", "download", "train", "evaluate", "sample", "complete", "compress", "decompress", "serve", "export", "info",
)  # fmt: skip

FAILED, BAD_INPUT, SIGNAL = 1, 2, 128  # exit codes, as in argparse and in the shell
PIPE = 13  # the number of SIGPIPE, which Windows lacks
TOO_MUCH = {  # beginnings for errors of Python and NumPy that lack a subject
    MemoryError: "this needs more memory than the machine has: ",
    OverflowError: "a number is too large: ",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    The code is 0 for success, 2 for bad input (arguments, files, a missing package), 1 for a failure with good input
    (of a training, the disk or the network), and 128 + n for signal n (Ctrl-C: 130).

    Args:
        argv: The arguments; by default the arguments of the process.
    """
    with raised_as_interrupts() as received:
        try:
            return _run(build_parser().parse_args(argv))
        except KeyboardInterrupt as interrupt:
            kept = str(interrupt)  # of `options.Interrupted`: the files that were kept
            complain(f"interrupted; {kept}" if kept else "interrupted")
    gc.collect()  # TensorFlow warns of an iterator that is left in the frames of the interrupt when Python ends
    return SIGNAL + (received[0] if received else signal.SIGINT)


def _run(arguments: argparse.Namespace) -> int:
    """Run a subcommand and return the exit code; print an expected error as one line."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            if arguments.needs_keras:
                elsewhere = getattr(arguments, "machines", None) or getattr(arguments, "engine", None) == "ray"
                import_keras(query_devices=not elsewhere)
            arguments.run(arguments)
    except BrokenPipeError:  # the reader of the output has ended, such as `head`
        _drop_output()
        return SIGNAL + PIPE
    except (ValueError, OSError, ImportError, FloatingPointError, *TOO_MUCH) as error:
        if arguments.debug:
            raise
        beginning = next((text for kind, text in TOO_MUCH.items() if isinstance(error, kind)), "")
        complain(f"error: {beginning}{_text(error)}")
        return FAILED if _failed(error) else BAD_INPUT
    return 0


def _failed(error: BaseException) -> bool:
    """Tell whether an error is a failure with good input."""
    from pixelcnn.files import DISK_ERRORS

    return isinstance(error, (FloatingPointError, ConnectionError)) or getattr(error, "errno", None) in DISK_ERRORS


def _drop_output() -> None:
    """Send what is left of the output nowhere, because Python would complain of the closed pipe when it ends."""
    with suppress(OSError, ValueError):  # a standard output that is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _text(error: BaseException) -> str:
    """Return the text of an error, for one of the system "FILE: what is wrong"."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def build_parser() -> argparse.ArgumentParser:
    """Return the argument parser with all subcommands."""
    from pixelcnn.cli.options import add_debug, examples

    parser = argparse.ArgumentParser(
        prog="pixelcnn",
        description="Train, evaluate and sample PixelCNN++ distributions of images.",
        epilog=examples(
            "pixelcnn demo                                     # offline, five minutes, a figure of 20 classes",
            "pixelcnn train --data quickdraw --minutes 30 --output runs/quickdraw",
            "pixelcnn sample runs/quickdraw --output figure.png",
            "pixelcnn COMMAND --help",
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pixelcnn {__version__}", help="print the version")
    parser.add_argument(
        "--print-completion",
        action=PrintCompletion,
        dest=argparse.SUPPRESS,
        choices=SHELLS,
        metavar="SHELL",
        help=f"print the script by which a shell completes commands and options: {', '.join(SHELLS)}",
    )
    add_debug(parser)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        importlib.import_module(f"pixelcnn.cli.{command}").register(subparsers)
    return parser


def _warn(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """Print a warning for users in one line, and ignore warnings for programmers."""
    if issubclass(category, UserWarning):
        complain(f"warning: {message}")
