"""A classifier that can tell the classes gives fidelity one to right labels and zero to wrong ones."""

import numpy as np
import pytest

from pixelcnn.evaluation import (
    accuracy_per_class,
    balanced_accuracy,
    build_classifier,
    extract_features,
    fidelity,
    train_classifier,
)
from pixelcnn.evaluation.classifier import shift


def stripes(count, seed):
    """Lying, standing and no stripes, unequally many of each."""
    random = np.random.default_rng(seed)
    labels = np.sort(random.choice(3, count, p=[0.6, 0.3, 0.1]))
    labels[:3] = 0, 1, 2
    images = random.integers(0, 60, (count, 12, 12, 1))
    for image, label in zip(images, labels, strict=True):
        line = random.integers(2, 9)
        if label == 0:
            image[line : line + 2] = 255
        elif label == 1:
            image[:, line : line + 2] = 255
    return images.astype("uint8"), labels


@pytest.fixture(scope="module")
def classifier():
    return train_classifier(*stripes(400, 0), epochs=8, batch_size=16)


def test_clear_classes_are_learned_and_balanced(classifier):
    images, labels = stripes(300, 1)
    assert balanced_accuracy(classifier, images, labels) > 0.95
    assert set(accuracy_per_class(classifier, images, labels)) == {0, 1, 2}


def test_fidelity_is_of_the_classes_asked_for(classifier):
    images, labels = stripes(300, 2)
    assert fidelity(classifier, images, labels) > 0.95
    assert fidelity(classifier, images, (labels + 1) % 3) < 0.05


def test_the_other_architecture_learns_the_same_classes():
    mixer = train_classifier(*stripes(400, 0), epochs=8, batch_size=16, architecture="mixer")
    assert balanced_accuracy(mixer, *stripes(300, 1)) > 0.95
    assert extract_features(mixer, stripes(6, 1)[0][:2]).shape == (2, 64)
    with pytest.raises(ValueError, match="architecture='vit' does not fit: expected one of 'convolutional', 'mixer'"):
        build_classifier((8, 8, 1), 2, architecture="vit")


def test_numbers_of_a_training_are_checked_by_name():
    images, labels = stripes(6, 1)
    for name, wrong in (("epochs", 0), ("batch_size", 0), ("num_classes", 2.5)):
        with pytest.raises(ValueError, match=f"{name}={wrong} does not fit"):
            train_classifier(images, labels, **{name: wrong})
    assert train_classifier(images, labels, num_classes=3.0, epochs=1.0, batch_size=2.0).output.shape == (None, 3)


def test_every_class_counts_the_same(classifier):
    images, labels = stripes(300, 3)
    chosen = np.concatenate([np.flatnonzero(labels == 0)[:1], np.flatnonzero(labels == 1)])
    images, labels = images[chosen], labels[chosen].copy()
    labels[0] = 2  # the one drawing of its class is wrong, all others are right
    assert balanced_accuracy(classifier, images, labels) == pytest.approx(0.5, abs=0.05)


def test_shifts_are_small_and_keep_the_ink():
    images = np.zeros((50, 20, 20, 1), "uint8")
    images[:, 10, 10] = 200
    moved = shift(images, np.random.default_rng(0), fill=7)
    places = np.argwhere(moved == 200)
    assert len(places) == 50
    assert np.abs(places[:, 1:3] - 10).max() == 2
    assert set(np.unique(moved)) <= {0, 7, 200}


@pytest.mark.parametrize(
    "images, labels, named",
    [
        (np.zeros((0, 8, 8, 1)), np.zeros(0, int), "images"),
        (np.zeros((2, 8, 8)), np.zeros(2, int), "images"),
        (np.zeros((2, 8, 8, 1)), np.zeros(3, int), "labels"),
        (np.zeros((2, 8, 8, 1)), np.zeros(2), "labels"),
        (np.zeros((2, 8, 8, 1)), np.array([0, 2]), "labels"),
    ],
)
def test_errors_name_the_argument(images, labels, named):
    with pytest.raises(ValueError, match=named):
        train_classifier(images, labels, epochs=1)


def test_a_classifier_takes_every_seed_of_sample():
    largest = build_classifier((4, 4, 1), 2, seed=2**64 - 1)
    again, other = build_classifier((4, 4, 1), 2, seed=2**64 - 1), build_classifier((4, 4, 1), 2, seed=2**64 - 2)
    np.testing.assert_array_equal(largest.get_weights()[0], again.get_weights()[0])
    assert np.any(largest.get_weights()[0] != other.get_weights()[0])


@pytest.mark.parametrize("labels", [[0], [[0], [1]], ["a", "b"], [0.0, 1.0], [0, 7], [0, -1]])
def test_fidelity_needs_a_label_of_the_classifier_for_each_image(classifier, labels):
    """Compared with class numbers, names and the labels of another classifier would have a fidelity of 0."""
    with pytest.raises(ValueError, match="labels"):
        fidelity(classifier, np.zeros((2, 12, 12, 1)), labels)
