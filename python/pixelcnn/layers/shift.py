"""Shifting an image by a row or a column: after it, a window that ends in the current cell sees only the past."""

from keras import ops


def shift_down(x):
    """Row r of the result is row r - 1 of x; the first is zero. (B, H, W, C) -> (B, H, W, C)."""
    return ops.pad(x, ((0, 0), (1, 0), (0, 0), (0, 0)))[:, :-1]


def shift_right(x):
    """Column c of the result is column c - 1 of x; the first is zero. (B, H, W, C) -> (B, H, W, C)."""
    return ops.pad(x, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]
