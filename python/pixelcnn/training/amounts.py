"""Durations and numbers of bytes, as lines of text show them."""


def duration(seconds: float) -> str:
    """Return a duration in seconds, minutes, hours or days.

    Args:
        seconds: The duration, a positive number.

    Example:
        >>> duration(42), duration(600), duration(9000), duration(3_456_000)
        ('42 s', '10 min', '2.5 h', '40 days')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


def size(count: float) -> str:
    """Return a number of bytes in MB or GB.

    Args:
        count: The number of bytes.

    Example:
        >>> size(25_000_000), size(3_210_000_000)
        ('25 MB', '3.2 GB')
    """
    return f"{count / 1e6:.0f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"
