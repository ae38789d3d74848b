"""The masks of van den Oord, Kalchbrenner and Kavukcuoglu (2016a), section 3.4, cell by cell."""

import numpy as np


def mask_of_the_paper(kernel_size, mask_type, groups, channels, filters):
    """(rows, columns, C, F) of 0 and 1; channel = index mod groups."""
    rows, columns = kernel_size
    mask = np.zeros((rows, columns, channels, filters))
    for row, column, channel, feature in np.ndindex(*mask.shape):
        before = row < rows // 2 or (row == rows // 2 and column < columns // 2)
        at_centre = (row, column) == (rows // 2, columns // 2)
        earlier_colour = channel % groups < feature % groups
        own_colour = channel % groups == feature % groups
        mask[row, column, channel, feature] = before or (
            at_centre and (earlier_colour or (mask_type == "B" and own_colour))
        )
    return mask
