"""Train a vector-quantised autoencoder (VQ-VAE, van den Oord et al. 2017), <https://arxiv.org/abs/1711.00937>, and
distributions over its codes, from which new drawings are decoded.

The VQ-VAE describes a drawing of 28x28 by 7x7 codes of K = 64, or by two levels of codes (Razavi et al. 2019),
<https://arxiv.org/abs/1906.00446>: 7x7, and 14x14 that are decoded together with them. Its priors are conditioned on
the class; the prior of the 14x14 codes is also conditioned on the 7x7 codes, as a map.

    python examples/vqvae_prior.py                     doodles that the package draws
    python examples/vqvae_prior.py --data-dir FOLDER   drawings of QuickDraw in a folder
    python examples/vqvae_prior.py --epochs 5          fewer than 8
    python examples/vqvae_prior.py --quick             a few doodles, to see how it works

The script prints how many codes are in use, and the nats of the codes of test drawings. It writes two figures.
vqvae_prior.png has a column for each class, and in its rows: test drawings; their reconstructions from 7x7 codes, and
from two levels; drawings from the Gated PixelCNN prior, from the PixelCNN++ prior, and from the priors of two levels.
vqvae_restored.png has test drawings, the same with a square that does not belong, their reconstructions, one of 16
restorations in which unlikely codes are drawn anew, and the mean difference of restorations and reconstruction.
"""

import argparse

import keras
import numpy as np
from keras import layers, ops

import pixelcnn

CLASSES = ("bee", "bicycle", "butterfly", "guitar", "penguin", "pizza", "train", "tree")
K, D = 64, 16  # codes, and numbers of a code's vector

parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
parser.add_argument("--data-dir", help="folder of QuickDraw's bitmaps; without it, the package draws doodles")
parser.add_argument("--epochs", type=int, help="8 without --quick")
parser.add_argument("--quick", action="store_true", help="one epoch of a few doodles")
arguments = parser.parse_args()
quick, epochs = arguments.quick, arguments.epochs or (1 if arguments.quick else 8)
filters = 8 if quick else 32
keras.utils.set_random_seed(0)

if arguments.data_dir:
    training, test = (
        pixelcnn.data.quickdraw(CLASSES, data_dir=arguments.data_dir, split=split) for split in ("train", "test")
    )
else:
    training, test = (
        pixelcnn.data.doodles(n, CLASSES, seed) for n, seed in (((64, 0), (64, 1)) if quick else ((8000, 0), (160, 1)))
    )


class VectorQuantizer(layers.Layer):
    """Replaces each feature by the nearest of K vectors, and passes gradients through as if nothing were replaced.

    A vector is the moving average of the features that it replaces. A vector that replaces hardly any feature becomes
    one of the batch's features.
    """

    def __init__(self):
        super().__init__()
        self.vectors = self.add_weight(shape=(K, D), initializer="random_uniform", trainable=False, name="vectors")
        self.sums = self.add_weight(shape=(K, D), initializer="zeros", trainable=False, name="sums")
        self.counts = self.add_weight(shape=(K,), initializer="zeros", trainable=False, name="counts")
        self.random = keras.random.SeedGenerator(0)

    def call(self, features, training=False):
        """The nearest vectors (…, D) of features (…, D), and their codes (…)."""
        codes = ops.argmin(ops.sum(self.vectors**2, axis=-1) - 2 * features @ ops.transpose(self.vectors), axis=-1)
        nearest = ops.stop_gradient(ops.take(self.vectors, codes, axis=0))
        self.add_loss(0.25 * ops.mean(ops.square(features - nearest)))
        if training:
            self.update(ops.stop_gradient(ops.reshape(features, (-1, D))), ops.reshape(codes, (-1,)))
        return features + ops.stop_gradient(nearest - features), codes

    def update(self, features, codes):
        """Move the vectors towards the mean of the features (N, D) whose codes (N,) they are."""
        ours = ops.one_hot(codes, K, dtype=features.dtype)
        counts = 0.99 * self.counts + 0.01 * ops.sum(ours, axis=0)
        sums = 0.99 * self.sums + 0.01 * ops.transpose(ours) @ features
        unused = (counts < 0.1)[:, None]
        others = ops.take(features, keras.random.randint((K,), 0, ops.shape(features)[0], seed=self.random), axis=0)
        self.counts.assign(ops.where(unused[:, 0], 1.0, counts))
        self.sums.assign(ops.where(unused, others, sums))
        self.vectors.assign(self.sums / self.counts[:, None])


def convolved(x, *strides):
    """Convolutions of these strides."""
    for stride in strides:
        x = layers.Conv2D(filters, 4 if stride > 1 else 3, strides=stride, padding="same", activation="relu")(x)
    return x


def enlarged(x):
    """Twice the height and width."""
    return layers.Conv2DTranspose(filters, 4, strides=2, padding="same", activation="relu")(x)


