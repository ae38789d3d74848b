"""`pixelcnn serve`: a local page where you draw and the model goes on."""

import argparse
import contextlib
import socket
import webbrowser
from pathlib import Path
from typing import Any

from pixelcnn import require
from pixelcnn.cli.guidance import figure_guidance
from pixelcnn.cli.options import add_command, add_guidance_argument, add_model_arguments, load_model
from pixelcnn.cli.terminal import say

DEFAULT = "quickdraw13"


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "serve",
        run,
        "open a local page where you draw and the model goes on",
        "pixelcnn serve                          # quickdraw13, a model of the package",
        "pixelcnn serve runs/quickdraw --port 8001 --no-browser",
    )
    add_model_arguments(parser, DEFAULT)
    add_guidance_argument(
        parser, None, "default: the page begins with that of the card, or of `evaluate --guidances` on the run, else 1"
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen at (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=8000, metavar="P", help="port to listen at; 0 takes a free one (default: 8000)"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        metavar="NAME",
        help="a further host name that browsers may use; may be given more than once (default: --host and this "
        "machine's names)",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def run(arguments: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C."""
    port = require.whole("--port", arguments.port, 0, 65_535)
    try:
        import uvicorn

        from pixelcnn.serve.app import make_app
        from pixelcnn.serve.connections import make_config
        from pixelcnn.serve.limits import LOCAL
        from pixelcnn.serve.messages import most_guidance
    except ImportError as error:
        raise ValueError(f"pixelcnn serve needs {error.name}: pip install 'pixelcnn[serve]'.") from None
    if arguments.model is None and arguments.pretrained is None:
        arguments.pretrained = DEFAULT
    model, config = load_model(arguments)
    if arguments.guidance is not None:
        require.within("--guidance", arguments.guidance, 0.0, most_guidance(model))
    guidance = figure_guidance(arguments, model, Path(arguments.model) if config else None)
    # An evaluation may have found a guidance that the page does not offer.
    guidance = min(max(guidance, 0.0), most_guidance(model))
    title = arguments.pretrained or Path(arguments.model).resolve().stem
    with _listen(arguments.host, port) as listening:
        say("compiling the model: about ten seconds")
        names = tuple(dict.fromkeys((*LOCAL, arguments.host, *(arguments.allow_host or ()))))
        app = make_app(model, title, names, guidance)
        shown = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
        address = f"http://{shown}:{listening.getsockname()[1]}/"
        say(f"draw at {address} (Ctrl-C ends)")
        if not arguments.no_browser:
            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):  # the usual end, which uvicorn raises again after its shutdown
            uvicorn.Server(make_config(app)).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens, before the model is compiled, because the port may be taken."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise ValueError(f"--host={host} --port={port} does not fit: {error.strerror or error}.") from None
