"""Print texts on a terminal, with control characters escaped.

Class names may come from files of other people, and a terminal executes control characters in a text.
"""

import sys
from contextlib import suppress
from typing import TextIO


def say(*lines: str) -> None:
    """Print lines on standard output, without a buffer.

    Args:
        lines: The texts, in which control characters and characters outside the terminal's encoding are escaped.
    """
    for line in lines:
        _write(line, sys.stdout)


def complain(message: object) -> None:
    """Print a message as one line on standard error; ignore a terminal that was closed.

    Args:
        message: A text or an error.
    """
    with suppress(OSError):
        _write("pixelcnn: " + " ".join(str(message).split()), sys.stderr)


def printable(text: str) -> str:
    r"""Return a text in which characters that are not printable, such as line ends, are escaped.

    Args:
        text: Any text.

    Example:
        >>> print(printable("bee\x1b[2J \N{RIGHT-TO-LEFT OVERRIDE}gnp"))
        bee\x1b[2J \u202egnp
    """
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def _write(text: str, stream: TextIO) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(printable(text).encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