def vqvae(levels):
    """A trained encoder, from images to codes, or to a list of codes for two levels, and the decoder."""
    quantizers = [VectorQuantizer() for _ in range(levels)]
    parts = [keras.Input((size, size, D)) for size in (7, 14)[:levels]]
    x = enlarged(convolved(parts[0], 1))
    x = convolved(layers.Concatenate()([x, parts[1]]) if levels == 2 else x, 1)
    generator = keras.Model(parts, layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="sigmoid")(x))

    image = keras.Input((28, 28, 1))
    half = convolved(layers.Rescaling(1 / 255)(image), 2, 1)
    quantized, codes = quantizers[0](layers.Conv2D(D, 1)(convolved(half, 2, 1)))
    quantized, codes = [quantized], [codes]
    if levels == 2:
        both = quantizers[1](layers.Conv2D(D, 1)(layers.Concatenate()([half, enlarged(quantized[0])])))
        quantized, codes = [*quantized, both[0]], [*codes, both[1]]

    autoencoder = keras.Model(image, generator(quantized))
    autoencoder.compile(keras.optimizers.Adam(1e-3), loss="binary_crossentropy")
    autoencoder.fit(training.images, training.images / 255.0, batch_size=64, epochs=epochs, verbose=2)

    def decoder(maps):
        vectors = [
            ops.take(part.vectors, codes, axis=0)
            for part, codes in zip(quantizers, keras.tree.flatten(maps), strict=True)
        ]
        return np.round(255 * generator.predict_on_batch(vectors)).astype("uint8")

    return keras.Model(image, codes), decoder


def fitted(family, codes, map=None, **more):
    """A prior of codes (n, h, w, 1), given the class and a map."""
    condition = {} if map is None else {"spatial_condition_shape": map.shape[1:], "spatial_condition_levels": K}
    prior = family(
        codes.shape[1:], class_names=training.class_names, num_filters=filters, dropout_p=0.1, high=K - 1,
        levels="categorical", **condition, **more,
    )  # fmt: skip
    # A prior needs more epochs than the autoencoder. Four times as many for 7x7 codes, twice as many for 14x14.
    passes = epochs if quick else epochs * 28 // codes.shape[1]
    steps = passes * -(-len(codes) // 64)
    prior.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)))
    condition = training.labels if map is None else (training.labels, map)
    prior.fit(codes, condition, batch_size=64, epochs=passes, verbose=2)
    return prior


def report(name, prior, codes, condition):
    """Print nats of the codes of test drawings."""
    print(f"{name}: {-prior.log_prob(codes, condition).mean():.1f} nats")


encoder, decoder = vqvae(levels=1)
codes, held_out = (pixelcnn.vq.codes(encoder, data.images) for data in (training, test))
print(f"{len(np.unique(codes))} of {K} codes are in use; codes of {codes.shape[1:]}")
gated = fitted(pixelcnn.GatedPixelCNN, codes, num_blocks=1 if quick else 4)
plus_plus = fitted(pixelcnn.PixelCNNPlusPlus, codes, num_hierarchies=1, num_resnet=1 if quick else 2)
report("Gated PixelCNN", gated, held_out, test.labels)
report("PixelCNN++", plus_plus, held_out, test.labels)

two_encoder, two_decoder = vqvae(levels=2)
both, both_held_out = (pixelcnn.vq.codes(two_encoder, data.images) for data in (training, test))


def as_map(codes):
    """Codes (n, 7, 7, 1) of the upper level as the condition of the lower one, (n, 14, 14, 1)."""
    return codes.repeat(2, axis=1).repeat(2, axis=2)


upper = fitted(pixelcnn.GatedPixelCNN, both[0], num_blocks=1 if quick else 4)
lower = fitted(pixelcnn.GatedPixelCNN, both[1], as_map(both[0]), num_blocks=1 if quick else 4)
report("two levels, 7x7", upper, both_held_out[0], test.labels)
report("two levels, 14x14", lower, both_held_out[1], (test.labels, as_map(both_held_out[0])))

classes = np.arange(len(CLASSES))
shown = np.array([np.flatnonzero(test.labels == label)[0] for label in classes])
drawn = upper.sample(conditional_input=classes, seed=0, verbose=0)
drawn_lower = lower.sample(conditional_input=(classes, as_map(drawn)), seed=0, verbose=0)
rows = [
    test.images[shown],
    pixelcnn.vq.decode(decoder, held_out[shown]),
    pixelcnn.vq.decode(two_decoder, [part[shown] for part in both_held_out]),
    *(
        pixelcnn.vq.decode(decoder, prior.sample(conditional_input=classes, seed=0, verbose=0))
        for prior in (gated, plus_plus)
    ),
    pixelcnn.vq.decode(two_decoder, [drawn, drawn_lower]),
]
pixelcnn.plot.save(pixelcnn.plot.grid(np.concatenate(rows), len(classes)), "vqvae_prior.png")

# A code is unlikely if its surprisal is among the largest twentieth of those of training drawings.
surprisal = -gated.pixel_log_prob(codes[:1000], training.labels[:1000])
threshold = float(np.quantile(surprisal, 0.95))
damaged = test.images[shown].copy()
damaged[:, 10:18, 10:18] = 255
damaged_codes = pixelcnn.vq.codes(encoder, damaged)
restored = pixelcnn.vq.restore(
    gated, np.broadcast_to(damaged_codes, (16, *damaged_codes.shape)), threshold, classes, seed=0, verbose=0
)
repaired = pixelcnn.vq.decode(decoder, restored)
reconstructed = pixelcnn.vq.decode(decoder, damaged_codes)
difference = np.abs(repaired - reconstructed.astype("float64")).mean(axis=0)
rows = [test.images[shown], damaged, reconstructed, repaired[0], np.round(difference).astype("uint8")]
pixelcnn.plot.save(pixelcnn.plot.grid(np.concatenate(rows), len(classes)), "vqvae_restored.png")
print(f"Restored codes whose surprisal exceeds {threshold:.1f} nats: {np.mean(restored != damaged_codes):.1%}.")
print("Wrote vqvae_prior.png and vqvae_restored.png.")
