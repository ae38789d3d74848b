"""A view with its condition bound answers as its distribution does with that condition."""

import copy
import inspect
import pickle

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn import anomaly
from properties.families import (
    CONDITIONS,
    FAMILIES,
    given,
    model,
    of_one_family_quickly_and_of_others_in_full,
    random_images,
)


def small(**arguments):
    arguments = {"class_names": ["bee", "sun"], "high": 1, "num_blocks": 1, "num_filters": 2, **arguments}
    return pixelcnn.PixelCNN((3, 2, 1), name="small", **arguments)


@of_one_family_quickly_and_of_others_in_full
def test_all_answers_are_those_of_the_distribution(family):
    distribution = model(family, (3, 2, 1), "label and map", high=1)
    label, map_ = (part[0] for part in given("label and map", 1, (3, 2, 1)))
    view, images = distribution.given((label, map_)), random_images(4, distribution)
    for name in ("log_prob", "pixel_log_prob", "prob", "bits_per_dim"):
        expected = getattr(distribution, name)(images, (label, map_), batch_size=2)
        assert np.array_equal(getattr(view, name)(images, batch_size=2), expected)
    drawn = distribution.sample(4, seed=3, conditional_input=(label, map_), verbose=0)
    assert np.array_equal(view.sample(4, seed=3, verbose=0), drawn)
    mask = np.arange(3)[:, None] < [1, 1]
    completed = distribution.complete(images, mask, (label, map_), seed=1, verbose=0)
    assert np.array_equal(view.complete(images, mask, seed=1, verbose=0), completed)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_kind_of_condition_can_be_bound(condition):
    distribution = model(FAMILIES[1], (3, 2, 1), condition, high=1)
    values, images = given(condition, 4, (3, 2, 1)), random_images(4, distribution)
    assert np.array_equal(distribution.given(values).log_prob(images), distribution.log_prob(images, values))


def test_log_prob_of_entropy_and_all_orders():
    distribution = model(FAMILIES[1], (3, 3, 1), "label", high=1, orders=8)
    view, images = distribution.given(2), random_images(2, distribution)
    mask = np.arange(3) > 0
    part = view.log_prob_of(images, np.broadcast_to(mask, (3, 3)), seed=1, verbose=0, order=None)
    wanted = distribution.log_prob_of(images, np.broadcast_to(mask, (3, 3)), 2, seed=1, verbose=0, order=None)
    assert np.array_equal(part.estimate, wanted.estimate) and not part.standard_error.any()
    assert view.entropy(3, seed=1) == distribution.entropy(3, seed=1, conditional_input=2)
    for order in (5, "average"):
        assert np.array_equal(view.log_prob(images, order=order), distribution.log_prob(images, 2, order=order))


