"""Train a variational autoencoder whose decoder is a PixelCNN++, as in PixelVAE (Gulrajani et al. 2017),
<https://arxiv.org/abs/1611.05013>.

The risk is posterior collapse: a decoder that predicts each pixel well from all earlier pixels needs no latent, the KL
falls to 0, and the latent says nothing about the image. Two measures act against collapse. The decoder has one grid and
few layers, so it sees only the neighbourhood of a pixel and leaves the layout to the latent. And the objective has free
bits (Kingma et al. 2016), <https://arxiv.org/abs/1606.04934>: each latent unit may spend half a nat without a charge.

    python examples/vae_pixelcnn_decoder.py                 doodles that the package draws
    python examples/vae_pixelcnn_decoder.py --data mnist    digits in the fixed binarisation that papers report on
    python examples/vae_pixelcnn_decoder.py --collapse      three grids and no free bits, to see the collapse
    python examples/vae_pixelcnn_decoder.py --epochs 5      fewer than 15
    python examples/vae_pixelcnn_decoder.py --quick         a few images, to see how it works

The script prints nats of test images: reconstruction, KL, ELBO; and the number of active latent units, whose KL exceeds
0.1 nats. The figure has test images, their reconstructions below them, two rows that go from one test image to another,
and a row of draws from the prior; after a collapse the latent changes little. The script reads digits from the folder
PIXELCNN_DATA if this variable is set, else downloads them.
"""

import argparse

import keras
import numpy as np
from keras import layers, ops

import pixelcnn

LATENT, COLUMNS = 16, 8

parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
parser.add_argument("--data", choices=["doodles", "mnist"], default="doodles")
parser.add_argument("--collapse", action="store_true", help="a strong decoder, and no free bits")
parser.add_argument("--epochs", type=int, default=15)
parser.add_argument("--quick", action="store_true", help="one epoch of a few images")
arguments = parser.parse_args()
keras.utils.set_random_seed(0)
free_nats = 0.0 if arguments.collapse else 0.5

if arguments.data == "mnist":
    training, test = (pixelcnn.data.mnist("fixed", split=split).images for split in ("train", "test"))
    test = test[:1000]
else:  # black and white too, because the latent is about the drawing and not about gray edges
    images = (pixelcnn.data.doodles(200 if arguments.quick else 3300).images >= 128).astype("uint8")
    training, test = np.split(images, [len(images) * 10 // 11])
if arguments.quick:
    training, test = training[:64], test[:16]

decoder = pixelcnn.PixelCNNPlusPlus(
    image_shape=(28, 28, 1),
    conditional_shape=(LATENT,),  # the latent, which every pixel gets
    spatial_condition_shape=(28, 28, 8),  # a map that is computed from the latent, and says what is where
    num_resnet=1,
    num_hierarchies=3 if arguments.collapse else 1,
    num_filters=4 if arguments.quick else 16,
    num_logistic_mix=1,
    dropout_p=0.0,
    high=1,
)
to_map = keras.Sequential(
    [
        keras.Input((LATENT,)),
        layers.Dense(7 * 7 * 32, activation="relu"),
        layers.Reshape((7, 7, 32)),
        layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(8, 3, strides=2, padding="same"),
    ]
)

image = keras.Input((28, 28, 1))
features = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(image)
features = layers.Flatten()(layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(features))
mean, log_variance = layers.Dense(LATENT)(features), layers.Dense(LATENT)(features)
noise = layers.GaussianNoise(1.0)(ops.zeros_like(mean))  # drawn only with training=True
latent = mean + ops.exp(log_variance / 2) * noise
kl = (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance) / 2  # nats (B, LATENT)
log_prob = decoder.log_prob(image, conditional_input=(latent, to_map(latent)))
charge = ops.sum(ops.maximum(ops.mean(kl, axis=0), free_nats))
objective = pixelcnn.losses.NegativeLogLikelihood()(log_prob - charge)

vae = keras.Model(image, [objective, log_prob, kl, mean])
vae.compile(keras.optimizers.Adam(3e-3))
vae.fit(training, batch_size=32, epochs=1 if arguments.quick else arguments.epochs, verbose=2)

batches = [vae(batch, training=True) for batch in np.array_split(test, -(-len(test) // 100))]
outputs = [np.concatenate([ops.convert_to_numpy(part) for part in parts]) for parts in zip(*batches, strict=True)]
_, log_probs, kls, means = outputs
reconstruction, divergence, active = log_probs.mean(), kls.sum(axis=-1).mean(), np.sum(kls.mean(axis=0) > 0.1)
print(
    f"reconstruction {reconstruction:.1f} nats, KL {divergence:.1f} nats, ELBO {reconstruction - divergence:.1f} nats"
)
print(f"{active} of {LATENT} latent units are active on {len(test)} test images")


def decode(latents):
    """Images at latents (B, LATENT), all drawn with the same seed."""
    return decoder.sample(conditional_input=(latents, to_map.predict(latents, verbose=0)), seed=0, verbose=0)


path = np.linspace(0, 1, COLUMNS)[:, None]
rows = [
    test[:COLUMNS],
    decode(means[:COLUMNS]),
    *(decode((1 - path) * means[first] + path * means[last]) for first, last in ((0, 1), (2, 3))),
    decode(np.random.default_rng(0).standard_normal((COLUMNS, LATENT))),
]
pixelcnn.plot.save(pixelcnn.plot.grid(np.concatenate(rows), COLUMNS, high=1), "vae_pixelcnn_decoder.png")
print("Wrote vae_pixelcnn_decoder.png.")
