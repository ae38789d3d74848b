"""The API reference: pages say `::: pixelcnn.data.doodles`, the name that users write, and `::: pixelcnn train`.

mkdocstrings reads the code without running it, and there `pixelcnn.data.doodles` is the file that holds the function of
this name. So the line that mkdocstrings sees has the place where the object is defined, under the name for users.
"""

import argparse
import os
import re
from functools import cache
from pathlib import Path

import griffe
from mkdocs.exceptions import PluginError

from pixelcnn.cli import build_parser

DIRECTIVE = re.compile(r"^::: (pixelcnn\.\S+)(\n    options:)?$", re.MULTILINE)
COMMAND = re.compile(r"^::: pixelcnn( \w+)?$", re.MULTILINE)
COLUMNS = "88"


def on_page_markdown(markdown, **_):
    """Write out the directives of a page."""
    markdown = DIRECTIVE.sub(
        lambda match: f"::: {definition(match[1])}\n    options:\n      heading: {match[1]}", markdown
    )
    return COMMAND.sub(lambda match: f"```text\n{help_of((match[1] or '').strip())}```", markdown)


@cache
def _package():
    return griffe.load("pixelcnn", search_paths=[Path(__file__).parents[2] / "python"])


def definition(name):
    """Return where the object of a public name is defined, such as `pixelcnn.data.doodles.doodles`."""
    place, parts = _package(), name.split(".")[1:]
    while parts and place.is_module:
        inner = f"{place.path}.{parts[0]}"
        source = place.imports.get(parts[0], inner)
        place = place.members[parts[0]] if source == inner else _package()[source.removeprefix("pixelcnn.")]
        parts = parts[1:]
    if place.is_module:
        raise PluginError(f"{name} is a module: expected what a module defines.")
    return ".".join([place.path, *parts])


def help_of(command):
    """Return what `pixelcnn COMMAND --help` prints; without a command what `pixelcnn --help` prints."""
    os.environ["COLUMNS"] = COLUMNS
    parser = build_parser()
    if command:
        subparsers = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
        parser = subparsers.choices[command]
    return parser.format_help()
