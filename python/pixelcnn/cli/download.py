"""`pixelcnn download`: fetch QuickDraw drawings into the cache, as few as are wanted."""

from pixelcnn.cli.options import add_command, class_list
from pixelcnn.cli.terminal import say


def register(subparsers):
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "download",
        run,
        "fetch the first drawings of QuickDraw classes into the cache",
        "pixelcnn download                                   # the article's 20 classes x 1,500: about 24 MB",
        "pixelcnn download --classes bee,'The Eiffel Tower' --per-class 5000",
    )
    parser.add_argument(
        "--classes",
        metavar="NAMES",
        default="blog20",
        help="comma-separated class names, or blog20 or quickdraw13 (default: blog20)",
    )
    parser.add_argument("--per-class", type=int, default=1500, metavar="N", help="drawings a class (default: 1500)")
    parser.set_defaults(needs_keras=False)
    parser.add_argument(
        "--source", default="auto", metavar="S", help="network, local (PIXELCNN_DATA) or auto (default: auto)"
    )


def run(arguments):
    """Download and say what came."""
    from pixelcnn import data

    drawings = data.quickdraw(class_list(arguments.classes), per_class=arguments.per_class, source=arguments.source)
    say(f"{len(drawings.images):,} drawings of {len(drawings.class_names)} classes are here; next:")
    say(f"  pixelcnn train --data quickdraw --per-class {arguments.per_class} --minutes 30 --output runs/quickdraw")
