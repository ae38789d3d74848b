"""`pixelcnn complete`: hide the lower part of images and let a model finish them."""

from itertools import zip_longest
from pathlib import Path

import numpy as np

from pixelcnn.cli.options import (
    PLACE,
    add_command,
    add_model_arguments,
    add_place_arguments,
    add_sampling_arguments,
    check_output,
    load_model,
    load_split,
    refuse,
    select_classes,
    source_for,
)
from pixelcnn.cli.terminal import say

COUNT = 6  # test drawings, without --images


def register(subparsers):
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "complete",
        run,
        "hide the lower rows of images and let a model finish them: original, occluded, completed",
        "pixelcnn complete runs/quickdraw --count 6 --output completed.png          # test drawings of the run",
        "pixelcnn complete runs/quickdraw --classes bee --images bee1.png bee2.png --output bees.png",
        "pixelcnn complete runs/quickdraw --keep-rows 10 --per-image 5 --output completed.png",
    )
    add_model_arguments(parser)
    add_place_arguments(parser, "that of the run")
    parser.add_argument("--classes", metavar="NAMES", help="comma-separated class names (default: all of the model)")
    parser.add_argument(
        "--images",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="in place of test drawings image files of the model's size, with --size of any size",
    )
    parser.add_argument(
        "--count",
        type=int,
        metavar="N",
        help=f"number of test drawings, without --images (default: {COUNT})",
    )
    parser.add_argument("--keep-rows", type=int, metavar="R", help="upper rows that stay (default: half of them)")
    parser.add_argument("--per-image", type=int, default=3, metavar="N", help="completions of each image (default: 3)")
    add_sampling_arguments(parser)
    parser.add_argument("--output", required=True, metavar="PNG", help="the picture")


def run(arguments):
    """Complete and write the picture."""
    output = check_output(arguments.output, (".png",), arguments.images or ())
    if arguments.images:
        refuse(arguments, ("count", *PLACE), "with --images")
    arguments.count = COUNT if arguments.count is None else arguments.count
    for name in ("count", "per_image"):
        if getattr(arguments, name) < 1:
            raise ValueError(f"--{name.replace('_', '-')} is {getattr(arguments, name)}; expected at least 1.")
    from pixelcnn import occlude, plot

    model, config = load_model(arguments)
    if not model.num_classes:
        refuse(arguments, ["classes"], "for a model without classes")
    height = model.image_shape[0]
    keep_rows = height // 2 if arguments.keep_rows is None else arguments.keep_rows
    if not 0 <= keep_rows < height:
        raise ValueError(f"--keep-rows is {keep_rows}; expected 0 ... {height - 1} for images {height} high.")
    images, labels = _from_files(arguments, model) if arguments.images else _from_data(arguments, config, model)
    occluded = occlude(images, rows=keep_rows, value=model.low)
    completed = _complete(model, occluded, labels, arguments)
    plot.save(plot.completion(images, occluded, completed, low=model.low, high=model.high), output)
    say(f"wrote {output}")


def _complete(model, occluded, labels, arguments):
    """Several completions of each image, (N, n, H, W, C)."""
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


def _from_files(arguments, model):
    """Images of the files, and one label for all or one for each."""
    size = arguments.size
    if size is not None and size != tuple(model.image_shape)[: len(size)]:
        raise ValueError(f"--size is {'x'.join(map(str, size))}; the model's images are {model.image_shape}.")
    images = np.stack([read_picture(path, model.image_shape, crop=size is not None) for path in arguments.images])
    if not model.num_classes:
        return images, None
    if arguments.classes is None:
        raise ValueError("--classes is missing; expected the class of the images, or one for each.")
    labels = select_classes(arguments.classes, model)
    if len(labels) not in (1, len(images)):
        raise ValueError(f"--classes has {len(labels)} names; expected 1 or {len(images)}, one for each image.")
    return images, np.resize(labels, len(images))


def _from_data(arguments, config, model):
    """Test drawings spread over the wanted classes, and their labels."""
    source = source_for(arguments, config, model)
    if source is None:
        raise ValueError("there is nothing to complete; expected --images FILE ... or --data NAME.")
    images, labels = load_split(source, "test", model)
    if not model.num_classes:
        return images[: arguments.count], None
    wanted = select_classes(arguments.classes, model)
    # One of each class in turn, so that few drawings show many classes.
    of_class = [np.flatnonzero(labels == label) for label in wanted]
    rows = [row for turn in zip_longest(*of_class) for row in turn if row is not None][: arguments.count]
    return images[rows], labels[rows]


def read_picture(path, image_shape, crop):
    """Read an image file as `data.folder` reads it, as (H, W, C) uint8.

    Args:
        path: A file of a format that `data.folder` reads.
        image_shape: (H, W, C) that the image must have, C = 1 or 3; the image is converted to grey or RGB accordingly.
        crop: Whether to scale and crop the image to H x W.

    Raises:
        ValueError: If the file is not an image, or has another size.
        OSError: If the file cannot be read.
    """
    from pixelcnn.data.image_file import MODES, read_image

    height, width, channels = image_shape
    if channels not in MODES:
        raise ValueError(f"--images needs a model of 1 or 3 channels; this one has {channels}.")
    try:
        image = read_image(path, (height, width) if crop else None, channels)
    except ValueError as error:
        raise ValueError(f"--images: {error}") from None
    if image.shape != tuple(image_shape):
        raise ValueError(
            f"--images has {str(path)!r}, which is {image.shape[1]}x{image.shape[0]} (width x height); the model's "
            f"images are {width}x{height}. Give --size {height}x{width} (height x width) to scale and crop it."
        )
    return image
