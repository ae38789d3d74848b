"""Accuracy of `classify`, Bayes' rule over p(image | class), beside that of a convolutional network.

    python benchmarks/classes_by_bayes.py

Three distributions: the shipped `quickdraw13` and `quickdraw13_large`; and a small one of MNIST (pixels above 127 are
ink), which is trained here for a few minutes of processor time. The networks are those of
`pixelcnn.evaluation.train_classifier`. All classify the same test images, whole and with only the upper half known.
Writes `results/classes_by_bayes.json` and `docs/classes.png`. Figures that the result holds already are not measured
again. The figures do not depend on the load of the machine.
"""

import os

for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before TensorFlow is imported

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np
from machines import machine
from records import RESULTS, read

import pixelcnn
from pixelcnn.evaluation import train_classifier

IMAGES = 520  # test images that are classified, drawn without replacement
EPOCHS = 4  # of the convolutional networks
ROWS = 14  # known rows of an image whose lower half is unknown
SHOWN = ("bee", "bicycle", "guitar", "snowflake")  # drawings of the figure


def log_likelihoods(model, images):
    """Return log p(first rows of an image | class) in nats, (B, K, H), for each number of rows."""
    nats = [model.pixel_log_prob(images, label).sum(axis=-1).cumsum(axis=-1) for label in range(model.num_classes)]
    return np.stack(nats, axis=1).astype("float64")


def of_bayes(model, images, labels):
    """Return the log-probabilities (B, K, H) of classes given the first rows, and a distribution's figures."""
    nats = log_likelihoods(model, images)
    log_probs = nats - np.logaddexp.reduce(nats, axis=1, keepdims=True)
    assert np.allclose(log_probs[..., -1], model.class_log_probs(images), atol=1e-2)
    chosen, true = log_probs.argmax(axis=1), log_probs[np.arange(len(labels)), labels, -1]
    return log_probs, {
        "accuracy": float((chosen[:, -1] == labels).mean()),
        "accuracy_of_upper_half": float((chosen[:, ROWS - 1] == labels).mean()),
        "true_class_nats": float(true.mean()),
        "condition_dropout": model.condition.dropout,
    }


def of_shipped_model(name, images, labels):
    """Return the accuracies of a shipped model, and draw the figure of `quickdraw13`."""
    model = pixelcnn.load_pretrained(name)
    log_probs, figures = of_bayes(model, images, labels)
    if name == "quickdraw13":
        figure(images, labels, log_probs, model.class_names, Path(__file__).parents[1] / "docs" / "classes.png")
    return figures


def of_network(train, images, labels, high, epochs):
    """Return the same figures of a convolutional network; it sees an unknown half as background."""
    classifier = train_classifier(train.images, train.labels, high=high, epochs=epochs, seed=0)
    upper = images.copy()
    upper[:, ROWS:] = 0
    whole, half = (keras.ops.log_softmax(classifier(part)) for part in (images, upper))
    whole, half = keras.ops.convert_to_numpy(whole), keras.ops.convert_to_numpy(half)
    return {
        "accuracy": float((whole.argmax(-1) == labels).mean()),
        "accuracy_of_upper_half": float((half.argmax(-1) == labels).mean()),
        "true_class_nats": float(whole[np.arange(len(labels)), labels].mean()),
    }


def trained_on_mnist(train, seconds):
    """Return a small Gated PixelCNN of black and white digits, trained for a budget of processor time."""
    keras.utils.set_random_seed(0)
    model = pixelcnn.GatedPixelCNN((28, 28, 1), num_classes=10, high=1, num_blocks=3, num_filters=16, dropout_p=0.0)
    model.compile(keras.optimizers.Adam(3e-3), ema_momentum=0.99)
    batches = pixelcnn.training.ShuffledBatches(train.images, train.labels, 16, 0)
    ends = time.process_time() + seconds

    class Budget(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = time.process_time() > ends

    history = model.fit(batches, epochs=100, callbacks=[Budget()], verbose=0)
    print("trained for", model.optimizer.iterations.numpy(), "steps", history.history["loss"][-1], flush=True)
    return model


def chosen(data, count):
    """Return some images of a data set, with their labels."""
    part = np.random.default_rng(0).permutation(len(data.images))[:count]
    return data.images[part], data.labels[part]


def figure(images, labels, log_probs, names, path):
    """Write drawings beside the probabilities of their classes as the rows are revealed."""
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(10, 4.6), layout="constrained")
    axes = canvas.subplots(2, len(SHOWN))
    for column, name in enumerate(SHOWN):
        place = np.flatnonzero(labels == names.index(name))[0]
        axes[0, column].imshow(images[place, ..., 0], cmap="gray_r")
        axes[0, column].set_title(name)
        axes[0, column].axis("off")
        probs = np.exp(log_probs[place])  # (K, H)
        rows = np.arange(1, probs.shape[1] + 1)
        for label in np.argsort(-probs.max(axis=1))[:4]:
            axes[1, column].plot(rows, probs[label], label=names[label], linewidth=2.5 if names[label] == name else 1.2)
        axes[1, column].set_xlabel("known rows")
        axes[1, column].set_ylim(0, 1.02)
        axes[1, column].legend(fontsize=7)
    axes[1, 0].set_ylabel("p(class | known rows)")
    canvas.savefig(path, dpi=90)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    parser.add_argument("--mnist-seconds", type=int, default=240, help="processor time of the training on MNIST")
    arguments = parser.parse_args()
    settings = {"images": IMAGES, "rows": ROWS, "mnist_seconds": arguments.mnist_seconds}
    record = {"machine": machine(), **settings} | (read("classes_by_bayes") or {})
    assert settings.items() <= record.items(), "the result has other settings: expected the same, or no result"

    def measure(name, figures, *of):
        if name not in record:
            record[name] = figures(*of)
            print(name, record[name], flush=True)
            (RESULTS / "classes_by_bayes.json").write_text(json.dumps(record, indent=1) + "\n")

    train, test = (
        pixelcnn.data.quickdraw(pixelcnn.data.QUICKDRAW13, data_dir=arguments.data_dir, split=split)
        for split in ("train", "test")
    )
    images, labels = chosen(test, IMAGES)
    for name in ("quickdraw13", "quickdraw13_large"):
        measure(name, of_shipped_model, name, images, labels)
    measure("quickdraw13_network", of_network, train, images, labels, 255, EPOCHS)
    train, test = (pixelcnn.data.mnist(data_dir=arguments.data_dir, split=split) for split in ("train", "test"))
    train, test = (part._replace(images=(part.images > 127).astype("uint8")) for part in (train, test))
    images, labels = chosen(test, IMAGES)
    measure("mnist", lambda: of_bayes(trained_on_mnist(train, arguments.mnist_seconds), images, labels)[1])
    measure("mnist_network", of_network, train, images, labels, 1, 1)


if __name__ == "__main__":
    main()
