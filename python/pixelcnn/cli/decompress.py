"""`pixelcnn decompress`: the images that `pixelcnn compress` made bytes of."""

import argparse
import os
from pathlib import Path
from typing import Any

from pixelcnn.cli.options import add_command, add_model_arguments, check_output, load_model
from pixelcnn.cli.pictures import ARRAY, check_levels_fit_pictures, write_levels
from pixelcnn.cli.terminal import say
from pixelcnn.files import open_file, require_writable


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "decompress",
        run,
        "decompress images with the model and on the kind of machine that compressed them",
        "pixelcnn decompress runs/quickdraw bees.pxc --output bees        # a folder of PNG files",
        "pixelcnn decompress --pretrained quickdraw13 pizzas.pxc --output pizzas.npy",
    )
    add_model_arguments(parser)
    parser.add_argument("compressed", type=Path, metavar="FILE", help="a file that pixelcnn compress wrote")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="PATH",
        help=f"the {ARRAY} file to write, or a new folder, in which PNG files are written",
    )


def run(arguments: argparse.Namespace) -> None:
    """Decompress images and write them."""
    output = arguments.output
    if output.suffix.lower() == ARRAY:
        check_output(output, (ARRAY,), [arguments.compressed])
    elif os.path.lexists(output):
        raise ValueError(f"--output={str(output)!r} exists: expected the name of a new folder, or of a {ARRAY} file.")
    require_writable("--output", output)
    from pixelcnn import codec

    model, _ = load_model(arguments)
    if output.suffix.lower() != ARRAY:
        check_levels_fit_pictures(model, f"--output={str(output)!r}")
    with open_file(arguments.compressed) as file:
        content = file.read()
    try:
        images = codec.decompress(model, content)
    except ImportError as error:
        raise ValueError(str(error)) from None
    write_levels(images, model, output)
    say(f"wrote {output}: images of shape {images.shape}")
