"""Two ways to condition on a class: the raw class number, as in the article, and a learned vector for each class.

    python benchmarks/class_as_number.py --epochs 2

Trains the network 1/3/32/5 on quickdraw13 twice, from the same seed and on the same batches, and measures test bits/dim
and fidelity of both. Writes `results/class_as_number.json`. The figures do not depend on the load of the machine.
"""

import argparse
import json
import os

import keras
import numpy as np
from machines import machine
from records import RESULTS
from sizes import PLUS_PLUS

import pixelcnn
from pixelcnn.evaluation import balanced_accuracy, fidelity, train_classifier

BATCH, DRAWINGS = 32, 50  # drawings of each class
CONDITIONS = {"number": {"conditional_shape": ()}, "vector": {"num_classes": len(pixelcnn.data.QUICKDRAW13)}}


def trained(condition, data, epochs):
    """Return a distribution after a number of epochs."""
    keras.utils.set_random_seed(0)
    model = pixelcnn.PixelCNNPlusPlus((28, 28, 1), **condition, **PLUS_PLUS["small"] | {"dropout_p": 0.0})
    model.compile(keras.optimizers.Adam(2e-3), ema_momentum=0.995)
    batches = pixelcnn.training.ShuffledBatches(data.images, as_condition(model, data.labels), BATCH, 0)
    model.fit(batches, epochs=epochs, verbose=2)
    return model


def as_condition(model, labels):
    """Return labels in the form of the model's condition."""
    return labels if model.num_classes else labels.astype("float32")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    arguments = parser.parse_args()
    train, test = (
        pixelcnn.data.quickdraw(pixelcnn.data.QUICKDRAW13, data_dir=arguments.data_dir, split=split)
        for split in ("train", "test")
    )
    classifier = train_classifier(train.images, train.labels, seed=0)
    record = {
        "machine": machine(),
        "epochs": arguments.epochs,
        "fidelity_count": DRAWINGS,
        "classifier_balanced_accuracy": balanced_accuracy(classifier, test.images, test.labels),
    }
    wanted = np.repeat(np.arange(len(train.class_names)), DRAWINGS)
    for name, condition in CONDITIONS.items():
        model = trained(condition, train, arguments.epochs)
        bits = model.bits_per_dim(test.images, as_condition(model, test.labels)).mean()
        drawn = model.sample(conditional_input=as_condition(model, wanted), seed=0, verbose=0)
        record[name] = {"test_bits_per_dim": float(bits), "fidelity": fidelity(classifier, drawn, wanted)}
        print(name, record[name], flush=True)
    (RESULTS / "class_as_number.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
