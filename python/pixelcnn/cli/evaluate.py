"""`pixelcnn evaluate`: bits/dim and classes of test images, quality of drawings, and a report of all of it."""

import argparse
import math
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.cli.options import (
    PLACE,
    add_command,
    add_devices_argument,
    add_model_arguments,
    add_place_arguments,
    check_output,
    load_model,
    load_split,
    number,
    numbered,
    options_given,
    refuse,
    source_for,
)
from pixelcnn.cli.shards import OPTIONS, add_shard_arguments, write_shard
from pixelcnn.cli.terminal import say
from pixelcnn.files import read_json, require_writable, write_json, write_text
from pixelcnn.training.data_source import DataSource

# Options of --fidelity and --report, and their defaults.
DRAWN = {"samples": 50, "seed": 0, "temperature": 1.0, "guidance": 0.0, "judges": 1}
OF_GUIDANCES = ("samples", "seed", "temperature")  # options that --guidances takes too
DIVERSITY = {
    "distinct_neighbours": "share of different nearest training images",
    "pairwise_distance": "mean distance of two images of a class",
}
MEASURES = ("fidelity", "report", "classify", "guidances")  # what is measured beside bits/dim
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
        "measure bits/dim on the test split, with --fidelity also the quality of drawings, and write a --report",
        "pixelcnn evaluate runs/quickdraw",
        "pixelcnn evaluate runs/quickdraw --classify",
        "pixelcnn evaluate runs/quickdraw --fidelity --samples 50",
        "pixelcnn evaluate runs/quickdraw --fidelity --judges 2",
        "pixelcnn evaluate runs/guided --guidances 0,0.5,1,2  # which guidance suits; figures of `sample` then take it",
        "pixelcnn evaluate runs/quickdraw --report report.html",
        "pixelcnn evaluate --pretrained quickdraw13 --data quickdraw --report report.html --output figures.json",
        "pixelcnn evaluate runs/quickdraw --shard 3/16 --output scores  # a folder of .npz files",
        "pixelcnn evaluate --merge scores",
    )
    add_model_arguments(parser)
    add_devices_argument(parser)
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
        help="train a classifier on the real training split, classify generated drawings, and compare drawings with "
        "real ones: Fréchet distance, diversity, memorisation (takes minutes)",
    )
    parser.add_argument(
        "--report",
        metavar="HTML",
        help="do what --fidelity does, and write a page with all figures, drawings, completions, curves and speed "
        "(default: no page)",
    )
    parser.add_argument(
        "--classify",
        action="store_true",
        help="classify the test images by Bayes' rule, for equally likely classes (takes as long as bits/dim of all "
        "test images once for each class)",
    )
    parser.add_argument(
        "--guidances",
        type=number_list,
        metavar="W,W,...",
        help="draw with each of these guidances, for a model trained with --condition-dropout, and keep the one of the "
        "least Fréchet distance to the last tenth of the training images, which figures of `pixelcnn sample` and the "
        "page of `serve` then take (default: none)",
    )
    drawing = "for --fidelity, --report, --guidances: "
    parser.add_argument("--samples", type=int, metavar="N", help=f"{drawing}drawings of each class (default: 50)")
    parser.add_argument("--temperature", type=float, metavar="T", help=f"{drawing}temperature (default: 1)")
    parser.add_argument("--seed", type=int, metavar="S", help=f"{drawing}seed of drawings and classifier (default: 0)")
    parser.add_argument(
        "--guidance", type=float, metavar="W", help="for --fidelity, --report: guidance of drawings (default: 0)"
    )
    parser.add_argument(
        "--judges",
        type=int,
        metavar="N",
        help="for --fidelity, --report: number of classifiers; 2 are of different architectures, and tell whether "
        "fidelity depends on the classifier (default: 1)",
    )
    parser.add_argument(
        "--output",
        metavar="PATH",
        help="JSON file of the figures (default: evaluation.json in the run folder, together with earlier figures; "
        "evaluation-2.json and so on if data, weights or settings differ); with --shard the folder",
    )
    group = add_shard_arguments(parser, "--shard", "all test images, and no parts")
    group.add_argument(
        "--merge",
        metavar="DIR",
        help="in place of MODEL: print the bits/dim of all shards in a folder of --shard, and write them to --output "
        "if it is given",
    )


