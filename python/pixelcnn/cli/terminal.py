"""What the command line prints. Names come from files of others, and a terminal acts on control characters."""

import sys
from contextlib import suppress


def say(*lines):
    """Print lines on standard output, at once.

    Args:
        lines: texts; what a terminal would act on or cannot show is escaped.
    """
    for line in lines:
        _write(line, sys.stdout)


def complain(message):
    """Print one line on standard error, whatever the message looks like. A terminal that is gone is no error.

    Args:
        message: a text or an error.
    """
    with suppress(OSError):
        _write("pixelcnn: " + " ".join(str(message).split()), sys.stderr)


def printable(text):
    r"""Return a text with escapes in place of the characters that are not printable, ends of lines among them.

    Args:
        text: any text.

    Example:
        >>> print(printable("bee\x1b[2J \N{RIGHT-TO-LEFT OVERRIDE}gnp"))
        bee\x1b[2J \u202egnp
    """
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def _write(text, stream):
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(printable(text).encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
