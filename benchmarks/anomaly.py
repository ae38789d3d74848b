"""How well the detectors of `pixelcnn.anomaly` tell images that belong from images of another data set or class.

    TF_NUM_INTRAOP_THREADS=1 python benchmarks/anomaly.py

For each pair the area under the ROC curve (AUROC): the probability that an image that does not belong has a higher
score than an image that belongs; 0.5 is chance. The model of QuickDraw is the shipped `quickdraw13`, whose classes are
taken as unknown; all other models and all backgrounds are small, and are trained for some hundred steps. Writes
`results/anomaly.json`. The figures do not depend on the load of the machine.
"""

import argparse
import json
import os

import keras
import numpy as np
from machines import machine
from records import RESULTS
from scipy.stats import mannwhitneyu

import pixelcnn
from pixelcnn import anomaly
from pixelcnn.anomaly import marginal

COUNT, GROUP, BATCH = 104, 8, 16  # images that are scored of each data set; images of a group; images of a step
SMALL = {"num_resnet": 1, "num_hierarchies": 2, "num_filters": 16, "num_logistic_mix": 5, "dropout_p": 0.0}


def quickdraw(classes, split, data_dir):
    """Return drawings of classes, shuffled."""
    images = pixelcnn.data.quickdraw(classes, data_dir=data_dir, split=split).images
    return images[np.random.default_rng(0).permutation(len(images))]


def in_colour(drawings, seed):
    """Return drawings (B, 32, 32, 3) in which ink and ground have random colours."""
    alpha = np.pad(drawings, ((0, 0), (2, 2), (2, 2), (0, 0))) / 255
    ink, ground = np.random.default_rng(seed).integers(0, 256, (2, len(drawings), 1, 1, 3))
    return np.round(alpha * ink + (1 - alpha) * ground).astype("uint8")


def data_sets(data_dir):
    """Return images by name: those to train on (None for what is only scored), and those to score."""
    doodles = pixelcnn.data.doodles(2000).images
    unseen = [name for name in pixelcnn.data.BLOG20 if name not in pixelcnn.data.QUICKDRAW13]
    digits = {split: pixelcnn.data.mnist(split=split, data_dir=data_dir).images for split in ("train", "test")}
    photos = {split: pixelcnn.data.cifar10(split=split, data_dir=data_dir).images for split in ("train", "test")}
    shuffled = np.random.default_rng(0).permutation(len(digits["test"]))
    drawings = {split: quickdraw(pixelcnn.data.QUICKDRAW13, split, data_dir) for split in ("train", "test")}
    return {
        "QuickDraw, 13 classes": (drawings["train"], drawings["test"]),
        "QuickDraw, 7 other classes": (None, quickdraw(unseen, None, data_dir)),
        "MNIST": (digits["train"], digits["test"][shuffled]),
        "CIFAR-10": (photos["train"], photos["test"]),
        "doodles in colour": (in_colour(doodles[:-COUNT], 0), in_colour(doodles[-COUNT:], 1)),
    }


PAIRS = (
    ("QuickDraw, 13 classes", ("QuickDraw, 7 other classes", "MNIST")),
    ("MNIST", ("QuickDraw, 13 classes",)),
    ("CIFAR-10", ("doodles in colour",)),
    ("doodles in colour", ("CIFAR-10",)),
)


def trained(images, steps):
    """Return a small distribution after a number of steps."""
    keras.utils.set_random_seed(0)
    model = pixelcnn.PixelCNNPlusPlus(images.shape[1:], **SMALL)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(4e-3, steps)))
    rows = np.random.default_rng(0).integers(0, len(images), steps * BATCH)
    model.fit(images[rows], batch_size=BATCH, epochs=1, verbose=0)
    return model


def remembered(function):
    """Return a function that computes the log-probabilities of the same images once, because detectors share them."""
    results = {}

    def remember(dist, images, *arguments):
        key = dist.name, id(dist), images.tobytes()
        if key not in results:
            results[key] = function(dist, images, *arguments)
        return results[key]

    return remember


def detectors(dist, background, images):
    """Return the detectors by the titles of the table's columns."""
    return {
        "likelihood": anomaly.Likelihood(dist),
        "likelihood ratio": anomaly.LikelihoodRatio(dist, background),
        "typicality": anomaly.Typicality(dist).fit(images),
        f"typicality of {GROUP}": anomaly.Typicality(dist, group_size=GROUP).fit(images),
        "complexity": anomaly.Complexity(dist),
        "stirring": anomaly.Stirring(dist),
        "stirring, limit": anomaly.Stirring(dist).fit(images),
    }


def auroc(belonging, odd):
    """Return the area under the ROC curve, from the ranks of the scores."""
    return float(mannwhitneyu(odd, belonging).statistic / (len(odd) * len(belonging)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    arguments = parser.parse_args()
    data = data_sets(arguments.data_dir)
    marginal.pixel_log_prob = remembered(marginal.pixel_log_prob)
    record = {"machine": machine(), "steps": arguments.steps, "count": COUNT, "pairs": []}
    for name, others in reversed(PAIRS):
        train, test = data[name]
        is_shipped = name == PAIRS[0][0]
        dist = pixelcnn.load_pretrained("quickdraw13") if is_shipped else trained(train, arguments.steps)
        background = trained(anomaly.mutate(train, seed=0), arguments.steps)
        scored = {title: data[title][1][:COUNT] for title in (name, *others)}
        scores = {
            kind: {title: detector.score(images).instance_score for title, images in scored.items()}
            for kind, detector in detectors(dist, background, train[:COUNT]).items()
        }
        for other in others:
            bits = {title: scores["likelihood"][title].mean() / dist.num_dims / np.log(2) for title in (name, other)}
            of_pair = {kind: auroc(values[name], values[other]) for kind, values in scores.items()}
            record["pairs"].append({"trained": name, "odd": other, "bits_per_dim": bits, "auroc": of_pair})
            print(record["pairs"][-1], flush=True)
    record["pairs"].reverse()
    (RESULTS / "anomaly.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
