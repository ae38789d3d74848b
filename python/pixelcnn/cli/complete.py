"""`pixelcnn complete`: hide a side of images, and draw the hidden pixels with a model."""

import argparse
import os
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.cli.options import (
    PLACE,
    add_command,
    add_model_arguments,
    add_place_arguments,
    add_sampling_arguments,
    check_output,
    labels_for,
    load_model,
    load_split,
    range_shown,
    refuse,
    select_classes,
    shown,
    source_for,
)
from pixelcnn.cli.pictures import levels_of_bytes
from pixelcnn.cli.terminal import say

COUNT = 6  # number of test drawings without --images
ORDERS = {"bottom": 1, "top": 4, "left": 8, "right": 8}  # the orders that a model needs to draw a hidden side exactly


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "complete",
        run,
        "hide a side of images and draw the hidden pixels with a model: original, occluded, completed",
        "pixelcnn complete runs/quickdraw --count 6 --output completed.png          # test drawings of the run",
        "pixelcnn complete runs/quickdraw --classes bee --images bee1.png bee2.png --output bees.png",
        "pixelcnn complete runs/quickdraw --keep-rows 10 --per-image 5 --output completed.png",
        "pixelcnn complete runs/quickdraw --output completed.png --gif completed.gif",
        "pixelcnn complete runs/orders --hide left --output completed.png           # after train --orders 8",
    )
    add_model_arguments(parser)
    add_place_arguments(parser, "that of the run")
    parser.add_argument("--classes", metavar="NAMES", help="comma-separated class names (default: all of the model's)")
    parser.add_argument(
        "--images",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="image files in place of test drawings, of the model's size; of any size with --size",
    )
    parser.add_argument(
        "--count",
        type=int,
        metavar="N",
        help=f"number of test drawings, without --images (default: {COUNT})",
    )
    parser.add_argument(
        "--hide",
        choices=ORDERS,
        default="bottom",
        help="the hidden side; top needs a model of 4 or 8 orders, left and right need 8, because a pixel depends on "
        "those before it in an order (default: bottom)",
    )
    parser.add_argument(
        "--keep-rows",
        type=int,
        metavar="R",
        help="number of known rows, without --hide left and right (default: half of the rows)",
    )
    parser.add_argument("--per-image", type=int, default=3, metavar="N", help="completions of each image (default: 3)")
    add_sampling_arguments(parser)
    parser.add_argument("--output", required=True, metavar="PNG", help="the PNG file to write")


def run(arguments: argparse.Namespace) -> None:
    """Complete images and write the picture."""
    output = check_output(arguments.output, (".png",), arguments.images or ())
    film = check_output(arguments.gif, (".gif",), arguments.images or (), "--gif") if arguments.gif else None
    if arguments.images:
        refuse(arguments, ("count", *PLACE), "with --images")
    arguments.count = COUNT if arguments.count is None else arguments.count
    for name in ("count", "per_image"):
        require.positive_integer(f"--{name.replace('_', '-')}", getattr(arguments, name))
    from pixelcnn import occlude, plot

    model, config = load_model(arguments)
    if not model.num_classes:
        refuse(arguments, ["classes"], "for a model without classes")
    box = hidden_box(arguments, model)
    images, labels = _from_files(arguments, model) if arguments.images else _from_data(arguments, config, model)
    occluded = occlude(images, box=box, value=model.low)
    completed = _complete(model, occluded, labels, arguments)
    hidden = type(occluded)(shown(model, occluded.images), occluded.mask)
    picture = plot.completion(shown(model, images), hidden, shown(model, completed), **range_shown(model))
    plot.save(picture, output)
    say(f"wrote {output}")
    if film:
        plot.save_film(_film(model, occluded.mask, completed), film)
        say(f"wrote {film}")


