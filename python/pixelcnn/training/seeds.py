"""Seeds that make a training repeatable."""

import random

import keras

from pixelcnn import require


def seed_training(model: keras.Model, seed: int) -> None:
    """Seed all random numbers of a training: the order of the images, and the dropout of each layer.

    Two trainings of the same model on the same images, with the same seed and on the same machine, then end with the
    same weights. `keras.utils.set_random_seed` alone is not enough, because each dropout layer has its own random
    state, which was set when the model was built or loaded.

    Args:
        model: A Keras model.
        seed: A whole number 0 … 2^32 - 1.

    Raises:
        ValueError: If `seed` does not fit.
    """
    keras.utils.set_random_seed(require.whole("seed", seed, 0))
    for variable in model.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign([random.randint(1, 10**9), 0])  # as Keras chooses the state of a new dropout layer
