"""Print texts on a terminal, with control characters escaped.

Class names may come from other people's files, and a terminal would act on control characters in them.
"""

import sys
from contextlib import suppress


def say(*lines):
    """Print lines on standard output, at once.

    Args:
        lines: Texts; control characters, and characters that the terminal cannot show, are escaped.
    """
    for line in lines:
        _write(line, sys.stdout)


def complain(message):
    """Print a message as one line on standard error. A terminal that was closed is not an error.

    Args:
        message: A text or an error.
    """
    with suppress(OSError):
        _write("pixelcnn: " + " ".join(str(message).split()), sys.stderr)


def printable(text):
    r"""Return a text in which characters that are not printable, such as ends of lines, are escaped.

    Args:
        text: Any text.

    Example:
        >>> print(printable("bee\x1b[2J \N{RIGHT-TO-LEFT OVERRIDE}gnp"))
        bee\x1b[2J \u202egnp
    """
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def _write(text, stream):
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(printable(text).encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