def run(arguments: argparse.Namespace) -> None:
    """Measure, print and write."""
    if arguments.merge is not None:
        merge(arguments)
        return
    drawing = arguments.fidelity or arguments.report is not None
    if not drawing:
        only = [name for name in DRAWN if arguments.guidances is None or name not in OF_GUIDANCES]
        refuse(arguments, only, "without --fidelity or --report, because nothing is drawn")
    drawn = DRAWN | options_given(arguments, DRAWN)
    require.positive_integer("--samples", drawn["samples"])
    require.one_of("--judges", drawn["judges"], (1, 2))
    if arguments.shard is not None:
        refuse(arguments, MEASURES, "with --shard, because the parts of a shard hold log-probabilities only")
        score(arguments)
        return
    refuse(arguments, OPTIONS, "without --shard")
    path = arguments.output or (arguments.model and Path(arguments.model).is_dir() and Path(arguments.model) / RESULTS)
    output = check_output(path, (".json",)) if path else None
    page = check_output(arguments.report, (".html", ".htm"), name="--report") if arguments.report is not None else None
    model, source = load_with_data(arguments)
    model._check_draw([0] if model.num_classes else None, drawn["seed"], drawn["temperature"], drawn["guidance"], 1)
    results = arguments.model and Path(arguments.model) / RESULTS
    keep = partial(write_figures, output, bool(output and results and output.resolve() == results.resolve()))
    from pixelcnn.evaluation import check_data, measure_drawings, measure_speed, report_page
    from pixelcnn.evaluation.report import check_shown

    if page:
        check_shown(model)
    judged = drawing or arguments.guidances  # by classifiers, which take arrays
    test = check_data("--data", load_split(source, "test", model, in_memory=bool(judged)), model)
    train = check_data("--data", load_split(source, "train", model), model) if judged else None
    likelihood, bits = tell_likelihood(model, test)
    record = {"data": source.kind} | likelihood
    keep(record)  # after each measure, because an error or an interrupt of a later one must lose none
    if arguments.classify:
        record |= tell_classification(model, test)
        keep(record)
    if arguments.guidances:
        record |= tell_guidances(model, train, arguments.guidances, {name: drawn[name] for name in OF_GUIDANCES})
        keep(record)
    if drawing:
        drawings = measure_drawings(model, test, train, verbose=1, **drawn)
        record |= drawings.record
        tell_drawings(record)
    if page:
        record |= measure_speed(model, test)
        name = arguments.pretrained or Path(arguments.model).name
        write_text(page, report_page(model, test, train, record, bits, drawings, history_of(arguments.model), name))
        say(f"wrote {page}")
    if output:
        say(f"wrote {keep(record)}")


def write_figures(path: Path | None, merges: bool, record: dict[str, Any]) -> Path | None:
    """Write figures, and return their file.

    Args:
        path: The file; None writes none.
        merges: Whether the file is that of a run, which keeps earlier figures.
        record: The figures, with their data, weights and settings.
    """
    if path is None:
        return None
    if merges:
        path, record = beside_earlier(path, record)
    write_json(path, record)
    return path


def load_with_data(arguments: argparse.Namespace) -> tuple[Any, DataSource]:
    """Return the model and the data on which it is measured.

    Args:
        arguments: Parsed arguments.

    Raises:
        ValueError: If there is no data, or an argument does not fit the model.
    """
    model, config = load_model(arguments)
    if arguments.data is None:
        refuse(arguments, ["per_class"], "without --data, because the number of drawings is in the run's config.json")
    if not model.num_classes:
        refuse(arguments, ["fidelity", "classify", "judges", "guidances"], "for a model without classes")
    elif not model.condition.dropout:
        refuse(arguments, ["guidances"], "for a model that was trained without --condition-dropout")
    source = source_for(arguments, config, model, arguments.per_class)
    if source is None:
        raise ValueError("--data is missing: expected the data on which the model is measured.")
    if arguments.data is None:
        warn_of_changed_pictures(config, source)
    return model, source


