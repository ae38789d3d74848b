"""Bits/dim of a set is the mean of the model's own."""

import numpy as np
import pytest

import pixelcnn
from pixelcnn.evaluation import bits_per_class, bits_per_dim, sample_classes

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    return pixelcnn.PixelCNNPlusPlus(
        image_shape=(8, 8, 1), num_classes=3, num_resnet=1, num_hierarchies=1, num_filters=4, num_logistic_mix=2
    )


def test_mean_and_error_are_those_of_the_images(model):
    images, labels = RANDOM.integers(0, 256, (7, 8, 8, 1), dtype="uint8"), np.arange(7) % 3
    values = np.asarray(model.bits_per_dim(images, conditional_input=labels))
    bits = bits_per_dim(model, images, labels, batch_size=3)
    assert bits.images == 7
    assert bits.mean == pytest.approx(values.mean(), rel=1e-5)
    assert bits.standard_error == pytest.approx(values.std(ddof=1) / 7**0.5, rel=1e-3)


def test_classes_average_to_the_whole():
    values, labels = RANDOM.random(12), np.arange(12) % 3
    classes = bits_per_class(values, labels)
    assert set(classes) == {0, 1, 2}
    assert np.mean([bits.mean for bits in classes.values()]) == pytest.approx(values.mean())


def test_no_image_is_an_error(model):
    with pytest.raises(ValueError, match="values is empty"):
        bits_per_dim(model, np.zeros((0, 8, 8, 1), "uint8"), [])


def test_sample_classes_draws_as_many_of_each(model):
    images, labels = sample_classes(model, 2)
    assert images.shape == (6, 8, 8, 1) and labels.tolist() == [0, 0, 1, 1, 2, 2]
    with pytest.raises(ValueError, match="per_class=0"):
        sample_classes(model, 0)


@pytest.mark.parametrize("labels", [[0, 1, 1], [[0], [1]], [0]])
def test_classes_need_a_label_for_each_value(labels):
    with pytest.raises(ValueError, match="labels"):
        bits_per_class([1.0, 2.0], labels)
