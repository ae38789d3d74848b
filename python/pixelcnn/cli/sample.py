"""`pixelcnn sample`: draw images from a model, as the article's figure or as a grid."""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.cli.guidance import figure_guidance
from pixelcnn.cli.options import (
    PLACE,
    add_command,
    add_devices_argument,
    add_model_arguments,
    add_place_arguments,
    add_sampling_arguments,
    check_output,
    class_names,
    load_model,
    load_split,
    range_shown,
    refuse,
    select_classes,
    shown,
    source_for,
)
from pixelcnn.cli.shards import OPTIONS, add_shard_arguments, check_parts, write_shard
from pixelcnn.cli.terminal import say
from pixelcnn.files import require_writable

MANY = (*OPTIONS, "engine", "workers")  # options for --count


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "sample",
        run,
        "draw images from a model: for each class real drawings in the top row and generated drawings below",
        "pixelcnn sample runs/quickdraw --output figure.png",
        "pixelcnn sample runs/quickdraw --classes bee,sun --per-class 16 --temperature 0.9 --output bees.png",
        "pixelcnn sample --pretrained quickdraw13 --output figure.png",
        "pixelcnn sample --pretrained quickdraw13 --output figure.png --gif film.gif",
        "pixelcnn sample runs/guided --guidance 1 --output figure.png  # trained with --condition-dropout 0.1",
        "pixelcnn sample model.keras --data quickdraw --classes quickdraw13 --output figure.png",
        "pixelcnn sample runs/quickdraw --count 1000000 --shard 3/16 --output images  # a folder of .npz files",
        "pixelcnn sample runs/quickdraw --count 1000000 --engine ray --output images  # on all nodes of a Ray cluster",
        "pixelcnn sample --check images",
    )
    add_model_arguments(parser)
    add_devices_argument(parser)
    group = add_place_arguments(parser, "that of the run")
    group.add_argument("--no-real", action="store_true", help="draw generated drawings only")
    parser.add_argument("--classes", metavar="NAMES", help="comma-separated class names (default: all of the model's)")
    parser.add_argument("--per-class", type=int, metavar="N", help="drawings of each class (default: 8)")
    add_sampling_arguments(
        parser, None, "default: that of the card, or of `evaluate --guidances` on the run, else 1; 0 with --count"
    )
    output = parser.add_mutually_exclusive_group(required=True)
    output.add_argument(
        "--output", metavar="PATH", help="the PNG file to write, or with --count the folder (default: none)"
    )
    output.add_argument(
        "--check",
        metavar="DIR",
        help="in place of --output, and without MODEL: tell which parts of a folder of --count are missing or damaged",
    )
    group = add_shard_arguments(parser, "--count", "0/1, all parts")
    group.add_argument(
        "--count",
        type=int,
        metavar="N",
        help="draw N images, of the classes in turn, into .npz files in a folder, in place of a picture",
    )
    group.add_argument(
        "--engine",
        choices=("local", "ray"),
        help="what draws the images of --count: local, this process, or ray, the workers of a Ray cluster, which all "
        "see MODEL and the folder; Ray starts on this machine if no cluster is found (default: local)",
    )
    group.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="for --engine ray: number of workers (default: one on each GPU, or on each node if none has a GPU)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Sample images and write the picture or one shard of many images, or check the shards."""
    if arguments.check is not None:
        refuse(arguments, ("pretrained", "count", "devices", *MANY), "with --check")
        if arguments.model is not None:
            raise ValueError(f"MODEL={arguments.model!r} cannot be given with --check, which needs the folder only.")
        check_parts(arguments.check)
    elif arguments.count is not None:
        draw_many(arguments)
    else:
        refuse(arguments, MANY, "without --count")
        draw_picture(arguments)


def draw_many(arguments: argparse.Namespace) -> None:
    """Draw many images, or one shard of them, and write the parts.

    Args:
        arguments: Parsed arguments, with `count`.
    """
    refuse(arguments, (*PLACE, "size", "no_real", "per_class", "gif"), "with --count, which makes no picture")
    require.positive_integer("--count", arguments.count)
    require_writable("--output", arguments.output)
    if arguments.engine == "ray":
        refuse(arguments, ("shard", "devices"), "with --engine ray, which gives each worker its parts and its device")
        write = drawing_on_ray(arguments)
    else:
        refuse(arguments, ["workers"], "without --engine ray")
        write = drawing(arguments)
    write_shard(write, arguments.output, arguments)


