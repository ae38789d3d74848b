"""Time the training steps of a preset on this machine."""

import time

import numpy as np

from pixelcnn.training.data_source import DataSource
from pixelcnn.training.run import build
from pixelcnn.training.run_folder import RunConfig


def measure_images_per_second(preset, image_shape=(28, 28, 1), num_classes=20, dtype="float32", seconds=5.0):
    """Train a preset on random images, and return `(images per second, seconds to build and to take the first step)`.

    Args:
        preset: A `Preset`.
        image_shape: (H, W, C).
        num_classes: K.
        dtype: "float32" or "mixed_bfloat16".
        seconds: Duration of the training after the first step, in seconds; at least two steps are taken.
    """
    config = RunConfig(
        preset, DataSource("doodles"), 1, None, preset.batch_size, preset.learning_rate, dtype,
        image_shape=image_shape, class_names=tuple(f"class {k}" for k in range(num_classes)),
    )  # fmt: skip
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (preset.batch_size, *image_shape), dtype="uint8")
    labels = random.integers(0, num_classes, preset.batch_size)
    started = time.perf_counter()
    model = build(config)
    model.initialize(images, labels)
    model.train_on_batch(images, labels)
    first = time.perf_counter() - started
    steps, started = 0, time.perf_counter()
    while steps < 2 or time.perf_counter() - started < seconds:
        model.train_on_batch(images, labels)
        steps += 1
    return steps * preset.batch_size / (time.perf_counter() - started), first
