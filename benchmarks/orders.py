"""What eight orders of the pixels cost and give: a model with `orders=8` beside one of raster order alone.

    TF_NUM_INTRAOP_THREADS=1 python benchmarks/orders.py 1
    TF_NUM_INTRAOP_THREADS=1 python benchmarks/orders.py 8

Trains the same small `GatedPixelCNN` on the fixed binarisation of MNIST, 8,000 steps of 32 images (5 minutes of one
core), and measures nats of the first 1,000 test images in each order. Writes `results/orders.json` and the model,
`runs/orders_1.keras`.
"""

import argparse
import json
import os
import time
from pathlib import Path

import keras
import numpy as np
from machines import machine
from records import RESULTS, read

import pixelcnn

STEPS, BATCH, TEST = 8000, 32, 1000


def trained(orders, data_dir):
    """Return the model after its training."""
    keras.utils.set_random_seed(0)
    images = pixelcnn.data.mnist("fixed", data_dir=data_dir).images
    dist = pixelcnn.GatedPixelCNN((28, 28, 1), high=1, num_blocks=4, num_filters=16, orders=orders)
    rate = keras.optimizers.schedules.CosineDecay(0.0, STEPS, warmup_target=4e-3, warmup_steps=200)
    dist.compile(keras.optimizers.Adam(rate))
    rows = np.random.default_rng(0).permutation(3 * len(images))[: STEPS * BATCH] % len(images)
    for part in np.split(rows, 8):
        history = dist.fit(images[part], batch_size=BATCH, epochs=1, shuffle=False, verbose=0).history
        print(orders, history["loss"][0], time.process_time(), flush=True)
    return dist


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("orders", type=int, choices=(1, 8))
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the model")
    arguments = parser.parse_args()
    test = pixelcnn.data.mnist("fixed", split="test", data_dir=arguments.data_dir).images[:TEST]
    dist = trained(arguments.orders, arguments.data_dir)
    arguments.runs.mkdir(parents=True, exist_ok=True)
    dist.save(arguments.runs / f"orders_{arguments.orders}.keras")
    orders = [*range(arguments.orders), *(["average"] if arguments.orders > 1 else [])]
    nats = {str(order): float(-dist.log_prob(test, order=order).mean()) for order in orders}
    record = {"machine": machine(), "steps": STEPS, "batch": BATCH, "test": TEST, "nats": {}, **(read("orders") or {})}
    record["nats"][str(arguments.orders)] = nats
    print(json.dumps(record, indent=1))
    (RESULTS / "orders.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
