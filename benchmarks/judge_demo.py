"""Run the demo and judge its drawings: seconds, held-out bits/dim, and fidelity by a classifier trained on doodles.

python benchmarks/judge_demo.py           writes results/demo.json, and the demo's figure to docs/demo.png
python benchmarks/judge_demo.py --half    half the minutes, as half the speed: writes results/demo_half.json
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
from pixelcnn.cli.demo import MINUTES
from pixelcnn.cli.guidance import figure_guidance
from pixelcnn.evaluation import balanced_accuracy, fidelity, sample_classes, train_classifier

HERE = Path(__file__).parent
DRAWINGS = 50  # of each class
SEED_OF_TEST = 10**6  # no training uses this seed


def run_demo(folder, minutes):
    """Run `pixelcnn demo`, and return its seconds, including the start of Python."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "pixelcnn.cli", "demo", "--minutes", f"{minutes:g}", "--output", str(folder)]
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", action="store_true", help="half the minutes of training")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of training, before they are halved")
    parser.add_argument("--images", type=int, default=10_000, help="doodles that train the classifier")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "demo"
        seconds = run_demo(folder, arguments.minutes / (2 if arguments.half else 1))
        with (folder / "history.csv").open() as file:
            last = list(csv.DictReader(file))[-1]
        model = pixelcnn.load(folder / "model.keras")
        if not arguments.half:
            (HERE.parent / "docs" / "demo.png").write_bytes((folder / "figure.png").read_bytes())
        guidance = figure_guidance(argparse.Namespace(), model, folder)
    train, test = pixelcnn.data.doodles(arguments.images), pixelcnn.data.doodles(2_000, seed=SEED_OF_TEST)
    classifier = train_classifier(train.images, train.labels)
    record = {
        "machine": machine(),
        "seconds": round(seconds, 1),
        "steps": int(float(last["steps"])),
        "bits_per_dim": float(last["val_bits_per_dim"]),
        "guidance": guidance,
        "fidelity": fidelity(classifier, *sample_classes(model, DRAWINGS, guidance=guidance)),
        "samples_per_class": DRAWINGS,
        "classifier_balanced_accuracy": balanced_accuracy(classifier, test.images, test.labels),
    }
    name = "demo_half.json" if arguments.half else "demo.json"
    (HERE / "results" / name).write_text(json.dumps(record, indent=1) + "\n")
    print(record)


if __name__ == "__main__":
    main()