def score(arguments: argparse.Namespace) -> None:
    """Compute the log-probabilities of one shard of the test split, and write its parts.

    Args:
        arguments: Parsed arguments, with `shard`.
    """
    if arguments.output is None:
        raise ValueError("--output is missing: expected the folder of the parts.")
    require_writable("--output", arguments.output)
    model, source = load_with_data(arguments)
    from pixelcnn.shards import score_shard

    data = load_split(source, "test", model, in_memory=False)
    write_shard(partial(score_shard, model, data=data, name=source.kind), arguments.output, arguments)


def merge(arguments: argparse.Namespace) -> None:
    """Print the bits/dim of all shards, and write them.

    Args:
        arguments: Parsed arguments, with `merge`.
    """
    refuse(
        arguments, (*MEASURES, *DRAWN, *PLACE, *OPTIONS, "pretrained", "devices", "size", "per_class"), "with --merge"
    )
    if arguments.model is not None:
        raise ValueError(f"MODEL={arguments.model!r} cannot be given with --merge, which needs the folder only.")
    output = check_output(arguments.output, (".json",)) if arguments.output else None
    from pixelcnn.evaluation import Bits
    from pixelcnn.shards import merge_scores

    record = merge_scores(arguments.merge)
    error = math.nan if record["standard_error"] is None else record["standard_error"]
    bits = Bits(record["bits_per_dim"], error, record["test_images"])
    say(f"test split: {bits}, {record['nats']:,.2f} nats an image")
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
    same = all(earlier.get(name) == record[name] for name in (*MEASURED_ON, *drawn))
    settings = [part["guidance_choice"]["settings"] for part in (earlier, record) if "guidance_choice" in part]
    return not earlier or (same and settings[:1] == settings[-1:])


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


def tell_likelihood(model: Any, test: Any) -> tuple[dict[str, Any], np.ndarray]:
    """Print and return bits/dim on the test split, with checksums of images and weights; also those of each image.

    Args:
        model: A distribution.
        test: `LabelledImages` of the test split.
    """
    from pixelcnn.evaluation import Bits, measure_likelihood
    from pixelcnn.training.data_source import checksum

    started = time.perf_counter()
    record, values = measure_likelihood(model, test, verbose=1)
    seconds = time.perf_counter() - started
    say(f"test split: {Bits.of(values)}, {record['nats']:,.2f} nats an image ({seconds:.0f} s)")
    checksums = {"test_checksum": checksum(*test.arrays), "weights_checksum": checksum(*model.get_weights())}
    return checksums | record, values


def tell_classification(model: Any, test: Any) -> dict[str, Any]:
    """Print and return the accuracy of `model.classify` on the test split, and the confusion matrix.

    Args:
        model: A class-conditional distribution.
        test: `LabelledImages` of the test split.
    """
    from pixelcnn.evaluation import measure_classification

    started = time.perf_counter()
    record = measure_classification(model, test, verbose=1)
    accuracy, seconds = record["bayes_accuracy"], time.perf_counter() - started
    say(f"classify:   {accuracy:.3f} accuracy by Bayes' rule on {len(test.images):,} test images ({seconds:.0f} s)")
    return record


def number_list(text: str) -> list[float]:
    """Return the numbers in a comma-separated text.

    Args:
        text: The text of an argument.

    Raises:
        argparse.ArgumentTypeError: If a part is not a finite number, or a number is twice there.

    Example:
        >>> number_list("0,0.5,1")
        [0.0, 0.5, 1.0]
    """
    values = [number(part) for part in text.split(",")]
    if len(set(values)) < len(values) or not all(map(math.isfinite, values)):
        raise argparse.ArgumentTypeError(f"{text!r} does not fit: expected different numbers, such as 0,1,2")
    return values


