"""Drawings of quickdraw13 beside real ones, by two judges: fidelity, Fréchet distance, variety, memorisation.

    python benchmarks/judge_drawings.py --run runs/quickdraw13

Of the model of `judge_quickdraw.py`, which is trained for 30 minutes, and of the shipped `quickdraw13` and
`quickdraw13_large`: without guidance, and with the guidance that suits, which is chosen on validation images. Writes
`results/drawings.json`.
"""

import argparse
import os
from pathlib import Path

from machines import machine
from records import RESULTS
from trainings import train_quickdraw13

import pixelcnn
from pixelcnn.evaluation import Judge, check_data, choose_guidance, measure_drawings
from pixelcnn.evaluation.classifier import ARCHITECTURES
from pixelcnn.files import write_json

SHIPPED = ("quickdraw13", "quickdraw13_large")
GUIDANCES = (0.0, 0.5, 1.0, 2.0, 4.0)


def judged(model, train, test, judges, drawings, suits=None):
    """Return the records of a model's drawings, by guidance: without, and with the one that suits if there is one.

    Args:
        model: A class-conditional distribution.
        train, test: Real images and labels.
        judges: The two `Judge`s.
        drawings: Number of drawings of each class.
        suits: The guidance of a model's card, or None to choose one.
    """
    if model.condition.dropout and suits is None:
        suits = choose_guidance(model, train, GUIDANCES, drawings).guidance
    parts = [check_data(name, data, model) for name, data in (("test", test), ("train", train))]
    bits = float(model.bits_per_dim(*test[:2]).mean())
    return {
        f"{guidance:g}": {"test_bits_per_dim": bits}
        | measure_drawings(model, *parts, samples=drawings, guidance=guidance, judges=judges).record
        for guidance in sorted({0.0, suits or 0.0})
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder of the training")
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    parser.add_argument("--per-class", type=int, default=50, help="drawings of each class")
    parser.add_argument("--minutes", type=float, default=30.0, help="of the training")
    arguments = parser.parse_args()
    train_quickdraw13(arguments.run, arguments.data_dir, minutes=arguments.minutes)
    train, test = (
        pixelcnn.data.quickdraw(pixelcnn.data.QUICKDRAW13, data_dir=arguments.data_dir, split=split)
        for split in ("train", "test")
    )
    cards = pixelcnn.pretrained.cards()
    models = {"30 minutes": (pixelcnn.load(arguments.run / "model.keras"), None)}
    models |= {name: (pixelcnn.load_pretrained(name), cards[name].guidance) for name in SHIPPED}
    shipped = models[SHIPPED[0]][0]
    judges = [Judge(shipped, check_data("train", train, shipped), 0, name) for name in ARCHITECTURES]
    record = {"machine": machine()}
    for name, (model, suits) in models.items():
        record[name] = judged(model, train, test, judges, arguments.per_class, suits)
        write_json(RESULTS / "drawings.json", record)


if __name__ == "__main__":
    main()
