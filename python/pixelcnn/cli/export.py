"""`pixelcnn export`: write a model as a file for programs without this package."""

import argparse
from pathlib import Path
from typing import Any

from pixelcnn.cli.options import add_command, add_model_arguments, load_model
from pixelcnn.cli.terminal import say
from pixelcnn.files import require_writable

FORMATS = ("tf_saved_model", "onnx")


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "export",
        run,
        "write likelihood and sampler as a TensorFlow SavedModel, or the likelihood as ONNX",
        "pixelcnn export runs/quickdraw --output served",
        "pixelcnn export --pretrained quickdraw13 --output quickdraw.onnx",
    )
    add_model_arguments(parser)
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="PATH",
        help="the folder of the SavedModel, or the ONNX file; an older SavedModel of this command and an older file "
        "are replaced, another folder is not",
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="format of the output (default: onnx if its name ends in .onnx, else tf_saved_model)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Load the model and export it."""
    require_writable("--output", arguments.output)
    model, _ = load_model(arguments)
    format = arguments.format or FORMATS[arguments.output.suffix == ".onnx"]
    try:
        model.export(arguments.output, format=format)
    except (ImportError, NotImplementedError) as error:
        raise ValueError(f"--{error}") from None
    say(f"wrote {arguments.output}")