def tell_guidances(model: Any, train: Any, guidances: list[float], drawn: dict[str, Any]) -> dict[str, Any]:
    """Print and return fidelity and Fréchet distance for each guidance, and the guidance of the least distance.

    Args:
        model: A class-conditional distribution that was made with `condition_dropout`.
        train: `LabelledImages` of the training split.
        guidances: The guidances.
        drawn: Further arguments of `choose_guidance`.
    """
    from pixelcnn.evaluation import choose_guidance

    choice = choose_guidance(model, train, guidances, verbose=1, **drawn)
    say(f"guidance, on {choice.record['validation_images']:,} validation images, the last of each class for training:")
    for point in choice.record["points"]:
        low, high = point["fidelity_interval"]
        say(
            f"  {point['guidance']:<4g} Fréchet distance {point['frechet_distance']:.2f}, fidelity "
            f"{point['fidelity']:.3f} ({low:.3f} … {high:.3f})"
        )
    training = choice.record["frechet_distance_of_training"]
    say(f"  guidance {choice.guidance:g} has the least distance (training images: {training:.2f})")
    return {"guidance_choice": choice.record}


def tell_drawings(record: dict[str, Any]) -> None:
    """Print how drawings compare with real images.

    Args:
        record: A record of `measure_drawings`.
    """
    if "fidelity" in record:
        tell_fidelity(record)
    near = {name: part["50%"] for name, part in record["memorisation"].items()}
    say(f"on {record['compared_images']:,} drawings, test images and training images, equally many of each class:")
    if "frechet_distance" in record:
        frechet, training = record["frechet_distance"], record["frechet_distance_of_training"]
        say(f"  Fréchet distance to test images {frechet:.2f} (training images: {training:.2f})")
    for name, text in DIVERSITY.items():
        drawn, real = (record["diversity"][part][name] for part in ("generated", "real"))
        if drawn is not None:
            say(f"  {text} {drawn:.2f} (test images: {real:.2f})")
    say(f"  median distance to the nearest training image {near['generated']:.2f} (test images: {near['real']:.2f})")


def tell_fidelity(record: dict[str, Any]) -> None:
    """Print the fidelity, also that of each class.

    Args:
        record: A record of `measure_drawings` of a model with classes.
    """
    shares, bounds = record["fidelity_by_class"], record["fidelity_interval_by_class"]
    accuracy, seconds = record["classifier_balanced_accuracy"], record["classifier_seconds"]
    low, high = record["fidelity_interval"]
    say(f"classifier: {accuracy:.3f} balanced accuracy on real test images ({seconds:.0f} s)")
    say(
        f"fidelity:   {record['fidelity']:.3f} ({low:.3f} … {high:.3f}) over {record['samples_per_class']} drawings of "
        f"each class (chance {1 / len(shares):.3f})"
    )
    for name, part in record.get("judges", {}).items():
        accuracy = part["classifier_balanced_accuracy"]
        say(
            f"  {name} classifier: {part['fidelity']:.3f}, {accuracy:.3f} on real test images; Fréchet distance "
            f"{part['frechet_distance']:.2f} (training images: {part['frechet_distance_of_training']:.2f})"
        )
    if "judges" in record:
        agree = "agree" if record["judges_agree"] else "do not agree"
        say(f"  the classifiers {agree} within 0.03 (difference {record['judges_difference']:.3f})")
    for name, share in sorted(shares.items(), key=lambda item: -item[1]):
        say(f"  {name:<20} {share:.2f} ({bounds[name][0]:.2f} … {bounds[name][1]:.2f})")


def history_of(path: str | None) -> list[dict[str, str]]:
    """Return the rows of a run folder's `history.csv`; no rows for a model file.

    Args:
        path: A run folder, a model file or None.
    """
    from pixelcnn.training.callbacks import read_history
    from pixelcnn.training.run_folder import RunFolder

    return read_history(RunFolder(path).history) if path and Path(path).is_dir() else []
