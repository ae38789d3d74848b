"""Dropout that draws one random byte for each feature."""

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.backend import drawn_for_all


class Dropout(keras.layers.Layer):
    """Sets features to zero at random while training, and scales up the other features (Srivastava et al. 2014,
    <https://jmlr.org/papers/v15/srivastava14a.html>).

    `keras.layers.Dropout` draws a float for each feature. This layer draws a byte, because on a CPU drawing floats
    takes longer than all activations. The probability is therefore rounded to a multiple of 1/256, and the scale
    follows from the rounded probability.

    Args:
        rate: Probability that a feature becomes zero.
        **kwargs: As in `keras.layers.Layer`.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.kept = max(1, round(256 * (1 - require.probability("rate", rate))))  # of the 256 values of a byte
        self.seed_generator = keras.random.SeedGenerator() if self.kept < 256 else None
        self.built = True

    @property
    def scale(self):
        """The factor that scales the features that dropout keeps."""
        return 256 / self.kept

    def keep(self, shape, training=None):
        """Draw booleans of this shape (…, F), True where dropout keeps a feature. None if dropout keeps all."""
        if not training or self.seed_generator is None:
            return None
        *batch, features = shape
        words = drawn_for_all(self._words, (*batch, -(-features // 4)))
        return ops.view(words, "uint8")[..., :features] < ops.convert_to_tensor(self.kept, "uint8")

    def _words(self, shape):
        return keras.random.randint(shape, -(2**31), 2**31 - 1, seed=self.seed_generator)

    def call(self, x, training=None):
        """Apply dropout while training: (…, F) -> (…, F)."""
        return self.drop(x, self.keep(ops.shape(x), training))

    def drop(self, x, keep):
        """Apply dropout with the booleans of `keep`."""
        return x if keep is None else ops.where(keep, x * self.scale, 0.0)
