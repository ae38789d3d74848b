"""The shortest budget of training with which we reach what TFP reaches in 30 minutes: test bits/dim on quickdraw13.

    python benchmarks/race.py --runs runs/race --tfp runs/tfp

TFP's model is that of `train_tfp.py --minutes 30`, which runs, or goes on, if its folder has no result. Then
`pixelcnn train` runs with one budget after the other, each a training of its own with a learning rate that falls to its
end, until one reaches TFP's figure. Writes `results/race.json`.
"""

import argparse
import os
from pathlib import Path

from machines import machine
from records import RESULTS
from trainings import train_quickdraw13, train_tfp

import pixelcnn
from pixelcnn.files import read_json, write_json
from pixelcnn.training.callbacks import read_history

BUDGETS = (3.75, 4.5, 5.5, 7.0, 9.0, 12.0)  # minutes; the first is an eighth of TFP's


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True, help="folder of our trainings")
    parser.add_argument("--tfp", type=Path, required=True)
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    parser.add_argument("--minutes", type=float, nargs="*", default=BUDGETS, help="budgets, from the smallest on")
    parser.add_argument("--tfp-minutes", type=float, default=30.0)
    arguments = parser.parse_args()
    train_tfp(arguments.tfp, arguments.data_dir, arguments.tfp_minutes)
    theirs = read_json(arguments.tfp / "history.json")["history"][-1]
    test = pixelcnn.data.quickdraw(pixelcnn.data.QUICKDRAW13, data_dir=arguments.data_dir, split="test")
    points = []
    for minutes in arguments.minutes:
        run = arguments.runs / f"{minutes:g}"
        train_quickdraw13(run, arguments.data_dir, "--samples", "0", minutes=minutes)
        bits = float(pixelcnn.load(run / "model.keras").bits_per_dim(test.images, test.labels).mean())
        seconds = float(read_history(run / "history.csv")[-1]["seconds"])
        points.append({"minutes": minutes, "seconds": seconds, "bits_per_dim": bits})
        print(points[-1], flush=True)
        record = {"machine": machine(), "tfp": theirs, "points": points, "reached": bits <= theirs["bits_per_dim"]}
        write_json(RESULTS / "race.json", record)
        if record["reached"]:
            break


if __name__ == "__main__":
    main()
