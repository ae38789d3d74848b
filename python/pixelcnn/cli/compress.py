"""`pixelcnn compress`: images without loss in few bytes, by the probabilities of a model."""

import argparse
from typing import Any

from pixelcnn.cli.options import add_command, add_model_arguments, check_output, labels_for, load_model
from pixelcnn.cli.pictures import read_levels
from pixelcnn.cli.terminal import say

SUFFIX = ".pxc"


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "compress",
        run,
        "compress images without loss, to about -log2 p bits each",
        "pixelcnn compress runs/quickdraw bee1.png bee2.png --label bee --output bees.pxc",
        "pixelcnn compress runs/quickdraw bee.png sun.png --label bee,sun --output both.pxc",
        "pixelcnn compress --pretrained quickdraw13 images.npy --label pizza --output pizzas.pxc",
    )
    add_model_arguments(parser)
    parser.add_argument(
        "images",
        nargs="+",
        metavar="FILE",
        help="pictures of the model's size, whose bytes are the levels, or .npy files of images (n, H, W, C)",
    )
    parser.add_argument(
        "--label",
        metavar="NAMES",
        help="the class of all images, or comma-separated one class for each image, for a model with classes (default: "
        "none, for a model without classes or of --condition-dropout)",
    )
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help=f"the {SUFFIX} file to write")


def run(arguments: argparse.Namespace) -> None:
    """Compress images and write the bytes."""
    if arguments.pretrained is not None and arguments.model is not None:  # the first of the images
        arguments.model, arguments.images = None, [arguments.model, *arguments.images]
    output = check_output(arguments.output, (SUFFIX,), arguments.images)
    from pixelcnn import codec
    from pixelcnn.files import write_bytes

    model, _ = load_model(arguments)
    images = read_levels(arguments.images, model)
    may_lack_labels = arguments.label is None and model.condition.dropout
    labels = None if may_lack_labels else labels_for(arguments.label, len(images), model, "--label")
    try:
        content = codec.compress(model, images, labels)
    except ImportError as error:
        raise ValueError(str(error)) from None
    write_bytes(output, content)
    say(f"wrote {output}: {len(images)} images in {len(content):,} bytes, {len(content) / len(images):.1f} an image")
