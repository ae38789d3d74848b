"""Classes by name or by label."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from pixelcnn import require


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
            raise ValueError(f"`classes` holds {require.short(value)}, which is not a class; {_fitting(names)}.")
        value = int(value)
    if not require.is_integer(value) or value < 0 or (names is not None and value >= len(names)):
        raise ValueError(f"`classes` holds {require.short(value)}, which is not a class; {_fitting(names)}.")
    return int(value)


def _fitting(names: Sequence[str] | None) -> str:
    """Return a text that says what a class may be."""
    if names is None:
        return "`class_names` is not given, so a class is a whole number of at least 0"
    return f"a class is a whole number 0 … {len(names) - 1} or a name: {require.listed(list(map(repr, names)))}"
