"""`pixelcnn --print-completion SHELL`: the script by which a shell completes commands, options and files."""

import argparse
from typing import Any

SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
FOLDERS, FILES = ("RUN", "DIR"), ("FILE", "JSON", "MODEL", "PATH", "PNG")  # metavars of paths


class PrintCompletion(argparse.Action):
    """Print the script for a shell and end."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option_string: Any = None) -> None:
        """Print the script; without the package shtab, say what to install."""
        try:
            import shtab
        except ImportError:
            parser.error(f"{option_string} needs shtab: pip install 'pixelcnn[completion]'.")
        _complete_paths(parser, shtab)
        print(shtab.complete(parser, values))
        parser.exit()


def _complete_paths(parser: argparse.ArgumentParser, shtab: Any) -> None:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _complete_paths(command, shtab)
        elif action.metavar in (*FOLDERS, *FILES):
            action.complete = shtab.DIRECTORY if action.metavar in FOLDERS else shtab.FILE  # type: ignore[attr-defined]
