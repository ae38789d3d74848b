"""A prior over the codes of a VQ-VAE, 32x32 codes of K = 512: speed and memory of training and of sampling.

    python benchmarks/vq_prior.py

Compares this package's `PixelCNN` and `GatedPixelCNN` with the PixelCNN of Keras' example
<https://keras.io/examples/generative/vq_vae/>, which has the same size as our `PixelCNN` and draws a pixel by a pass of
the whole network. Each measurement has a process of its own, because the peak of a process' memory never falls. Writes
`results/vq_prior.json`. The times need a quiet machine.
"""

import argparse
import json
import subprocess
import sys
import time

import keras
import numpy as np
from keras import layers, ops
from machines import machine
from records import RESULTS
from worker import peak_memory

import pixelcnn

SIDE, K, BLOCKS, FILTERS = 32, 512, 2, 128
BATCH, COUNT, STEPS = 32, 16, 5  # images of a training step, images that are drawn, steps that are timed
PIXELS = 32  # passes of Keras' example that are timed; all 1024 take as long each
OURS = {"pixel_cnn": pixelcnn.PixelCNN, "gated_pixel_cnn": pixelcnn.GatedPixelCNN}
SYSTEMS = (*OURS, "keras_example")


class MaskedConvolution(layers.Layer):
    """The example's `PixelConvLayer`: a convolution whose kernel is multiplied by a mask in each call."""

    def __init__(self, kind, **arguments):
        super().__init__()
        self.kind, self.convolution = kind, layers.Conv2D(**arguments)

    def build(self, shape):
        self.convolution.build(shape)
        rows, columns, *_ = self.convolution.kernel.shape
        self.mask = np.zeros(self.convolution.kernel.shape, "float32")
        self.mask[: rows // 2] = 1
        self.mask[rows // 2, : columns // 2 + (self.kind == "B")] = 1

    def call(self, x):
        self.convolution.kernel.assign(self.convolution.kernel * self.mask)
        return self.convolution(x)


def keras_example():
    """The network of the example, from codes (B, h, w) to logits (B, h, w, K)."""
    codes = keras.Input((SIDE, SIDE), dtype="int32")
    more = {"activation": "relu", "padding": "same"}
    x = MaskedConvolution("A", filters=FILTERS, kernel_size=7, **more)(ops.one_hot(codes, K))
    for _ in range(BLOCKS):
        y = layers.Conv2D(FILTERS, 1, activation="relu")(x)
        y = MaskedConvolution("B", filters=FILTERS // 2, kernel_size=3, **more)(y)
        x = x + layers.Conv2D(FILTERS, 1, activation="relu")(y)
    for _ in range(2):
        x = MaskedConvolution("B", filters=FILTERS, kernel_size=1, **more)(x)
    model = keras.Model(codes, layers.Conv2D(K, 1)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-4), loss=loss)
    return model


def draw_as_the_example(model, pixels):
    """Seconds of the first pixels of images, times all pixels over these."""
    random, codes = np.random.default_rng(0), np.zeros((COUNT, SIDE, SIDE), "int32")
    model.predict(codes, verbose=0)
    started = time.perf_counter()
    for row, column in list(np.ndindex(SIDE, SIDE))[:pixels]:
        logits = model.predict(codes, verbose=0)[:, row, column]
        codes[:, row, column] = np.argmax(logits + random.gumbel(size=logits.shape), axis=-1)
    return (time.perf_counter() - started) * SIDE * SIDE / pixels


def measure(system, work):
    """Images in a second of `training` or `sampling`, and the peak of the process' memory in GiB."""
    codes = np.random.default_rng(0).integers(0, K, (BATCH, SIDE, SIDE, 1)).astype("uint16")
    theirs = system == "keras_example"
    if theirs:
        model, arguments = keras_example(), (codes[..., 0], codes[..., 0])
    else:
        model = OURS[system]((SIDE, SIDE, 1), num_blocks=BLOCKS, num_filters=FILTERS, high=K - 1, levels="categorical")
        model.compile(keras.optimizers.Adam(3e-4))
        arguments = (codes,)
    if work == "training":
        model.train_on_batch(*arguments)
        started = time.perf_counter()
        for _ in range(STEPS):
            model.train_on_batch(*arguments)
        rate = STEPS * BATCH / (time.perf_counter() - started)
    elif theirs:
        rate = COUNT / draw_as_the_example(model, PIXELS)
    else:
        model.sample(COUNT, seed=0, verbose=0)
        started = time.perf_counter()
        model.sample(COUNT, seed=1, verbose=0)
        rate = COUNT / (time.perf_counter() - started)
    return {"images_per_second": rate, "peak_gib": peak_memory() / 2**30}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs=2, metavar=("SYSTEM", "WORK"), help="measure in this process, and print JSON")
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measure(*arguments.only)))
        return
    record = {"machine": machine(), "batch": BATCH, "count": COUNT}
    for system in SYSTEMS:
        record[system] = {}
        for work in ("training", "sampling"):
            command = [sys.executable, __file__, "--only", system, work]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            record[system][work] = json.loads(output.splitlines()[-1])
            print(system, work, record[system][work], flush=True)
    (RESULTS / "vq_prior.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
