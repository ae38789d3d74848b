"""Train TFP's own PixelCNN on quickdraw13 as the article does, for comparison with ours.

The model of the article in its small form (1/3/32/5), the raw class number as condition, Adam 1e-3, batch 32, in graph
mode. Writes the history (seconds of training, test bits/dim) as JSON and the weights as a NumPy archive.

    python benchmarks/train_tfp.py --minutes 30 --output runs/tfp
"""

import argparse
import contextlib
import json
import os
import time
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # TFP's layers need legacy Keras; must be set before TFP is imported

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras
from sizes import PLUS_PLUS

QUICKDRAW13 = (
    "bee", "bicycle", "butterfly", "frog", "guitar", "penguin", "pizza",
    "sea turtle", "sheep", "snowflake", "tractor", "train", "tree",
)  # fmt: skip


def split(folder, classes=QUICKDRAW13):
    """The published split: the last 10% of each class' rows (at least 2) are the test split."""
    parts = {"train": ([], []), "test": ([], [])}
    for label, name in enumerate(classes):
        images = np.load(Path(folder) / "quickdraw" / "full" / "numpy_bitmap" / f"{name}.npy").reshape(-1, 28, 28, 1)
        held_out = max(2, len(images) // 10)
        for part, rows in (("train", images[:-held_out]), ("test", images[-held_out:])):
            parts[part][0].append(rows)
            parts[part][1].append(np.full(len(rows), label))
    return {part: (np.concatenate(images), np.concatenate(labels)) for part, (images, labels) in parts.items()}


class Clock(tf_keras.callbacks.Callback):
    """Stop after a number of seconds of training, and evaluate at intervals with the clock stopped."""

    def __init__(self, seconds, every, evaluate):
        super().__init__()
        self.seconds, self.every, self.evaluate = seconds, every, evaluate
        self.trained, self.next, self.history = 0.0, every, []

    def on_train_batch_begin(self, batch, logs=None):
        self.started = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.trained += time.perf_counter() - self.started
        done = self.trained >= self.seconds
        if done or self.trained >= self.next:
            self.next += self.every
            self.history.append({"seconds": self.trained, "bits_per_dim": self.evaluate()})
            print(self.history[-1], flush=True)
        self.model.stop_training = done
        if done:
            raise StopIteration


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=300, help="seconds of training between evaluations")
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    tf_keras.utils.set_random_seed(0)
    data = split(arguments.data_dir)
    print({part: images.shape for part, (images, _) in data.items()}, flush=True)

    started = time.perf_counter()
    distribution = tfp.distributions.PixelCNN((28, 28, 1), conditional_shape=(), **PLUS_PLUS["small"])
    image_input, label_input = tf_keras.Input((28, 28, 1)), tf_keras.Input(())
    log_prob = distribution.log_prob(image_input, conditional_input=label_input)
    model = tf_keras.Model([image_input, label_input], log_prob)
    model.add_loss(-tf.reduce_mean(log_prob))
    model.compile(optimizer=tf_keras.optimizers.Adam(1e-3))
    build = time.perf_counter() - started

    test_images, test_labels = data["test"]
    test_images, test_labels = test_images.astype("float32"), test_labels.astype("float32")

    def evaluate():
        nats = model.predict([test_images, test_labels], batch_size=64, verbose=0)
        return float(-nats.mean() / (28 * 28 * np.log(2)))

    images, labels = data["train"]
    batches = (
        tf.data.Dataset.from_tensor_slices((images.astype("float32"), labels.astype("float32")))
        .shuffle(20_000, seed=0)
        .batch(32)
        .map(lambda image, label: ((image, label),))
    )
    clock = Clock(60 * arguments.minutes, arguments.every, evaluate)
    with contextlib.suppress(StopIteration):
        model.fit(batches, epochs=1000, callbacks=[clock], verbose=0)
    np.savez(arguments.output / "weights.npz", **{str(i): w for i, w in enumerate(model.get_weights())})
    record = {"build_seconds": build, "steps": int(model.optimizer.iterations.numpy()), "history": clock.history}
    (arguments.output / "history.json").write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
