"""Choice of a head by name or by the number of levels."""

from pixelcnn import require
from pixelcnn.heads.bernoulli import Bernoulli
from pixelcnn.heads.categorical import Categorical
from pixelcnn.heads.logistic_mixture import VARIANTS, LogisticMixture

HEADS = ("bernoulli", "categorical", "logistic_mixture")
MOST_CATEGORIES = 256  # for more levels the default is a mixture


def default_head(low, high):
    """The name of the head that suits the number of levels: `bernoulli` for 2 levels, `categorical` for up to 256, else
    `logistic_mixture`.

    Example:
        >>> default_head(low=0, high=1)
        'bernoulli'
    """
    levels = high - low + 1
    return "bernoulli" if levels == 2 else "categorical" if levels <= MOST_CATEGORIES else "logistic_mixture"


def choose_head(head, channels, num_logistic_mix, low, high, variant="tfp"):
    """Make a head by name.

    Raises:
        ValueError: If there is no such head, if `bernoulli` is asked for other than two levels, or if `variant` does
            not fit the head.

    Example:
        >>> type(choose_head("bernoulli", channels=1, num_logistic_mix=5, low=0, high=1)).__name__
        'Bernoulli'
    """
    levels = high - low + 1
    require.one_of("head", head, HEADS)
    require.one_of("variant", variant, VARIANTS)
    num_logistic_mix = require.positive_integer("num_logistic_mix", num_logistic_mix)
    if head == "logistic_mixture":
        return LogisticMixture(channels, num_logistic_mix, low, high, variant)
    if variant != "tfp":
        raise ValueError(
            f"variant={variant!r} does not fit: expected 'tfp' with head={head!r}, because the variants are details of "
            "a mixture of logistics."
        )
    if head == "categorical":
        return Categorical(channels, low, high)
    if levels != 2:
        raise ValueError(
            f"head='bernoulli' does not fit: expected high = low + 1 or another head; there are {levels} levels."
        )
    return Bernoulli(channels, low, high)
