"""Time the training steps of a preset on this machine."""

import time

import numpy as np


def measure_images_per_second(preset, image_shape=(28, 28, 1), num_classes=20, dtype="float32", seconds=5.0):
    """Return `(images a second, seconds to build and take the first step)` of training a preset on random images.

    Args:
        preset: A `Preset`.
        image_shape: (H, W, C).
        num_classes: K.
        dtype: "float32" or "mixed_bfloat16".
        seconds: How long to train after the first step; at least two steps are taken.
    """
    from pixelcnn.training.data_source import DataSource
    from pixelcnn.training.run import build
    from pixelcnn.training.run_folder import RunConfig

    names = tuple(f"class {k}" for k in range(num_classes))
    config = RunConfig(
        preset, DataSource("doodles"), 1, None, preset.batch_size, preset.learning_rate, dtype,
        image_shape=image_shape, class_names=names,
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
