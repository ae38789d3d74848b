import pytest

from pixelcnn.heads.choice import choose_head, choose_name


@pytest.mark.parametrize(
    ("high", "expected"),
    [(1, "Bernoulli"), (2, "Categorical"), (255, "Categorical"), (256, "LogisticMixture")],
)
def test_by_default_the_levels_say_which(high, expected):
    head = choose_head(choose_name(None, 0, high), 3, 10, 0, high)
    assert type(head).__name__ == expected and (head.channels, head.low, head.high) == (3, 0, high)


@pytest.mark.parametrize("name", ["bernoulli", "categorical", "logistic_mixture"])
def test_any_head_may_be_asked_for_by_name(name):
    assert type(choose_head(name, 1, 5, 4, 5)).__module__ == f"pixelcnn.heads.{name}"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"head": "softmax"}, "head='softmax'.*'bernoulli'"),
        ({"head": "bernoulli"}, "head='bernoulli'.*256 levels"),
        ({"num_logistic_mix": 0}, "num_logistic_mix=0"),
        ({"variant": "keras"}, "variant='keras'"),
        ({"variant": "openai"}, "variant='openai'.*head='categorical'"),
    ],
)
def test_a_bad_argument_is_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        choose_head(**{"head": "categorical", "channels": 1, "num_logistic_mix": 5, "low": 0, "high": 255, **arguments})
