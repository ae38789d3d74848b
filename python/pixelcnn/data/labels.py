"""The QuickDraw class names, and the selections of classes that articles and benchmarks use."""

import warnings
from collections.abc import Sequence
from functools import cache
from importlib import resources

# The article's list has 308 for The Eiffel Tower. Label 308 is "tent", and The Eiffel Tower is 309.
ARTICLE_LABELS = (26, 29, 43, 49, 50, 125, 134, 172, 218, 225, 246, 255, 258, 271, 295, 296, 308, 320, 322, 323)
TENT_HINT = "Label 308 is 'tent'; The Eiffel Tower, which the article's list of labels means, is 309."
BLOG20 = (
    "bee",
    "bicycle",
    "broccoli",
    "butterfly",
    "cactus",
    "frog",
    "guitar",
    "lightning",
    "penguin",
    "pizza",
    "rollerskates",
    "sea turtle",
    "sheep",
    "snowflake",
    "sun",
    "swan",
    "The Eiffel Tower",
    "tractor",
    "train",
    "tree",
)

# The classes of BLOG20 with at least 400 drawings in the data of this project's measurements.
QUICKDRAW13 = (
    "bee",
    "bicycle",
    "butterfly",
    "frog",
    "guitar",
    "penguin",
    "pizza",
    "sea turtle",
    "sheep",
    "snowflake",
    "tractor",
    "train",
    "tree",
)


@cache
def quickdraw_classes() -> tuple[str, ...]:
    """Return the 345 QuickDraw class names; the name at position k is that of label k of TFDS `quickdraw_bitmap`.

    Returns:
        A tuple of 345 strings. Google's own `categories.txt` has the same names in another order.

    Example:
        >>> import pixelcnn
        >>> names = pixelcnn.data.quickdraw_classes()
        >>> len(names), names[308], names[309]
        (345, 'tent', 'The Eiffel Tower')

    Source: https://github.com/tensorflow/datasets (quickdraw_bitmap/labels.txt, Apache-2.0)
    """
    text = resources.files("pixelcnn.data").joinpath("quickdraw_labels.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def warn_of_tent(labels: Sequence[int]) -> None:
    """Warn if the labels are the article's published list, which has `tent` in the place of The Eiffel Tower."""
    if sorted(labels) == list(ARTICLE_LABELS):
        warnings.warn(TENT_HINT, UserWarning, stacklevel=3)
