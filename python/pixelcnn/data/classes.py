"""Labels of classes that the user names by name or by label."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pixelcnn import require


def resolve_classes(classes: Any, names: Sequence[str | bytes] | None) -> list[int]:
    """Return the label of each class of `classes`, in the same order.

    A number is a label. A text is a class name; a text of digits is a label only if no class has this name. Without
    `names` every class must be a label.
    """
    if isinstance(classes, (str, bytes)) or not isinstance(classes, Iterable):
        classes = [classes]
    elif isinstance(classes, np.ndarray):
        classes = classes.reshape(-1).tolist()
    classes = [c.decode(errors="replace") if isinstance(c, bytes) else c for c in classes]
    texts = None if names is None else [n.decode(errors="replace") if isinstance(n, bytes) else str(n) for n in names]
    labels = [_resolve_class(c, texts) for c in classes]
    if not labels:
        raise ValueError("classes is empty: expected at least one class.")
    twice = [c for c, label in zip(classes, labels, strict=True) if labels.count(label) > 1]
    if twice:
        raise ValueError(f"classes holds {twice[0]!r} more than once: expected each class once.")
    return labels


def _resolve_class(value: Any, names: list[str] | None) -> int:
    if isinstance(value, str):
        if names is not None and value in names:
            return names.index(value)
        if re.fullmatch("[0-9]{1,9}", value):
            value = int(value)
    if not require.is_integer(value) or value < 0 or (names is not None and value >= len(names)):
        raise ValueError(
            f"classes holds {require.short(value)}, which is not a class: expected {_fitting(names)}."
            + require.nearest(value, names or ())
        )
    return int(value)


def _fitting(names: list[str] | None) -> str:
    """Return a text for errors that says what a class may be."""
    if names is None:
        return "a whole number of at least 0, because class_names is None"
    return f"a whole number 0 … {len(names) - 1} or a name: {require.listed(list(map(repr, names)))}"
