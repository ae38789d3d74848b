"""Training that repeats."""

import random

import keras


def seed_training(model, seed):
    """Seed all that training draws: the order of images, and what each layer drops out.

    The same model, trained on the same images with the same seed, then ends with the same weights on one machine.
    `keras.utils.set_random_seed` alone does not do it, because a layer that drops features out keeps the state of its
    random numbers from when the model was made or loaded.

    Args:
        model: A Keras model.
        seed: A whole number, 0 … 2^32 - 1.
    """
    keras.utils.set_random_seed(seed)
    for variable in model.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign([random.randint(1, 10**9), 0])  # as Keras chooses the state of a new layer
