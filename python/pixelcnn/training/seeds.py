"""Seeds that make a training repeatable."""

import random

import keras

from pixelcnn import require


def seed_training(model, seed):
    """Seed everything random in a training: the order of the images, and the dropout of each layer.

    The same model, trained on the same images with the same seed on the same machine, then ends with the same weights.
    `keras.utils.set_random_seed` alone is not enough, because each dropout layer has its own random state, which was
    set when the model was built or loaded.

    Args:
        model: A Keras model.
        seed: A whole number, 0 … 2^32 - 1.

    Raises:
        ValueError: If the seed is no such number.
    """
    keras.utils.set_random_seed(require.whole("seed", seed, 0))
    for variable in model.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign([random.randint(1, 10**9), 0])  # as Keras chooses the state of a new layer
