"""`pixelcnn evaluate`: bits/dim and classes of test images, and fidelity of drawings to their classes."""

import argparse
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.cli.options import (
    add_command,
    add_model_arguments,
    add_place_arguments,
    check_output,
    class_names,
    load_model,
    load_split,
    numbered,
    options_given,
    refuse,
    source_for,
)
from pixelcnn.cli.terminal import say
from pixelcnn.files import read_json, write_json
from pixelcnn.training.data_source import DataSource

DRAWN = {"samples": 50, "seed": 0, "temperature": 1.0, "guidance": 0.0}  # options of --fidelity, and their defaults
RESULTS = "evaluation.json"  # in the run folder
MEASURED_ON = ("data", "test_checksum", "weights_checksum")  # all figures of a file agree in these entries
# Figures of --fidelity in a file also agree in these entries.
DRAWN_AS = ("samples_per_class", "temperature", "guidance", "seed", "training_images")


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "evaluate",
        run,
        "measure bits/dim on the test split and, with --fidelity, the fidelity of drawings to their classes",
        "pixelcnn evaluate runs/quickdraw",
        "pixelcnn evaluate runs/quickdraw --classify",
        "pixelcnn evaluate runs/quickdraw --fidelity --samples 50",
        "pixelcnn evaluate --pretrained quickdraw13 --data quickdraw --fidelity --output figures.json",
    )
    add_model_arguments(parser)
    group = add_place_arguments(parser, "that of the run")
    group.add_argument(
        "--per-class",
        type=int,
        metavar="N",
        help="number of training drawings of each class; the test split has a tenth as many (default: as for `train`)",
    )
    parser.add_argument(
        "--fidelity",
        action="store_true",
        help="train a classifier on the real training split, and classify generated drawings (takes minutes)",
    )
    parser.add_argument(
        "--classify",
        action="store_true",
        help="classify the test images by Bayes' rule, for equally likely classes (takes as long as bits/dim of all "
        "test images once for each class)",
    )
    parser.add_argument("--samples", type=int, metavar="N", help="for --fidelity: drawings of each class (default: 50)")
    parser.add_argument(
        "--temperature", type=float, metavar="T", help="for --fidelity: temperature of drawings (default: 1)"
    )
    parser.add_argument("--guidance", type=float, metavar="W", help="for --fidelity: guidance of drawings (default: 0)")
    parser.add_argument(
        "--seed", type=int, metavar="S", help="for --fidelity: seed of drawings and classifier (default: 0)"
    )
    parser.add_argument(
        "--output",
        metavar="JSON",
        help="file of the figures (default: evaluation.json in the run folder, together with earlier figures; "
        "evaluation-2.json and so on if data, weights or settings differ)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Measure, print and write."""
    if not arguments.fidelity:
        refuse(arguments, DRAWN, "without --fidelity, because nothing is drawn")
    drawn = DRAWN | options_given(arguments, DRAWN)
    require.positive_integer("--samples", drawn["samples"])
    path = arguments.output or (arguments.model and Path(arguments.model).is_dir() and Path(arguments.model) / RESULTS)
    output = check_output(path, (".json",)) if path else None
    model, config = load_model(arguments)
    if arguments.data is None:
        refuse(arguments, ["per_class"], "without --data, because the number of drawings is in the run's config.json")
    if not model.num_classes:
        refuse(arguments, ["fidelity", "classify"], "for a model without classes")
    source = source_for(arguments, config, model, arguments.per_class)
    if source is None:
        raise ValueError("--data is missing: expected the data on which the model is measured.")
    if arguments.data is None:
        warn_of_changed_pictures(config, source)
    record = {"data": source.kind} | likelihood(model, source)
    if arguments.classify:
        record |= classification(model, source)
    if arguments.fidelity:
        record |= judge(model, source, **drawn)
    if output and not arguments.output:
        output, record = beside_earlier(output, record)
    if output:
        write_json(output, record)
        say(f"wrote {output}")


def beside_earlier(path: Path, record: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    """Return the file for new figures, and the whole content of the file with earlier figures.

    A file holds figures of the same data, weights and settings. The first file of NAME.json, NAME-2.json, NAME-3.json,
    … that is new or agrees with `record` is returned.

    Args:
        path: The first file to try.
        record: The figures, with their data, weights and settings.

    Raises:
        OSError: If a file cannot be read.
    """
    return next((place, earlier | record) for place, earlier in earlier_records(path) if agree(earlier, record))


def earlier_records(path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each file of figures with its record, and last a file that does not exist, with an empty record.

    Args:
        path: The first file.
    """
    for place in numbered(path):
        if not place.exists():
            yield place, {}
            return
        with suppress(ValueError):  # a file of the user
            record = read_json(place)
            if isinstance(record, dict):
                yield place, record


def agree(earlier: dict[str, Any], record: dict[str, Any]) -> bool:
    """Tell whether two records have the same data, weights and settings, so that one file may hold both.

    Args:
        earlier: The record of a file; an empty record agrees with all records.
        record: The new figures, with their data, weights and settings.
    """
    drawn = [name for name in DRAWN_AS if name in earlier and name in record]
    return not earlier or all(earlier.get(name) == record[name] for name in (*MEASURED_ON, *drawn))


def warn_of_changed_pictures(config: Any, source: DataSource) -> None:
    """Warn if the pictures of a run's folder have changed, because test images may be training images.

    Args:
        config: The `RunConfig` of the run.
        source: The run's `DataSource`.
    """
    from pixelcnn.training.data_source import checksum

    if config.checksum and source.kind.startswith("folder:") and checksum(*source.load("train")[:2]) != config.checksum:
        warnings.warn(
            f"the pictures of {source.kind!r} have changed since the training: images that the model was trained on "
            "may be in the test split.",
            stacklevel=2,
        )


def likelihood(model: Any, source: DataSource) -> dict[str, Any]:
    """Print and return bits/dim on the test split, also for each class, and checksums of images and weights.

    Args:
        model: A distribution.
        source: A `DataSource`.
    """
    from pixelcnn.evaluation import Bits, bits_per_class
    from pixelcnn.training.data_source import checksum

    images, labels = load_split(source, "test", model)
    started = time.perf_counter()
    values = model.bits_per_dim(images, conditional_input=labels if model.num_classes else None)
    bits = Bits.of(values)
    say(f"test split: {bits} ({time.perf_counter() - started:.0f} s)")
    record = {"test_checksum": checksum(images, labels), "weights_checksum": checksum(*model.get_weights())}
    record |= {"bits_per_dim": bits.mean, "standard_error": bits.standard_error, "test_images": bits.images}
    if model.num_classes:
        names = class_names(model)
        by_class = {names[label]: round(part.mean, 4) for label, part in bits_per_class(values, labels).items()}
        record["bits_per_dim_by_class"] = by_class
    return record


def classification(model: Any, source: DataSource) -> dict[str, Any]:
    """Print and return the accuracy of `model.classify` on the test split, and the confusion matrix.

    Args:
        model: A class-conditional distribution.
        source: A `DataSource`.
    """
    images, labels = load_split(source, "test", model)
    started = time.perf_counter()
    chosen = model.condition.check(model.classify(images))[0]["label"]  # class names as integers
    accuracy = float((chosen == labels).mean())
    confusion = np.zeros((model.num_classes, model.num_classes), int)
    np.add.at(confusion, (labels, chosen), 1)
    seconds = time.perf_counter() - started
    say(f"classify:   {accuracy:.3f} accuracy by Bayes' rule on {len(images):,} test images ({seconds:.0f} s)")
    names = class_names(model)
    rows = {names[label]: dict(zip(names, row.tolist(), strict=True)) for label, row in enumerate(confusion)}
    return {"bayes_accuracy": accuracy, "bayes_confusion": rows}  # confusion[true class][chosen class]


def judge(
    model: Any,
    source: DataSource,
    samples: int,
    seed: int = 0,
    temperature: float = 1.0,
    guidance: float = 0.0,
    verbose: int = 1,
) -> dict[str, Any]:
    """Print and return the fidelity, and the balanced accuracy of the classifier on real test images.

    Args:
        model: A class-conditional distribution.
        source: A `DataSource`.
        samples: Number of generated drawings of each class.
        seed: Seed of drawings and classifier.
        temperature, guidance: As in `sample`.
        verbose: 1 for progress bars.

    Raises:
        ValueError: If the model has no classes.
    """
    from pixelcnn import evaluation

    images, labels = evaluation.sample_classes(model, samples, seed, temperature, guidance, verbose)
    train, test = load_split(source, "train", model), load_split(source, "test", model)
    started = time.perf_counter()
    classifier = evaluation.train_classifier(*train, model.num_classes, low=model.low, high=model.high, seed=seed)
    seconds = time.perf_counter() - started
    accuracy = evaluation.balanced_accuracy(classifier, *test)
    classes = evaluation.accuracy_per_class(classifier, images, labels)
    fidelity = evaluation.fidelity(classifier, images, labels)
    say(f"classifier: {accuracy:.3f} balanced accuracy on {len(test[0]):,} real test images ({seconds:.0f} s)")
    say(f"fidelity:   {fidelity:.3f} over {samples} drawings of each class (chance {1 / model.num_classes:.3f})")
    names = class_names(model)
    for label, share in sorted(classes.items(), key=lambda item: -item[1]):
        say(f"  {names[label]:<20} {share:.2f}")
    return {
        "fidelity": fidelity,
        "fidelity_by_class": {names[label]: round(share, 4) for label, share in classes.items()},
        "samples_per_class": samples,
        "temperature": temperature,
        "guidance": guidance,
        "seed": seed,
        "training_images": len(train[0]),
        "classifier_balanced_accuracy": accuracy,
        "classifier_seconds": round(seconds, 1),
    }
