"""Whether reading images from files slows a training down: `fit` on arrays, a memory map and drawings in files.

    python benchmarks/large_data.py

One model trains in turns on the same random drawings in memory, in a memory-mapped `.npy` file, and in files of classes
as Google's. Also measured is reading alone: the core seconds of a drawing in shuffled batches. The files are new, so
they lie in the system's cache. Writes `results/large_data.json`.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import sizes
from epochs import Epochs
from machines import machine
from records import RESULTS

import pixelcnn
from pixelcnn.training import ShuffledBatches

MODEL, BATCH, CLASSES = "small", 32, 20
READ_BATCH = 128


def sources(folder, drawings):
    """Return images and labels of each kind: all hold the same drawings."""
    names, random = pixelcnn.data.BLOG20, np.random.default_rng(0)
    images = random.integers(0, 256, (drawings, 28, 28, 1), np.uint8)
    labels = np.arange(drawings) * CLASSES // drawings
    for label, name in enumerate(names):
        np.save(folder / f"{name}.npy", images[labels == label].reshape(-1, 784))
    np.save(folder / "images", images)
    in_files = pixelcnn.data.quickdraw(names, data_dir=folder, in_memory=False)
    mapped = np.load(folder / "images.npy", mmap_mode="r")
    return {"arrays": (images, labels), "memory map": (mapped, labels), "files": in_files[:2]}


def fit_seconds(dist, images, labels, steps):
    """Return the seconds of a step of the second epoch, because the first one may compile."""
    times = Epochs()
    dist.fit(images, labels, batch_size=BATCH, steps_per_epoch=steps, epochs=2, callbacks=times, verbose=0)
    return times.seconds[1] / steps, times.core_seconds[1] / steps


def read_core_seconds(images, labels, steps):
    """Return the core seconds of reading one drawing in shuffled batches."""
    batches = ShuffledBatches(images, labels, READ_BATCH, seed=0)
    steps, began = min(steps, len(batches)), time.process_time()
    for index in range(steps):
        batches[index]
    return (time.process_time() - began) / (steps * batches.batch_size)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="times that the kinds of data take turns")
    parser.add_argument("--steps", type=int, default=60, help="of an epoch")
    parser.add_argument("--drawings", type=int, default=200_000)
    parser.add_argument("--output", type=Path, default=RESULTS / "large_data.json")
    arguments = parser.parse_args()
    record = {"machine": machine(), "model": MODEL, "batch": BATCH, "drawings": arguments.drawings, "rounds": []}
    with tempfile.TemporaryDirectory() as folder:
        kinds = sources(Path(folder), arguments.drawings)
        dist = pixelcnn.PixelCNNPlusPlus((28, 28, 1), num_classes=CLASSES, **sizes.PLUS_PLUS[MODEL])
        dist.compile(keras.optimizers.Adam(1e-3))
        for _ in range(arguments.rounds):
            figures = {}
            for kind, data in kinds.items():
                seconds, core_seconds = fit_seconds(dist, *data, arguments.steps)
                figures[kind] = {
                    "images_per_second": BATCH / seconds,
                    "core_seconds": core_seconds,
                    "read_core_seconds": read_core_seconds(*data, 10 * arguments.steps),
                }
            record["rounds"].append(figures)
            print(json.dumps(figures), flush=True)
        del kinds  # closes the files
    arguments.output.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
