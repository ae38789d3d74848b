"""Import a trained TFP PixelCNN: agreement of log-probabilities, and the time of sampling before and after.

    python benchmarks/import_from_tfp.py --steps 300

Trains TFP's model of `train_tfp.py` (1/3/32/5, quickdraw13, the raw class number as condition) for some hundred steps,
and compares it with what `pixelcnn.interop.from_tfp` makes of it, on test drawings and on random images. Writes
`results/import_from_tfp.json`. The times need a quiet machine; training does not.
"""

import argparse
import json
import os
import time

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # TFP's layers need legacy Keras; must be set before TFP is imported

import numpy as np
import tensorflow as tf
import tf_keras
from machines import machine
from records import RESULTS
from sizes import PLUS_PLUS
from train_tfp import split
from worker import random_images, timed

import pixelcnn

COUNT = 8  # images that each draws


def trained(steps, images, labels):
    """Return TFP's model after a number of steps of batch 32."""
    import tensorflow_probability as tfp

    tf_keras.utils.set_random_seed(0)
    distribution = tfp.distributions.PixelCNN((28, 28, 1), conditional_shape=(), **PLUS_PLUS["small"])
    optimizer, random = tf_keras.optimizers.Adam(1e-3), np.random.default_rng(0)

    @tf.function
    def step(batch, condition):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(distribution.log_prob(batch, conditional_input=condition, training=True))
        variables = distribution.network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    for _ in range(steps):
        rows = random.integers(0, len(images), 32)
        step(tf.constant(images[rows], tf.float32), tf.constant(labels[rows], tf.float32))
    return distribution


def difference(theirs, ours, images, labels):
    """Return the largest relative difference of two models' log-probabilities of images."""
    labels = labels.astype("float32")
    nats = theirs.log_prob(tf.constant(images, tf.float32), conditional_input=tf.constant(labels)).numpy()
    return float(np.max(np.abs(ours.log_prob(images, labels) / nats - 1)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    arguments = parser.parse_args()
    data = split(arguments.data_dir)
    theirs = trained(arguments.steps, *data["train"])
    started = time.perf_counter()
    ours = pixelcnn.interop.from_tfp(theirs)
    import_seconds = time.perf_counter() - started
    sample = tf.function(lambda: theirs.sample(COUNT, conditional_input=1.0), autograph=False)
    draws = {
        "tfp": lambda: sample().numpy(),
        "ours": lambda: ours.sample(COUNT, conditional_input=1.0, seed=0, verbose=0),
    }
    for draw in draws.values():  # compiles
        draw()
    rows = np.random.default_rng(1).permutation(len(data["test"][1]))[:256]
    print("now the figures; nothing else should run", flush=True)
    record = {
        "machine": machine(),
        "steps": arguments.steps,
        "count": COUNT,
        "import_seconds": import_seconds,
        "bits_per_dim": float(ours.bits_per_dim(data["test"][0], data["test"][1].astype("float32")).mean()),
        "difference": {
            "test drawings": difference(theirs, ours, *(part[rows] for part in data["test"])),
            "random images": difference(theirs, ours, *random_images(64)),
        },
        "sample_seconds": {name: min(timed(draw) for _ in range(3)) for name, draw in draws.items()},
    }
    print(json.dumps(record, indent=1))
    (RESULTS / "import_from_tfp.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