def test_functions_take_a_view_as_a_distribution():
    pytest.importorskip("constriction")
    distribution = small()
    view, images = distribution.given("sun"), distribution.sample(3, seed=0, conditional_input="bee", verbose=0)
    data = pixelcnn.codec.compress(view, images)
    assert data == pixelcnn.codec.compress(distribution, images, "sun")
    for other in (view, distribution):
        assert np.array_equal(pixelcnn.codec.decompress(other, data), images)
    with pytest.raises(ValueError, match="because data holds other labels"):
        pixelcnn.codec.decompress(distribution.given("bee"), data)
    restored = pixelcnn.vq.restore(view, images, 0.1, seed=1, verbose=0)
    assert np.array_equal(restored, pixelcnn.vq.restore(distribution, images, 0.1, "sun", seed=1, verbose=0))
    assert np.array_equal(anomaly.surprise(view, images), anomaly.surprise(distribution, images, "sun"))
    for call in (
        lambda: pixelcnn.codec.compress(view, images, "bee"), lambda: anomaly.surprise(view, images, "bee"),
        lambda: pixelcnn.vq.restore(view, images, 1, "bee"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="conditional_input='bee' does not fit: expected .* without it"):
            call()


@pytest.mark.parametrize("kind", ["Likelihood", "LikelihoodRatio", "Typicality", "Complexity", "Stirring"])
def test_detectors_take_a_view_as_a_distribution(kind):
    distribution = small()
    images, scores = distribution.sample(4, seed=0, conditional_input="bee", verbose=0), []
    for dist, condition in ((distribution.given("sun"), None), (distribution, ["sun"] * 4)):
        detector = getattr(anomaly, kind)(dist)
        further = {"epochs": 1, "verbose": 0} if kind == "LikelihoodRatio" else {}
        keras.utils.set_random_seed(0)
        detector.fit(images, condition, **further)
        detector.infer_threshold(images, conditional_input=condition)
        scores.append((detector.threshold, *detector.score(images, condition).instance_score))
    np.testing.assert_allclose(*scores, rtol=1e-5)
    with pytest.raises(ValueError, match=f"'bee' does not fit: expected {kind}'s methods without it"):
        getattr(anomaly, kind)(distribution.given("sun")).score(images, "bee")


def test_methods_with_a_condition_are_bound_and_their_signature_has_none():
    view = small().given("bee")
    names = {"bits_per_dim", "complete", "entropy", "log_prob", "pixel_log_prob", "prob", "sample"}
    assert names <= set(dir(view))
    for name in names:
        assert "conditional_input" not in inspect.signature(getattr(view, name)).parameters
    images = view.sample(3, seed=0, verbose=0)
    # The argument after the condition moves up.
    assert np.array_equal(view.log_prob(images, 2), view.log_prob(images, batch_size=2))


def test_a_view_sees_later_training_and_not_later_changes_of_its_condition():
    distribution = small(conditional_shape=(2,), class_names=None)
    condition = np.array([1.0, 2.0], "float32")
    view, images = distribution.given(condition), np.zeros((1, 3, 2, 1))
    before = view.log_prob(images)
    condition[:] = 0
    assert np.array_equal(view.log_prob(images), before)
    distribution.set_weights([weight + 1 for weight in distribution.get_weights()])
    assert view.log_prob(images) != before
    assert view.log_prob(images) == distribution.log_prob(images, [1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        view.conditional_input[0] = 3


def test_a_wrong_condition_is_an_error_at_once():
    with pytest.raises(ValueError, match="'moon' does not fit: expected one of bee, sun"):
        small().given("moon")
    with pytest.raises(ValueError, match="conditional_input=None"):
        small().given(None)
    assert small(condition_dropout=0.5).given(None).conditional_input is None


def test_a_view_says_what_it_is():
    assert repr(small().given("bee")) == "<PixelCNN name=small, given 'bee'>"


def test_what_a_view_cannot_do_is_an_error():
    view = small().given("bee")
    with pytest.raises(ValueError, match=r"no second condition.*distribution\.given"):
        view.given("sun")
    with pytest.raises(ValueError, match="conditional_input='sun' does not fit"):
        view.sample(2, conditional_input="sun")
    for name in ("fit", "export", "class_log_probs", "classify"):
        with pytest.raises(AttributeError, match=f"'{name}': expected one of .*, or an attribute of its .distribution"):
            getattr(view, name)
    with pytest.raises(AttributeError):
        view.low = 3


def test_a_view_of_windows():
    windowed = small().resized((4, 4, 1), context=(3, 2))
    view, images = windowed.given("bee"), random_images(2, windowed)
    for other in (view, copy.deepcopy(view)):
        assert np.array_equal(other.log_prob(images), windowed.log_prob(images, "bee"))
    drawn = windowed.sample(2, seed=1, conditional_input="bee", verbose=0)
    assert np.array_equal(view.sample(2, seed=1, verbose=0), drawn)


def test_a_view_is_pickled_and_copied_with_its_distribution():
    view, images = small().given("sun"), np.zeros((1, 3, 2, 1))
    for other in (pickle.loads(pickle.dumps(view)), copy.deepcopy(view)):
        assert repr(other) == repr(view)
        assert other.log_prob(images) == view.log_prob(images)
    assert copy.copy(view).distribution is view.distribution
