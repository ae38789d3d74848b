"""Training speed of PixelCNN and of the Row and Diagonal LSTM at equal width and depth, in turn.

    python benchmarks/convolution_against_diagonal.py --rounds 3

Binary 28x28 images, batches of 16, as many residual blocks as recurrent layers, the same number of filters. Each
measurement in a process of its own; the speed is that of the median step after two that compile. Writes
`results/convolution_against_diagonal.json`.
"""

import argparse
import json
import time
from statistics import median

import numpy as np
import sizes
from records import RESULTS
from run import in_own_process, machine

FILTERS, DEPTH, BATCH = 32, 7, 16
EQUAL = sizes.BINARY | {"num_filters": FILTERS}
MODELS = {
    "pixel_cnn": ("PixelCNN", EQUAL | {"num_blocks": DEPTH}),
    "row": ("PixelRNN", EQUAL | {"num_layers": DEPTH, "cell": "row"}),
    "diagonal": ("PixelRNN", EQUAL | {"num_layers": DEPTH, "cell": "diagonal"}),
}


def measure(model, steps):
    """Images a second, and seconds until the first step is done."""
    import keras

    images = np.random.default_rng(0).integers(0, 2, (BATCH, 28, 28, 1), dtype="uint8")
    started = time.perf_counter()
    distribution = sizes.build(*MODELS[model])
    distribution.compile(keras.optimizers.Adam(1e-3))
    times = []
    for _ in range(2 + steps):
        distribution.train_on_batch(images)
        times.append(time.perf_counter())
    seconds = [end - start for start, end in zip(times[1:-1], times[2:], strict=True)]
    return {
        "parameters": distribution.count_params(), "first_step_seconds": times[0] - started, "step_seconds": seconds,
        "images_per_second": BATCH / median(seconds),
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="times that the models take turns")
    parser.add_argument("--steps", type=int, default=20, help="steps to time")
    parser.add_argument("--worker", choices=tuple(MODELS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(measure(arguments.worker, arguments.steps)))
        return
    record = {"filters": FILTERS, "depth": DEPTH, "batch": BATCH, "machine": machine(), "rounds": []}
    for _ in range(arguments.rounds):
        rounds = {
            model: in_own_process(__file__, "--worker", model, "--steps", str(arguments.steps)) for model in MODELS
        }
        record["rounds"].append(rounds)
        speed = {model: figures["images_per_second"] for model, figures in rounds.items()}
        print({model: f"{images:.1f} images/s" for model, images in speed.items()}, flush=True)
    (RESULTS / "convolution_against_diagonal.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
