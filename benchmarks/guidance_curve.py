"""Fidelity and Fréchet distance on quickdraw13 over class guidance, for one model trained with dropped conditions.

    python benchmarks/guidance_curve.py --run runs/quickdraw13

The model is that of `judge_quickdraw.py`, which is trained for 30 minutes, or goes on, where the folder has no trained
one; a trained one may have had another time.
`choose_guidance` compares drawings of every guidance w with validation drawings, the last tenth of each class of the
training split; w = 0 is no guidance. Writes `results/guidance_curve.json` and the curve to `docs/guidance_curve.png`.
"""

import argparse
import os
from pathlib import Path

from charts import guidance_chart
from machines import machine
from records import RESULTS
from trainings import train_quickdraw13

import pixelcnn
from pixelcnn.evaluation import choose_guidance
from pixelcnn.files import read_json, write_json
from pixelcnn.training.callbacks import read_history

ROOT = Path(__file__).parents[1]
STRENGTHS = (0.0, 0.5, 1.0, 2.0, 4.0)


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
    train_quickdraw13(run, arguments.data_dir)
    model = pixelcnn.load(run / "model.keras")
    choice = choose_guidance(model, train, arguments.guidance, arguments.per_class, seed=0).record
    trained = read_history(run / "history.csv")[-1]
    record = {
        "machine": machine(),
        "seed": read_json(run / "config.json")["seed"],
        "steps": int(float(trained["steps"])),
        "training_seconds": float(trained["seconds"]),
        "samples_per_class": arguments.per_class,
        "test_bits_per_dim": float(model.bits_per_dim(test.images, test.labels).mean()),
        "compared_with": "validation",
        **{name: choice[name] for name in ("classifier_balanced_accuracy", "frechet_distance_of_training", "points")},
    }
    write_json(RESULTS / "guidance_curve.json", record)
    guidance_chart(choice["points"], choice["classifier_balanced_accuracy"], ROOT / "docs" / "guidance_curve.png")


if __name__ == "__main__":
    main()
