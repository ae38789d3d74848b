"""Checks of arguments: each raises an error that names the argument, what was given and what fits."""

import operator
from numbers import Real

import numpy as np


def integer(name, value, least=None):
    """A whole number, of at least `least`, as an int: whole floats and NumPy integers pass, booleans do not."""
    number = _as_integer(value)
    if number is None or (least is not None and number < least):
        raise _misfit(name, value, "a whole number" if least is None else f"a whole number of at least {least}")
    return number


def whole(name, value, low, most=2**32 - 1):
    """A whole number `low … most`; by default `most` is the largest of 32 bits."""
    number = _as_integer(value)
    if number is None or not low <= number <= most:
        raise _misfit(name, value, f"a whole number {low} … {most}")
    return number


def positive_integer(name, value):
    """A whole number of at least 1."""
    return integer(name, value, 1)


def multiple(name, value, of, of_name):
    """A multiple of the number `of`; errors call that number `of_name`."""
    if value % of:
        raise _misfit(name, value, f"a multiple of {of_name}, {of}")
    return value


def probability(name, value):
    """A number in [0, 1)."""
    if not _is_number(value) or not 0 <= value < 1:
        raise _misfit(name, value, "a number of at least 0 and below 1")
    return float(value)


def finite_number(name, value):
    """A finite number."""
    if not _is_number(value) or not -float("inf") < value < float("inf"):
        raise _misfit(name, value, "a finite number")
    return float(value)


def within(name, value, low, high=float("inf")):
    """A finite number `low … high`."""
    if not low <= finite_number(name, value) <= high:
        to = "" if high == float("inf") else f" and at most {high:g}"
        raise _misfit(name, value, f"a number of at least {low:g}{to}")
    return float(value)


def positive_number(name, value):
    """A finite number above 0."""
    if not _is_number(value) or not 0 < value < float("inf"):
        raise _misfit(name, value, "a finite number above 0")
    return float(value)


def is_integer(value):
    """Whether it is one whole number: an int, a NumPy integer, or a float such as 3.0, which R passes."""
    return _as_integer(value) is not None


def short(value, most=80):
    """The beginning of a value's text, for an error."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # digits by the thousand, lists in lists
        return f"a large {type(value).__name__}"
    return text if len(text) <= most else f"{text[:most]}…"


def listed(names, most=20):
    """The first names, and how many there are if there are more, for an error or a warning."""
    more = f", … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _misfit(name, value, expected):
    return ValueError(f"{name}={short(value)} does not fit: expected {expected}.")


def _as_integer(value):
    """The value as an int, or None if it is no whole number."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return int(value) if _is_number(value) and float(value).is_integer() else None


def _is_number(value):
    if not isinstance(value, Real) or isinstance(value, (bool, np.bool_)):
        return False
    try:
        float(value)
    except OverflowError:  # a whole number that no float can hold
        return False
    return True


def boolean(name, value):
    """True or False, and nothing else: Python takes every text for true, even "False"."""
    if not isinstance(value, (bool, np.bool_)):
        raise _misfit(name, value, "True or False")
    return bool(value)


def unmasked(name, value):
    """The value, if it is not an array with masked entries: the mask would be lost and the masked values used."""
    if np.ma.is_masked(value):
        raise ValueError(f"{name} is an array with masked entries; expected one without, such as its .filled(0).")
    return value


def text(name, value):
    """A text."""
    if not isinstance(value, str):
        raise _misfit(name, value, "a text")
    return value


def texts(name, value):
    """A tuple of texts, all different, from a list or tuple."""
    fits = isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value)
    if not fits or len(set(value)) < len(value):
        raise _misfit(name, value, "texts that are all different")
    return tuple(value)


def one_of(name, value, choices):
    """One of a few names."""
    if value not in choices:
        raise _misfit(name, value, f"one of {', '.join(map(repr, choices))}")
    return value


def sizes(name, value, length=None):
    """A tuple of positive whole numbers, of a given length if there is one; lists and `TensorShape`s pass."""
    expected = "positive whole numbers" if length is None else f"{length} positive whole numbers"
    try:
        given = tuple(integer(name, getattr(size, "value", size)) for size in value)
    except (TypeError, ValueError):
        raise _misfit(name, value, expected) from None
    if (length is not None and len(given) != length) or any(size < 1 for size in given):
        raise _misfit(name, given, expected)
    return given
