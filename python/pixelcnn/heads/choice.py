"""Choice of a head by name or by the number of levels."""

from pixelcnn import require
from pixelcnn.heads.bernoulli import Bernoulli
from pixelcnn.heads.categorical import Categorical
from pixelcnn.heads.logistic_mixture import VARIANTS, LogisticMixture

HEADS = ("bernoulli", "categorical", "logistic_mixture")
MOST_CATEGORIES = 256  # for more levels the default is a mixture


def choose_name(head, low, high, default=None, are_names=False):
    """The name of the head, where the user gives None: the default if there is one, else `bernoulli` for 2 levels,
    `categorical` for up to 256 and for levels that are names, and `logistic_mixture` for more.

    Example:
        >>> choose_name(None, low=0, high=1)
        'bernoulli'
    """
    if head is not None or default is not None:
        return default if head is None else head
    count = high - low + 1
    if count == 2:
        return "bernoulli"
    return "categorical" if count <= MOST_CATEGORIES or are_names else "logistic_mixture"


def choose_head(head, channels, num_logistic_mix, low, high, variant="tfp", are_names=False):
    """Make a head by name.

    Raises:
        ValueError: If there is no such head, if `bernoulli` is asked for other than two levels, or if `variant` does
            not fit the head, or a mixture levels that are names.

    Example:
        >>> type(choose_head("bernoulli", channels=1, num_logistic_mix=5, low=0, high=1)).__name__
        'Bernoulli'
    """
    count = high - low + 1
    require.one_of("head", head, HEADS)
    require.one_of("variant", variant, VARIANTS)
    num_logistic_mix = require.positive_integer("num_logistic_mix", num_logistic_mix)
    if head == "logistic_mixture":
        if are_names:
            raise ValueError(
                "head='logistic_mixture' does not fit: expected 'categorical' (or 'bernoulli' for two levels) with "
                "levels='categorical', because names have no order."
            )
        return LogisticMixture(channels, num_logistic_mix, low, high, variant)
    if variant != "tfp":
        raise ValueError(
            f"variant={variant!r} does not fit: expected 'tfp' with head={head!r}, because the variants are details of "
            "a mixture of logistics."
        )
    if head == "categorical":
        return Categorical(channels, low, high)
    if count != 2:
        raise ValueError(
            f"head='bernoulli' does not fit: expected high = low + 1 or another head; there are {count} levels."
        )
    return Bernoulli(channels, low, high)