def drawing(arguments: argparse.Namespace) -> Callable[..., list[Path]]:
    """Load the model, and return `sample_shard` with the arguments of the draw.

    Args:
        arguments: Parsed arguments, with `count`.
    """
    model, _ = load_model(arguments)
    if not model.num_classes:
        refuse(arguments, ["classes"], "for a model without classes")
    from pixelcnn.shards import sample_shard

    labels = select_classes(arguments.classes, model) if model.num_classes else None
    guidance = 0.0 if arguments.guidance is None else arguments.guidance
    sharpening = {"seed": arguments.seed, "temperature": arguments.temperature, "guidance": guidance}
    return partial(sample_shard, model, count=arguments.count, labels=labels, **sharpening)


def drawing_on_ray(arguments: argparse.Namespace) -> Callable[..., list[Path]]:
    """Return `sample_on_ray` with the arguments of the draw.

    Args:
        arguments: Parsed arguments, with `count`.
    """
    from pixelcnn.shards.on_ray import sample_on_ray

    model = arguments.model and Path(arguments.model).absolute()  # because workers have other working directories
    prepare = partial(drawing, argparse.Namespace(**{**vars(arguments), "model": model}))
    return partial(sample_on_ray, prepare, count=arguments.count, workers=arguments.workers)


def draw_picture(arguments: argparse.Namespace) -> None:
    """Sample images and write the picture.

    Args:
        arguments: Parsed arguments.
    """
    output = check_output(arguments.output, (".png",))
    film = check_output(arguments.gif, (".gif",), name="--gif") if arguments.gif else None
    per_class = require.positive_integer("--per-class", 8 if arguments.per_class is None else arguments.per_class)
    if arguments.no_real:
        refuse(arguments, (*PLACE, "size"), "with --no-real")
    from pixelcnn import plot

    model, config = load_model(arguments)
    guidance = figure_guidance(arguments, model, Path(arguments.model) if config else None)
    sharpening = {"seed": arguments.seed, "temperature": arguments.temperature, "guidance": guidance}
    if not model.num_classes:
        refuse(arguments, ("classes", *PLACE, "size"), "for a model without classes")
        images, names = model.sample(per_class, **sharpening), None
        picture = plot.grid(shown(model, images), **range_shown(model))
    else:
        chosen = select_classes(arguments.classes, model)
        names = [class_names(model)[label] for label in chosen]
        real = None if arguments.no_real else real_drawings(arguments, config, model, chosen, per_class)
        images = drawings_of(model, chosen, per_class, **sharpening)
        picture = plot.real_vs_generated(shown(model, real), shown(model, images), names, **range_shown(model))
    plot.save(picture, output)
    say(f"wrote {output}")
    if film:
        plot.save_film(plot.film(shown(model, images), class_names=names, **range_shown(model)), film)
        say(f"wrote {film}")


def drawings_of(model: Any, labels: Sequence[int], per_class: int, **arguments: Any) -> np.ndarray:
    """Return generated drawings of some classes of a model, (len(labels), per_class, H, W, C).

    Args:
        model: A class-conditional distribution.
        labels: The labels of the classes, integers.
        per_class: Number of generated drawings of each class.
        arguments: Further arguments of `sample`: `seed`, `temperature`, `guidance`, `verbose`.
    """
    images = model.sample(conditional_input=np.repeat(labels, per_class), **arguments)
    return np.asarray(images).reshape(len(labels), per_class, *model.image_shape)


def real_drawings(
    arguments: argparse.Namespace, config: Any, model: Any, labels: Sequence[int], per_class: int
) -> np.ndarray | None:
    """Return real test drawings of the classes, (len(labels), n, H, W, C), or None if no data is given.

    n is `per_class`, or the size of the smallest class if it is below `per_class`.

    Args:
        arguments: Parsed arguments.
        config: The `RunConfig` of the run, or None.
        model: A class-conditional distribution.
        labels: The labels of the classes, integers.
        per_class: The largest number of images of each class.

    Raises:
        ValueError: If the data has other classes, or images of another shape.
    """
    source = source_for(arguments, config, model)
    if source is None:
        return None
    return first_of_each(*load_split(source, "test", model), labels, per_class)


def first_of_each(images: np.ndarray, image_labels: np.ndarray, labels: Sequence[int], per_class: int) -> np.ndarray:
    """Return the first images of some classes, (len(labels), n, H, W, C).

    n is `per_class`, or the size of the smallest class if it is below `per_class`.

    Args:
        images: (B, H, W, C) integers.
        image_labels: (B,) integers.
        labels: The labels of the classes, integers.
        per_class: The largest number of images of each class.
    """
    rows = [np.flatnonzero(image_labels == label) for label in labels]
    count = min(per_class, *(len(row) for row in rows))
    return np.stack([images[row[:count]] for row in rows])
