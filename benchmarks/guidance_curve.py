r"""Fidelity on quickdraw13 over the strength of class guidance, for one model trained with dropped conditions.

    python benchmarks/guidance_curve.py --run runs/guided

The model is that of `pixelcnn train --classes quickdraw13 --preset small --minutes 30 --condition-dropout 0.1`, which
is run, or goes on, where the folder has no trained one; a trained one may have had another time.
A classifier trained on the real drawings judges the same number of drawings of each class at every strength w, all
drawn with the same noise; w = 0 is no guidance. Writes `results/guidance_curve.json` and the curve to
`docs/guidance_curve.png`.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from charts import guidance_chart
from machines import machine
from records import RESULTS

import pixelcnn
from pixelcnn.evaluation import balanced_accuracy, fidelity, sample_classes, train_classifier
from pixelcnn.files import read_json, write_json
from pixelcnn.training.callbacks import read_history

ROOT = Path(__file__).parents[1]
STRENGTHS = (0.0, 0.5, 1.0, 2.0, 4.0)


def measure(model, classifier, per_class, strengths, seed=0):
    """Return the fidelity at each strength."""
    points = []
    for w in strengths:
        started = time.perf_counter()
        images, labels = sample_classes(model, per_class, seed=seed, guidance=w)
        seconds = time.perf_counter() - started
        points.append({"guidance": w, "fidelity": fidelity(classifier, images, labels), "seconds": round(seconds, 1)})
        print(points[-1], flush=True)
    return points


def train(run, data_dir):
    """Train for thirty minutes on quickdraw13 with the command line."""
    command = [sys.executable, "-m", "pixelcnn.cli", "train", "--output", str(run)]
    if (run / "config.json").exists():
        command.append("--resume")
    else:
        command += ["--data", "quickdraw", "--data-dir", data_dir, "--classes", "quickdraw13", "--preset", "small"]
        command += ["--minutes", "30", "--condition-dropout", "0.1"]
    subprocess.run(command, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder of the training")
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    parser.add_argument("--per-class", type=int, default=50, help="drawings of each class and strength")
    parser.add_argument("--guidance", type=float, nargs="*", default=STRENGTHS, help="strengths w")
    arguments = parser.parse_args()
    train, test = (
        pixelcnn.data.quickdraw(pixelcnn.data.QUICKDRAW13, data_dir=arguments.data_dir, split=split)
        for split in ("train", "test")
    )
    run = arguments.run
    if not (run / "model.keras").exists():
        train(run, arguments.data_dir)
    model = pixelcnn.load(run / "model.keras")
    classifier = train_classifier(train.images, train.labels, seed=0)
    judge = balanced_accuracy(classifier, test.images, test.labels)
    points = measure(model, classifier, arguments.per_class, arguments.guidance)
    trained = read_history(run / "history.csv")[-1]
    record = {
        "machine": machine(),
        "seed": read_json(run / "config.json")["seed"],
        "steps": int(float(trained["steps"])),
        "training_seconds": float(trained["seconds"]),
        "samples_per_class": arguments.per_class,
        "test_bits_per_dim": float(model.bits_per_dim(test.images, test.labels).mean()),
        "classifier_balanced_accuracy": judge,
        "points": points,
    }
    write_json(RESULTS / "guidance_curve.json", record)
    guidance_chart(points, judge, ROOT / "docs" / "guidance_curve.png")


if __name__ == "__main__":
    main()
