"""The page of a report, section by section."""

from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

import numpy as np

from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.drawings import Drawings
from pixelcnn.evaluation.labelled_images import LabelledImages
from pixelcnn.evaluation.report import pictures
from pixelcnn.evaluation.report.elements import confusion, curves, interval, intervals, number, table
from pixelcnn.training.run_folder import installed_versions

History = Sequence[Mapping[str, Any]]


def report_page(
    model: PixelDistribution,
    test: LabelledImages,
    train: LabelledImages | None,
    record: Mapping[str, Any],
    bits: np.ndarray,
    drawings: Drawings,
    history: History = (),
    title: str = "model",
) -> str:
    """Return the page as HTML, with styles and pictures in it.

    Args:
        model: A distribution.
        test: Test images.
        train: Training images, or None.
        record: All figures that were measured.
        bits: (B,) bits/dim of the test images.
        drawings: Drawings of the model.
        history: Rows of epochs with `bits_per_dim` and `val_bits_per_dim`; empty without a training to show.
        title: Name of the model.
    """
    look = pictures.Look(model, test)
    drawn_as = {name: record[name] for name in ("seed", "temperature", "guidance")}
    sections = [
        _head(model, record, title),
        _bits(record),
        _curves(history),
        _section(
            "Real and generated",
            "In each panel real test images above, images drawn by the model below. The drawings are not selected."
            + (f" The first {pictures.CLASSES} classes." if (model.num_classes or 0) > pictures.CLASSES else ""),
            pictures.real_and_generated(model, test, drawings.drawn, look),
        ),
        _section(
            "Completions",
            "The model draws the pink half anew, below the rows that it is given; three versions of each image.",
            pictures.completions(model, test, look, **drawn_as),
        ),
        _fidelity(record),
        _distances(record),
        "" if train is None else _section(
            "Nearest training images",
            "The drawings that are nearest to a training image, above this training image. Copies would look alike.",
            pictures.neighbours(train, drawings, look),
        ),
        _section(
            "Most and least likely test images",
            "Below each image the surprisal of its pixels, given the pixels before: white for none, dark red for the "
            "most. The scale is the same in both pictures.",
            f'<div class="panels">{pictures.surprises(model, test, bits, look)}</div>',
        ),
        _bayes(record),
        _speed(record),
        _foot(record),
    ]  # fmt: skip
    style = resources.files("pixelcnn.evaluation.report").joinpath("style.css").read_text()
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Report: {escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(section for section in sections if section)
        + "\n</body>\n</html>\n"
    )


