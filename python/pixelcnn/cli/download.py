"""`pixelcnn download`: download the first drawings of QuickDraw classes to the cache."""

import argparse
from typing import Any

from pixelcnn.cli.options import add_command, class_list
from pixelcnn.cli.terminal import say


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "download",
        run,
        "download the first drawings of QuickDraw classes to the cache",
        "pixelcnn download                                   # the article's 20 classes x 1,500: about 24 MB",
        "pixelcnn download --classes bee,'The Eiffel Tower' --per-class 5000",
    )
    parser.add_argument(
        "--classes",
        metavar="NAMES",
        default="blog20",
        help="comma-separated class names, or blog20 or quickdraw13 (default: blog20)",
    )
    parser.add_argument(
        "--per-class", type=int, default=1500, metavar="N", help="drawings of each class (default: 1500)"
    )
    parser.set_defaults(needs_keras=False)
    parser.add_argument(
        "--source", default="auto", metavar="S", help="network, local (PIXELCNN_DATA) or auto (default: auto)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Download, and print the number of drawings."""
    from pixelcnn import data

    classes = class_list(arguments.classes)
    drawings = data.quickdraw(classes, per_class=arguments.per_class, source=arguments.source, in_memory=False)
    say(f"{len(drawings.images):,} drawings of {len(classes)} classes are ready; next:")
    say(f"  pixelcnn train --data quickdraw --per-class {arguments.per_class} --minutes 30 --output runs/quickdraw")
