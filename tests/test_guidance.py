"""Guidance makes more of a condition, or less; how exactly, `properties/test_sampler_is_the_model.py` asks."""

import numpy as np
import pytest

from models import model

LABELS = np.arange(6) % 3


def learned_both(**arguments):
    return model((4, 5, 1), num_classes=3, condition_dropout=0.5, **arguments)


def test_no_guidance_changes_no_pixel():
    distribution, without_dropout = learned_both(), model((4, 5, 1), num_classes=3)
    for variable, value in zip(without_dropout.trainable_variables, distribution.trainable_variables, strict=True):
        variable.assign(value)
    expected = without_dropout.sample(seed=0, conditional_input=LABELS, verbose=0)
    arguments = {"seed": 0, "conditional_input": LABELS, "verbose": 0}
    assert np.array_equal(distribution.sample(**arguments), expected)
    assert np.array_equal(distribution.sample(guidance=0, **arguments), expected)
    assert not np.array_equal(distribution.sample(guidance=2, **arguments), expected)


def test_a_guidance_of_minus_one_takes_the_condition_away():
    distribution = learned_both(dtype="float64")
    without = distribution.sample(6, seed=0, verbose=0)
    assert not np.array_equal(distribution.sample(seed=0, conditional_input=LABELS, verbose=0), without)
    away = distribution.sample(seed=0, conditional_input=LABELS, guidance=-1, verbose=0)
    assert np.array_equal(away, without)


@pytest.mark.full
def test_guidance_makes_the_class_of_an_image_plainer():
    distribution = learned_both()
    labels = np.repeat(np.arange(3), 100)
    plain = []
    for guidance in (0, 1, 3):
        images = distribution.sample(seed=0, conditional_input=labels, guidance=guidance, batch_size=300, verbose=0)
        log_prob = np.stack([distribution.log_prob(images, label) for label in range(3)])
        posterior = log_prob[labels, np.arange(300)] - np.logaddexp.reduce(log_prob, axis=0)
        plain.append(posterior.mean())
    assert plain[0] < plain[1] < plain[2]


@pytest.mark.parametrize(
    ("arguments", "given", "guidance", "why"),
    [
        ({}, None, 1, "no condition"),
        ({"num_classes": 3}, 0, 1, "condition_dropout"),
        ({"num_classes": 3, "condition_dropout": 0.5}, None, 1, "conditional_input=None"),
        ({"num_classes": 3, "condition_dropout": 0.5}, 0, np.inf, "finite"),
        ({"num_classes": 3, "condition_dropout": 0.5}, 0, "much", "finite"),
    ],
)
def test_guidance_that_cannot_be_says_why(arguments, given, guidance, why):
    distribution = model((3, 3, 1), **arguments)
    with pytest.raises(ValueError, match=f"guidance=.*{why}"):
        distribution.sample(1, conditional_input=given, guidance=guidance, verbose=0)
    image = np.zeros((3, 3, 1), "uint8")
    with pytest.raises(ValueError, match=f"guidance=.*{why}"):
        distribution.complete(image, np.ones((3, 3)), conditional_input=given, guidance=guidance, verbose=0)
