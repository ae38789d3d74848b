"""Run the demo and judge its drawings: seconds, held-out bits/dim, and fidelity by a classifier trained on doodles.

    python benchmarks/judge_demo.py

Writes `results/demo.json` and the demo's figure to `docs/demo.png`.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machines import machine

import pixelcnn
from pixelcnn.evaluation import balanced_accuracy, fidelity, sample_classes, train_classifier

HERE = Path(__file__).parent
DRAWINGS = 50  # of each class
SEED_OF_TEST = 10**6  # no training uses this seed


def run_demo(folder):
    """Run `pixelcnn demo`, and return its seconds, including the start of Python."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pixelcnn.cli", "demo", "--output", str(folder)], check=True)
    return time.perf_counter() - started


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "demo"
        seconds = run_demo(folder)
        with (folder / "history.csv").open() as file:
            last = list(csv.DictReader(file))[-1]
        model = pixelcnn.load(folder / "model.keras")
        (HERE.parent / "docs" / "demo.png").write_bytes((folder / "figure.png").read_bytes())
    train, test = pixelcnn.data.doodles(10_000), pixelcnn.data.doodles(2_000, seed=SEED_OF_TEST)
    classifier = train_classifier(train.images, train.labels)
    record = {
        "machine": machine(),
        "seconds": round(seconds, 1),
        "steps": int(float(last["steps"])),
        "bits_per_dim": float(last["val_bits_per_dim"]),
        "fidelity": fidelity(classifier, *sample_classes(model, DRAWINGS)),
        "samples_per_class": DRAWINGS,
        "classifier_balanced_accuracy": balanced_accuracy(classifier, test.images, test.labels),
    }
    (HERE / "results" / "demo.json").write_text(json.dumps(record, indent=1) + "\n")
    print(record)


if __name__ == "__main__":
    main()
