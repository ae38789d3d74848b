"""Checks of arguments. Each raises a `ValueError` that names the argument, its value and what fits."""

import difflib
import operator
import os
from collections.abc import Collection, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np


def integer(name: str, value: Any, least: int | None = None) -> int:
    """A whole number of at least `least`, as an int. Whole floats and NumPy integers pass; booleans do not."""
    number = _as_integer(value)
    if number is None or (least is not None and number < least):
        raise _misfit(name, value, "a whole number" if least is None else f"a whole number of at least {least}")
    return number


def whole(name: str, value: Any, low: int, most: int = 2**32 - 1) -> int:
    """A whole number `low … most`, as an int. By default `most` is the largest unsigned 32-bit number."""
    number = _as_integer(value)
    if number is None or not low <= number <= most:
        raise _misfit(name, value, f"a whole number {low} … {most}")
    return number


def positive_integer(name: str, value: Any) -> int:
    """A whole number of at least 1, as an int."""
    return integer(name, value, 1)


def multiple(name: str, value: int, of: int, of_name: str) -> int:
    """A multiple of the number `of`; `of_name` says in the error what this number is."""
    if value % of:
        raise _misfit(name, value, f"a multiple of {of_name}, {of}")
    return value


def path(name: str, value: Any) -> Path:
    """A path of a file or folder, as text or as a path object."""
    if not isinstance(value, (str, os.PathLike)) or value == "":  # Path("") would be the working directory
        raise _misfit(name, value, "a path")
    return Path(value)


def probability(name: str, value: Any) -> float:
    """A number in [0, 1)."""
    if not _is_number(value) or not 0 <= value < 1:
        raise _misfit(name, value, "a number of at least 0 and below 1")
    return float(value)


def share(name: str, value: Any) -> float:
    """A number in [0, 1]."""
    if not _is_number(value) or not 0 <= value <= 1:
        raise _misfit(name, value, "a number 0 … 1")
    return float(value)


def finite_number(name: str, value: Any) -> float:
    """A finite number."""
    if not _is_number(value) or not -float("inf") < value < float("inf"):
        raise _misfit(name, value, "a finite number")
    return float(value)


def within(name: str, value: Any, low: float, high: float = float("inf")) -> float:
    """A finite number `low … high`."""
    if not low <= finite_number(name, value) <= high:
        to = "" if high == float("inf") else f" and at most {high:g}"
        raise _misfit(name, value, f"a number of at least {low:g}{to}")
    return float(value)


def positive_number(name: str, value: Any) -> float:
    """A finite number above 0."""
    if not _is_number(value) or not 0 < value < float("inf"):
        raise _misfit(name, value, "a finite number above 0")
    return float(value)


def is_integer(value: Any) -> bool:
    """Whether the value is one whole number: an int, a NumPy integer, or a float such as 3.0, which R passes."""
    return _as_integer(value) is not None


def short(value: Any, most: int = 80) -> str:
    """The first `most` characters of a value's `repr`, for an error."""
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, or lists nested too deeply
        return f"a large {type(value).__name__}"
    return shown if len(shown) <= most else f"{shown[:most]}…"


def listed(names: Sequence[str], most: int = 20) -> str:
    """The first `most` names and, if there are more, the number of all names, for an error or a warning."""
    more = f", … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def nearest(value: Any, names: Sequence[str]) -> str:
    """The end of an error about an unknown name: the most similar of `names`, or nothing if none is similar."""
    plain = {name.lower().replace("_", " "): name for name in names}
    similar = difflib.get_close_matches(str(value).lower().replace("_", " "), plain, n=1)
    return f" Did you mean {plain[similar[0]]!r}?" if similar else ""


def _misfit(name: str, value: Any, expected: str) -> ValueError:
    return ValueError(f"{name}={short(value)} does not fit: expected {expected}.")


def _as_integer(value):
    """The value as an int, or None if the value is no whole number."""
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


def boolean(name: str, value: Any) -> bool:
    """Check that a value is True or False. Text is refused, because `bool("False")` is True in Python."""
    if not isinstance(value, (bool, np.bool_)):
        raise _misfit(name, value, "True or False")
    return bool(value)


def unmasked(name: str, value: Any) -> None:
    """Refuse an array with masked entries, because NumPy's functions would drop the mask and use the masked values."""
    if np.ma.is_masked(value):
        raise ValueError(
            f"{name} is an array with masked entries, which does not fit: expected an array without them, such as "
            f"{name}.filled(0)."
        )


def text(name: str, value: Any) -> str:
    """Check that a value is a text."""
    if not isinstance(value, str):
        raise _misfit(name, value, "a text")
    return value


def texts(name: str, value: Any) -> tuple[str, ...]:
    """A tuple of different texts, from a list or a tuple."""
    fits = isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value)
    if not fits or len(set(value)) < len(value):
        raise _misfit(name, value, "texts that are all different")
    return tuple(value)


def one_of(name: str, value: Any, choices: Collection[Any]) -> Any:
    """One of a few values."""
    if value not in choices:
        raise _misfit(name, value, f"one of {', '.join(map(repr, choices))}")
    return value


def sizes(name: str, value: Any, length: int | None = None) -> tuple[int, ...]:
    """A tuple of positive whole numbers: `length` of them unless `length` is None. Lists and `TensorShape`s pass."""
    expected = "positive whole numbers" if length is None else f"{length} positive whole numbers"
    try:
        numbers = tuple(integer(name, getattr(size, "value", size)) for size in value)
    except (TypeError, ValueError):
        raise _misfit(name, value, expected) from None
    if (length is not None and len(numbers) != length) or any(size < 1 for size in numbers):
        raise _misfit(name, numbers, expected)
    return numbers
