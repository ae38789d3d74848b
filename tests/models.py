"""Small models that the tests share: every kind that the properties must hold for."""

import itertools

import numpy as np

import pixelcnn

SMALL = {"num_resnet": 1, "num_filters": 4, "num_logistic_mix": 3}


def model(image_shape=(5, 6, 1), seed=0, **arguments):
    """A small PixelCNN++ whose weights are far from their initial ones, so that every path matters."""
    distribution = pixelcnn.PixelCNNPlusPlus(image_shape, **{**SMALL, "num_hierarchies": 2, **arguments})
    shake(distribution, seed)
    return distribution


def shake(distribution, seed=0, size=0.3):
    """Move all weights at random."""
    random = np.random.default_rng(seed)
    for variable in distribution.trainable_variables:
        variable.assign_add(size * random.standard_normal(variable.shape))


def all_images(image_shape, low, high):
    """Every image of a shape with levels low … high."""
    count = int(np.prod(image_shape))
    pixels = itertools.product(range(low, high + 1), repeat=count)
    return np.array(list(pixels)).reshape((-1, *image_shape))