def hidden_box(arguments: argparse.Namespace, model: Any) -> tuple[int, int, int, int]:
    """Return the hidden part of the images as (top, left, bottom, right).

    Args:
        arguments: Parsed arguments.
        model: A distribution.

    Raises:
        ValueError: If `--keep-rows` does not fit, or the model has no order that begins at the known side.
    """
    side, (height, width) = arguments.hide, model.image_shape[:2]
    if side in ("left", "right"):
        refuse(arguments, ["keep_rows"], f"with --hide {side}")
    orders = model.condition.orders.count
    if orders < ORDERS[side]:
        fitting = ", ".join(name for name in ORDERS if ORDERS[name] <= orders)
        raise ValueError(
            f"--hide={side} does not fit: expected one of {fitting}, because this model was trained with "
            f"--orders {orders}; {side} needs at least --orders {ORDERS[side]}."
        )
    keep_rows = height // 2 if arguments.keep_rows is None else arguments.keep_rows
    if not 0 <= keep_rows < height:
        raise ValueError(f"--keep-rows={keep_rows} does not fit: expected 0 … {height - 1} of {height} rows.")
    top, left = (keep_rows if side == "bottom" else 0), (width // 2 if side == "right" else 0)
    bottom, right = (height - keep_rows if side == "top" else height), (width // 2 if side == "left" else width)
    return top, left, bottom, right


def _complete(model: Any, occluded: Any, labels: Any, arguments: argparse.Namespace) -> np.ndarray:
    """Return completions, (B, n, H, W, C) with n = `--per-image`."""
    images, mask = occluded
    repeats = arguments.per_image
    completed = model.complete(
        np.repeat(images, repeats, axis=0),
        mask,
        conditional_input=None if labels is None else np.repeat(labels, repeats),
        seed=arguments.seed,
        temperature=arguments.temperature,
        guidance=arguments.guidance,
    )
    return np.asarray(completed).reshape(len(images), repeats, *images.shape[1:])


def _film(model: Any, mask: np.ndarray, completed: np.ndarray) -> list[Any]:
    """Return the frames of a film of completions (B, n, H, W, C), a row for each image."""
    from pixelcnn import plot

    count, repeats, *image_shape = completed.shape
    order = model.condition.orders.fitting(np.broadcast_to(mask[..., None], image_shape))
    images = completed.reshape(count * repeats, *image_shape)
    return plot.film(shown(model, images), mask, order, columns=repeats, **range_shown(model))


def _from_files(arguments: argparse.Namespace, model: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the images of the files, and a label for each image."""
    size = arguments.size
    if size is not None and size != tuple(model.image_shape)[: len(size)]:
        text = "x".join(map(str, size))
        raise ValueError(f"--size={text} does not fit: expected the size of the model's images, {model.image_shape}.")
    pictures = [(path, read_picture(path, model.image_shape, crop=size is not None)) for path in arguments.images]
    # Scaling makes grays of black and white.
    images = [levels_of_bytes(image, model, f"--images: {path}", size is not None) for path, image in pictures]
    return np.stack(images), labels_for(arguments.classes, len(images), model, "--classes")


def _from_data(arguments: argparse.Namespace, config: Any, model: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return test drawings of the chosen classes, and the label of each drawing."""
    source = source_for(arguments, config, model)
    if source is None:
        raise ValueError("--images is missing: expected --images FILE ... or --data NAME.")
    images, labels = load_split(source, "test", model)
    if not model.num_classes:
        return images[: arguments.count], None
    wanted = select_classes(arguments.classes, model)
    # One drawing of each class in turn, so that few drawings show many classes.
    of_class = [np.flatnonzero(labels == label) for label in wanted]
    rows = [row for turn in zip_longest(*of_class) for row in turn if row is not None][: arguments.count]
    return images[rows], labels[rows]


def read_picture(path: str | os.PathLike[str], image_shape: Sequence[int], crop: bool) -> np.ndarray:
    """Read an image file, as `data.folder` does, as (H, W, C) uint8.

    Args:
        path: A file of a format that `data.folder` reads.
        image_shape: The required (H, W, C); an image is converted to grey for C = 1 and to RGB for C = 3.
        crop: Whether to scale and crop the image to H x W.

    Raises:
        ValueError: If the file is not an image, or the image has another size.
        OSError: If the file cannot be read.
    """
    from pixelcnn.data.image_file import MODES, read_image

    height, width, channels = image_shape
    if channels not in MODES:
        raise ValueError(f"--images does not fit: expected a model of 1 or 3 channels, but the model has {channels}.")
    try:
        image = read_image(path, (height, width) if crop else None, channels)
    except ValueError as error:
        raise ValueError(f"--images: {error}") from None
    if image.shape != tuple(image_shape):
        raise ValueError(
            f"--images has {str(path)!r} of {image.shape[1]}x{image.shape[0]} (width x height), which does not fit: "
            f"expected {width}x{height}. Give --size {height}x{width} (height x width) to scale and crop it."
        )
    return image
