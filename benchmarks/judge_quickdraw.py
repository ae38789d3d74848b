"""Judge the two half-hour trainings on quickdraw13: test bits/dim and fidelity, ours and TFP's, by one classifier.

    python benchmarks/judge_quickdraw.py --ours runs/quickdraw13 --tfp runs/tfp

A training whose folder has no trained model is run first: that of `train_tfp.py --minutes 30`, and that of
`pixelcnn train --data quickdraw --classes quickdraw13 --minutes 30` with the options of `trainings.RECIPE`. Ours draws
without guidance, and with the guidance of the least Fréchet distance to images of the training split.

`from_tfp` makes TFP's model one of ours, which has the same likelihood (compare TFP's own figure) and draws in seconds
what takes TFP hours. Writes `results/quickdraw13_*.json` and the figures in `docs/`.
"""

import argparse
import os
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # TFP's layers need legacy Keras; Keras 3 ignores the variable

import numpy as np
import tensorflow_probability as tfp
from charts import training_chart
from machines import machine
from records import RESULTS
from sizes import PLUS_PLUS
from trainings import RECIPE, train_quickdraw13, train_tfp

import pixelcnn
from pixelcnn.evaluation import balanced_accuracy, choose_guidance, fidelity, sample_classes, train_classifier
from pixelcnn.files import read_json, write_json
from pixelcnn.training import averaged_weights
from pixelcnn.training.callbacks import list_checkpoints, read_history

ROOT = Path(__file__).parents[1]
DRAWINGS = 50  # of each class


def tfp_distribution(folder):
    """Load the weights of TFP's trained model into our model."""
    theirs = tfp.distributions.PixelCNN((28, 28, 1), conditional_shape=(), **PLUS_PLUS["small"])
    with np.load(folder / "weights.npz") as archive:
        theirs.network.set_weights([archive[str(index)] for index in range(len(archive.files))])
    return pixelcnn.interop.from_tfp(theirs)


def our_history(folder, test):
    """Return seconds of training and test bits/dim of each epoch whose checkpoint is there."""
    seconds = {int(row["epoch"]): float(row["seconds"]) for row in read_history(folder / "history.csv")}
    points = []
    for epoch, path in list_checkpoints(folder / "checkpoints"):
        model = pixelcnn.load(path)
        with averaged_weights(model):
            bits = float(model.bits_per_dim(test.images, test.labels).mean())
        points.append({"seconds": seconds[epoch], "bits_per_dim": bits})
    return points


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, required=True)
    parser.add_argument("--tfp", type=Path, required=True)
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    arguments = parser.parse_args()
    train, test = (
        pixelcnn.data.quickdraw(pixelcnn.data.QUICKDRAW13, data_dir=arguments.data_dir, split=split)
        for split in ("train", "test")
    )
    train_tfp(arguments.tfp, arguments.data_dir)
    train_quickdraw13(arguments.ours, arguments.data_dir, "--keep", "1000")
    classifier = train_classifier(train.images, train.labels, seed=0)
    judge = balanced_accuracy(classifier, test.images, test.labels)
    print(f"classifier's balanced accuracy on real test drawings: {judge:.4f}", flush=True)

    ours, theirs = pixelcnn.load(arguments.ours / "model.keras"), tfp_distribution(arguments.tfp)
    records = {"tfp": read_json(arguments.tfp / "history.json"), "ours": {}}
    records["ours"] = {"history": our_history(arguments.ours, test)}
    chosen = choose_guidance(ours, train)
    labels = np.repeat(np.arange(13), DRAWINGS)
    guided, unguided = (sample_classes(ours, DRAWINGS, seed=0, guidance=w)[0] for w in (chosen.guidance, 0.0))
    drawn = theirs.sample(conditional_input=labels.astype("float32"), seed=0, verbose=0)
    records["tfp"]["fidelity"] = fidelity(classifier, drawn, labels)
    records["ours"] |= {
        "recipe": RECIPE,
        "fidelity": fidelity(classifier, unguided, labels),
        "guided_fidelity": fidelity(classifier, guided, labels),
        "guidance": chosen.record,
    }
    for name, distribution, conditions in (
        ("tfp", theirs, test.labels.astype("float32")),
        ("ours", ours, test.labels),
    ):
        bits = float(distribution.bits_per_dim(test.images, conditions).mean())
        records[name] |= {"test_bits_per_dim": bits, "machine": machine()}
        records[name] |= {"fidelity_count": DRAWINGS, "classifier_balanced_accuracy": judge}
        print(name, {key: value for key, value in records[name].items() if key != "history"}, flush=True)
        write_json(RESULTS / f"quickdraw13_{name}.json", records[name])

    curves = {"TFP": records["tfp"]["history"], "ours": records["ours"]["history"]}
    training_chart(curves, ROOT / "docs" / "quickdraw13_curves.png")
    shown = 6
    real = np.stack([test.images[test.labels == label][:shown] for label in range(13)])
    generated = guided.reshape(13, DRAWINGS, 28, 28, 1)[:, :shown]
    figure = pixelcnn.plot.real_vs_generated(real, generated, train.class_names, scale=2)
    pixelcnn.plot.save(figure, ROOT / "docs" / "quickdraw13.png")


if __name__ == "__main__":
    main()