def _section(title: str, text: str, body: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n<p>{escape(text)}</p>\n{body}\n</section>"


def _head(model: PixelDistribution, record: Mapping[str, Any], title: str) -> str:
    classes = f", {model.num_classes} classes" if model.num_classes else ""
    shape = "x".join(map(str, model.image_shape))
    about = f"{type(model).__name__}, {model.count_params():,} parameters, images of {shape}{classes}."
    bounds = interval(record["bits_per_dim_interval"])
    tiles = [("bits/dim of test images", number(record["bits_per_dim"]), f"{bounds}; fewer are better")]
    if "fidelity" in record:
        real = f"a perfect model: about {number(record['classifier_balanced_accuracy'], 2)}"
        tiles.append(("fidelity", number(record["fidelity"], 2), f"{interval(record['fidelity_interval'], 2)}; {real}"))
        training = f"training images: {number(record['frechet_distance_of_training'], 2)}"
        tiles.append(("Fréchet distance", number(record["frechet_distance"], 2), training))
    rate, of_processor = (record[f"images_per_{second}"]["sample"] for second in ("second", "processor_second"))
    tiles.append(("images/s drawn", f"{rate:,g}", f"{of_processor:,g} in a second of processor time"))
    cells = "".join(f"<div><dt>{a}</dt><dd>{b}<small>{escape(c)}</small></dd></div>" for a, b, c in tiles)
    return f'<header>\n<h1>{escape(title)}</h1>\n<p class="quiet">{escape(about)}</p>\n<dl>{cells}</dl>\n</header>'


def _bits(record: Mapping[str, Any]) -> str:
    text = (
        f"-log₂ p(image) / (height · width · channels), mean over {record['test_images']:,} test images: "
        f"{number(record['bits_per_dim'])}, with a 95% confidence interval of "
        f"{interval(record['bits_per_dim_interval'])}."
    )
    if "bits_per_dim_by_class" not in record:
        return _section("Bits per dimension", text, "")
    chart = intervals("bits/dim", record["bits_per_dim_by_class"], record["bits_per_dim_interval_by_class"])
    return _section("Bits per dimension", text, chart)


def _curves(history: History) -> str:
    if not history:
        return ""
    first, second = (
        [float(row.get(name) or "nan") for row in history] for name in ("bits_per_dim", "val_bits_per_dim")
    )
    names = ("training", "validation images")
    return _section("Training", "Bits/dim after each epoch.", curves(first, second, names, "epoch", "bits/dim"))


def _fidelity(record: Mapping[str, Any]) -> str:
    if "fidelity" not in record:
        return ""
    text = (
        f"The share of {record['samples_per_class']} drawings of each class that a classifier, trained on "
        f"{record['training_images']:,} real images, assigns to their class: {number(record['fidelity'])} "
        f"({interval(record['fidelity_interval'])}). The classifier is right on "
        f"{number(record['classifier_balanced_accuracy'])} of real test images."
    )
    chart = intervals("fidelity", record["fidelity_by_class"], record["fidelity_interval_by_class"], (0, 1))
    matrix = confusion(record["fidelity_confusion"])
    below = "<p>Rows: the class that the model was asked for. Columns: the class that the classifier saw.</p>"
    return _section("Fidelity", text, chart + below + matrix + _judges(record))


def _judges(record: Mapping[str, Any]) -> str:
    if "judges" not in record:
        return ""
    keys = ("classifier_balanced_accuracy", "fidelity", "frechet_distance", "frechet_distance_of_training")
    rows = [(name, *(number(part[key]) for key in keys)) for name, part in record["judges"].items()]
    agree = "agree" if record["judges_agree"] else "do not agree"
    text = f"The fidelities differ by {number(record['judges_difference'])}: the classifiers {agree} within 0.03."
    head = ("classifier", "right on test images", "fidelity", "Fréchet distance", "of training images")
    return table(head, rows) + f"<p>{text}</p>"


def _distances(record: Mapping[str, Any]) -> str:
    if "diversity" not in record:
        return ""
    kinds = [
        ("different nearest training images, share", "diversity", "distinct_neighbours"),
        ("mean distance of two images of a class", "diversity", "pairwise_distance"),
        ("distance to the nearest training image, smallest", "memorisation", "0%"),
        ("the same, 5% quantile", "memorisation", "5%"),
        ("the same, median", "memorisation", "50%"),
        ("the same, 95% quantile", "memorisation", "95%"),
    ]
    rows = [(name, *(number(record[part][who][key]) for who in ("generated", "real"))) for name, part, key in kinds]
    space = "between levels, as a share of their range"
    if "frechet_distance" in record:
        space = "between the features of the same classifier"
        compared = (number(record[name], 2) for name in ("frechet_distance", "frechet_distance_of_training"))
        text = "Fréchet distance to real test images: {} for drawings, {} for real training images. ".format(*compared)
    else:
        text = ""
    text += (
        f"Distances {space}, over {record['compared_images']} images in each set, equally many of each class. Where "
        "drawings are nearer to training images than test images are, the model has memorised; where drawings of a "
        "class are nearer to each other than test images are, the drawings vary too little."
    )
    return _section("Variety and memorisation", text, table(("", "drawings", "test images"), rows))


def _bayes(record: Mapping[str, Any]) -> str:
    if "bayes_confusion" not in record:
        return ""
    text = (
        f"The class of test images by Bayes' rule, for equally likely classes: {number(record['bayes_accuracy'])} "
        "right. Rows: the true class. Columns: the chosen class."
    )
    return _section("Classes", text, confusion(record["bayes_confusion"]))


def _speed(record: Mapping[str, Any]) -> str:
    clock, processor = record["images_per_second"], record["images_per_processor_second"]
    text = (
        f"Images per second after compilation, on {record['cores']} of the cores of {record['processor']} "
        f"({', '.join(record['devices'])}). A machine that also does other work is slower by the clock, and hardly by "
        "the processor time, which counts the seconds of all cores."
    )
    rows = [(name, f"{clock[name]:,g}", f"{processor[name]:,g}") for name in ("log_prob", "sample")]
    return _section("Speed", text, table(("", "by the clock", "by processor time"), rows))


def _foot(record: Mapping[str, Any]) -> str:
    settings = (
        f"{record['samples_per_class']} drawings of each class, seed {record['seed']}, temperature "
        f"{record['temperature']:g}, guidance {record['guidance']:g}"
    )
    versions = ", ".join(f"{name} {version}" for name, version in installed_versions().items())
    return f'<footer class="quiet"><p>{escape(settings)}. With {escape(versions)}.</p></footer>'
