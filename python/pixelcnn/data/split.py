"""The test split of a class: its last tenth, as in the published QuickDraw split."""


def held_out(count: int) -> int:
    """Return how many images at the end of a class of `count` images are the test split.

    Example:
        >>> held_out(1500), held_out(5)
        (150, 2)
    """
    return max(2, count // 10)
