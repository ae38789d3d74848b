"""Checks of arguments that the loaders share. Each error names the argument, what was given and what fits."""

import re
from collections.abc import Iterable, Sequence
from numbers import Integral, Real

import numpy as np


def is_whole(value) -> bool:
    """Tell whether `value` is one whole number: an int, a NumPy int, or a float such as 3.0 (R passes those)."""
    if isinstance(value, (bool, np.bool_)):
        return False
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    return isinstance(value, Integral) or (isinstance(value, Real) and float(value).is_integer())


def whole(name: str, value, low: int) -> int:
    """Return `value` as an int of at least `low`."""
    if not is_whole(value) or value < low:
        raise ValueError(f"`{name}` must be a whole number of at least {low}; got {_short(value)}.")
    return int(value)


def check_choice(name: str, value, choices: tuple) -> None:
    """Check that `value` is one of `choices`."""
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, choices))}; got {value!r}.")


def resolve_classes(classes, names: Sequence[str] | None) -> list[int]:
    """Return the label of each of `classes`, in their order.

    A number is a label. A text is a class name; digits are read as a label only if no class has them as its name.
    Without `names` every class must be a label.
    """
    if isinstance(classes, (str, bytes)) or not isinstance(classes, Iterable):
        classes = [classes]
    elif isinstance(classes, np.ndarray):
        classes = classes.reshape(-1).tolist()
    classes = [c.decode(errors="replace") if isinstance(c, bytes) else c for c in classes]
    names = None if names is None else [n.decode(errors="replace") if isinstance(n, bytes) else str(n) for n in names]
    labels = [_resolve_class(c, names) for c in classes]
    if not labels:
        raise ValueError("`classes` is empty; give at least one class.")
    twice = [c for c, label in zip(classes, labels, strict=True) if labels.count(label) > 1]
    if twice:
        raise ValueError(f"`classes` names {twice[0]!r} more than once; give each class once.")
    return labels


def _resolve_class(value, names: Sequence[str] | None) -> int:
    if isinstance(value, str):
        if names is not None and value in names:
            return list(names).index(value)
        if not re.fullmatch("[0-9]{1,9}", value):
            raise ValueError(f"`classes` holds {_short(value)}, which is not a class; {_fitting(names)}.")
        value = int(value)
    if not is_whole(value) or value < 0 or (names is not None and value >= len(names)):
        raise ValueError(f"`classes` holds {_short(value)}, which is not a class; {_fitting(names)}.")
    return int(value)


def _fitting(names: Sequence[str] | None, most: int = 20) -> str:
    """Return a text that says what a class may be."""
    if names is None:
        return "`class_names` is not given, so a class is a whole number of at least 0"
    more = f", … ({len(names)} in all)" if len(names) > most else ""
    return f"a class is a whole number 0 … {len(names) - 1} or a name: {', '.join(map(repr, names[:most]))}{more}"


def _short(value, most: int = 80) -> str:
    """Return a short text of a value for an error."""
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python writes
        return "a number of thousands of digits"
    return text if len(text) <= most else f"{text[:most]}…"
