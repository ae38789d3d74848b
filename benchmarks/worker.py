"""One measurement in a process of its own: prints one line of JSON. Called by `run.py`."""

import argparse
import json
import os
import sys
import time

import numpy as np

MODELS = {
    "blog": {"num_resnet": 5, "num_hierarchies": 3, "num_filters": 128, "num_logistic_mix": 5, "dropout_p": 0.5},
    "small": {"num_resnet": 1, "num_hierarchies": 3, "num_filters": 32, "num_logistic_mix": 5, "dropout_p": 0.5},
}


def random_images(count):
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, 28, 28, 1)).astype("uint8"), random.integers(0, 20, count)


def timed(function, *arguments):
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


class TFP:
    """TFP's PixelCNN in graph mode, its condition the raw class number, as in the article."""

    def __init__(self, model, dtype):
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
        import tensorflow as tf
        import tensorflow_probability as tfp
        import tf_keras

        assert dtype == "float32", "TFP's PixelCNN runs in float32"
        started = time.perf_counter()
        self.distribution = tfp.distributions.PixelCNN((28, 28, 1), conditional_shape=(), **MODELS[model])
        optimizer = tf_keras.optimizers.Adam(1e-3)

        @tf.function
        def step(images, labels):
            with tf.GradientTape() as tape:
                loss = -tf.reduce_mean(self.distribution.log_prob(images, conditional_input=labels, training=True))
            variables = self.distribution.network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
            return loss

        self.build_seconds = time.perf_counter() - started
        convert = lambda images, labels: (tf.constant(images, tf.float32), tf.constant(labels, tf.float32))  # noqa: E731
        self.step = lambda images, labels: step(*convert(images, labels)).numpy()
        log_prob = tf.function(lambda images, labels: self.distribution.log_prob(images, conditional_input=labels))
        self.log_prob = lambda images, labels: log_prob(*convert(images, labels)).numpy()
        sample = tf.function(lambda count: self.distribution.sample(count, conditional_input=1.0), autograph=False)
        self.sample = lambda count: sample(tf.constant(count)).numpy()


class Ours:
    """This project's PixelCNN++ through its public methods."""

    def __init__(self, model, dtype):
        import keras

        import pixelcnn

        started = time.perf_counter()
        self.distribution = pixelcnn.PixelCNNPlusPlus((28, 28, 1), num_classes=20, dtype=dtype, **MODELS[model])
        self.distribution.compile(keras.optimizers.Adam(1e-3))
        self.build_seconds = time.perf_counter() - started
        self.first = True

        def step(images, labels):
            if self.first:
                self.distribution.initialize(images, labels)
                self.first = False
            return self.distribution.train_on_batch(images, labels)

        self.step = step
        self.log_prob = lambda images, labels: self.distribution.log_prob(images, labels, batch_size=len(images))
        self.sample = lambda count: self.distribution.sample(count, conditional_input=1, seed=0, verbose=0)


def measure_training(peer, batch, repeats):
    images, labels = random_images(batch)
    first = timed(peer.step, images, labels)
    peer.step(images, labels)
    seconds = [timed(peer.step, images, labels) for _ in range(repeats)]
    return {
        "build_seconds": peer.build_seconds,
        "first_step_seconds": first,
        "step_seconds": seconds,
        "images_per_second": batch / float(np.median(seconds)),
    }


def measure_sampling(peer, batch, repeats):
    images, labels = random_images(batch)
    first = timed(peer.sample, batch)
    peer.log_prob(images, labels)
    samples, passes = [], []
    for _ in range(repeats):
        samples.append(timed(peer.sample, batch))
        passes.append(timed(peer.log_prob, images, labels))
    return {"first_sample_seconds": first, "sample_seconds": samples, "log_prob_seconds": passes}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=("tfp", "ours"))
    parser.add_argument("work", choices=("training", "sampling"))
    parser.add_argument("--model", choices=tuple(MODELS), required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dtype", default="float32")
    arguments = parser.parse_args()
    peer = {"tfp": TFP, "ours": Ours}[arguments.peer](arguments.model, arguments.dtype)
    measure = {"training": measure_training, "sampling": measure_sampling}[arguments.work]
    json.dump(measure(peer, arguments.batch, arguments.repeats), sys.stdout)
    print()


if __name__ == "__main__":
    main()
