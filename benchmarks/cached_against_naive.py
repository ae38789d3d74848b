"""Seconds of cached and of naive sampling, 16 images of 28x28, for every family.

    python benchmarks/cached_against_naive.py
    python benchmarks/cached_against_naive.py --models mnist/row mnist/diagonal --again

Each model in a process of its own. Cached sampling is the median of three calls after one that compiles; naive sampling
passes through the whole network 784 times and is timed row by row: the first row, in which it compiles, is left out, so
that 27 rows stand for 28 (fewer with `--naive-rows`, which the result says). Weights are random: they do not matter for
the time. Writes `results/cached_against_naive.json`, whose figures are all of one machine.
"""

import argparse
import json
import time
from contextlib import suppress
from statistics import median

import sizes
from records import RESULTS, read
from run import in_own_process, machine

from pixelcnn.files import write_json

IMAGES = 16
SETS = {"mnist": sizes.MNIST, "small": sizes.SMALL}
MODELS = [f"{name}/{model}" for name, those in SETS.items() for model in those]


def measure(name, naive_rows):
    """Measure the seconds of cached and of naive sampling."""
    which, _, model = name.partition("/")
    distribution = sizes.build(*SETS[which][model])
    times = []
    for _ in range(4):
        started = time.perf_counter()
        distribution.sample(IMAGES, seed=0, verbose=0)
        times.append(time.perf_counter() - started)
    cached = median(times[1:])
    rows = _naive_row_seconds(distribution, naive_rows)
    height = distribution.image_shape[0]
    naive = sum(rows) * height / len(rows)
    return {
        "cached_seconds": cached, "naive_seconds": naive, "ratio": naive / cached, "naive_rows_timed": len(rows),
        "first_cached_seconds": times[0],
    }  # fmt: skip


class Enough(Exception):
    """Ends sampling when enough rows are timed."""


def _naive_row_seconds(distribution, count):
    """Return the seconds of `count` rows from the second row on."""
    ends = []

    def row_is_drawn(done, total):
        if done:  # 0 says that something is compiled
            ends.append(time.perf_counter())
        if len(ends) > count:
            raise Enough

    with suppress(Enough):
        distribution.sample(IMAGES, seed=0, method="naive", verbose=row_is_drawn)
    return [end - start for start, end in zip(ends[:-1], ends[1:], strict=True)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", default=MODELS, choices=MODELS, metavar="SET/MODEL")
    parser.add_argument("--naive-rows", type=int, default=27, help="rows to time, 1 … 27")
    parser.add_argument("--again", action="store_true", help="measure models that have a result already")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(measure(arguments.worker, arguments.naive_rows)))
        return
    record = read("cached_against_naive") or {"machine": machine(), "images": IMAGES, "models": {}}
    if record["machine"]["processor"] != machine()["processor"]:  # ratios differ from processor to processor
        if arguments.models != MODELS:
            raise SystemExit(f"the result is of {record['machine']['processor']}: measure all models again")
        record |= {"machine": machine(), "models": {}}
    for name in arguments.models:
        if name in record["models"] and not arguments.again:
            continue
        record["models"][name] = in_own_process(__file__, "--worker", name, "--naive-rows", str(arguments.naive_rows))
        print(name, record["models"][name], flush=True)
        write_json(RESULTS / "cached_against_naive.json", record)


if __name__ == "__main__":
    main()
