"""Checks of arguments that the loaders share. Each error names the argument, what was given and what fits."""

from collections.abc import Sequence
from numbers import Real

import numpy as np


def is_whole(value) -> bool:
    """Tell whether `value` is one whole number: an int, a NumPy int, or a float such as 3.0 (R passes those)."""
    if isinstance(value, (bool, np.bool_)):
        return False
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    return isinstance(value, Real) and float(value).is_integer()


def whole(name: str, value, low: int) -> int:
    """Return `value` as an int of at least `low`."""
    if not is_whole(value) or value < low:
        raise ValueError(f"`{name}` must be a whole number of at least {low}; got {value!r}.")
    return int(value)


def check_choice(name: str, value, choices: tuple) -> None:
    """Check that `value` is one of a few."""
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, choices))}; got {value!r}.")


def resolve_classes(classes, names: Sequence[str] | None) -> list[int]:
    """Return the label of each of `classes`, given by name or by number, in their order.

    Without `names` every class must be a number.
    """
    if isinstance(classes, (str, bytes)) or is_whole(classes):
        classes = [classes]
    labels = [_resolve_class(c, names) for c in classes]
    if not labels:
        raise ValueError("`classes` is empty; give at least one class.")
    twice = [c for c, label in zip(classes, labels, strict=True) if labels.count(label) > 1]
    if twice:
        raise ValueError(f"`classes` names {twice[0]!r} more than once; give each class once.")
    return labels


def _resolve_class(value, names: Sequence[str] | None) -> int:
    if isinstance(value, str):
        return _resolve_name(value, names)
    limit = None if names is None else len(names)
    if not is_whole(value) or value < 0 or (limit is not None and value >= limit):
        fits = "a whole number of at least 0" if limit is None else f"a class name or a whole number 0 … {limit - 1}"
        raise ValueError(f"`classes` holds {value!r}; a class is {fits}.")
    return int(value)


def _resolve_name(name: str, names: Sequence[str] | None) -> int:
    if names is None:
        raise ValueError(f"`classes` holds the name {name!r}, but `class_names` is not given; give it, or use numbers.")
    if name not in names:
        raise ValueError(f"`classes` holds {name!r}, which is not a class; the classes are {_shown(names)}.")
    return list(names).index(name)


def _shown(names: Sequence[str], most: int = 20) -> str:
    more = f", … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more
