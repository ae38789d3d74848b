"""Shifts of an image by a row or a column. A window that ends in the current cell then sees only earlier pixels."""

from keras import ops


def shift_down(x):
    """Shift x (B, H, W, C) down: row r of the result is row r - 1 of x, and the first row is zero."""
    return ops.pad(x, ((0, 0), (1, 0), (0, 0), (0, 0)))[:, :-1]


def shift_right(x):
    """Shift x (B, H, W, C) right: column c of the result is column c - 1 of x, and the first column is zero."""
    return ops.pad(x, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]
