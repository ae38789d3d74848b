"""`pixelcnn demo`: train on doodles and draw the article's figure, offline and in minutes."""

import argparse
import math
import time
from pathlib import Path
from typing import Any

from pixelcnn import require
from pixelcnn.cli.guidance import figure_guidance
from pixelcnn.cli.options import add_command, folder_path, numbered
from pixelcnn.cli.quiet import import_keras
from pixelcnn.cli.terminal import say
from pixelcnn.cli.train import telling_what_is_kept

MINUTES = 3.75  # of training
PER_CLASS = 500  # training doodles of each class
CONDITION_DROPOUT = 0.1  # so that the figure has guidance
DRAWINGS = 8  # generated drawings of each class
BESIDE_TRAINING = 1.25  # at most so many minutes on two cores, for imports, doodles, compilation and drawings


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "demo",
        run,
        "train a small model on doodles, offline, and draw the figure of 20 classes: at most five minutes on two cores",
        "pixelcnn demo",
        "pixelcnn demo --minutes 10 --output runs/longer",
    )
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, metavar="M", help=f"minutes of training (default: {MINUTES:g})"
    )
    parser.add_argument(
        "--output",
        type=folder_path,
        metavar="RUN",
        help="a new run folder (default: the first new one of runs/demo, runs/demo-2, ...)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="seed of doodles, training and figure (default: 0)"
    )
    parser.set_defaults(needs_keras=False)  # `run` imports Keras, because the user first reads what the demo does


def run(arguments: argparse.Namespace) -> None:
    """Train, sample, write the figure, and print the next commands."""
    started, minutes = time.perf_counter(), require.positive_number("--minutes", arguments.minutes)
    in_all = math.ceil(minutes + BESIDE_TRAINING)
    say(f"The demo trains a small PixelCNN++ for {minutes:g} minutes on doodles of 20 classes, drawn by the package,")
    say(
        f"and then draws {DRAWINGS} images of each class: in all about {in_all} minutes on two cores, without internet."
    )
    import_keras()
    config = demo_config(minutes, arguments.seed)
    from pixelcnn.training.run_folder import RunFolder

    output = arguments.output or new_folder(Path("runs/demo"))
    RunFolder(output).require_new()
    with telling_what_is_kept(output):
        model = train_demo(config, output)
        guidance = figure_guidance(arguments, model, output)
        write_figure(model, config, output / "figure.png", arguments.seed, guidance)
    say("", f"wrote {output / 'figure.png'} after {time.perf_counter() - started:.0f} s: for each class doodles in the")
    say("top row, and drawings of the model below. Next, the real drawings of Quick, Draw! (24 MB to download):")
    say("  pixelcnn train --data quickdraw --per-class 1500 --minutes 30 --output runs/quickdraw")
    say("  pixelcnn sample runs/quickdraw --output figure.png")


def new_folder(path: Path) -> Path:
    """Return the first path of PATH, PATH-2, PATH-3, … that does not exist, so that no earlier demo is overwritten.

    Args:
        path: The path of a folder.
    """
    return next(folder for folder in numbered(path) if not folder.exists())


def demo_config(minutes: float, seed: int) -> Any:
    """Return the `RunConfig` of the demo.

    Args:
        minutes: Minutes of training.
        seed: Seed of doodles and training.

    Raises:
        ValueError: If `minutes` is not positive.
    """
    from pixelcnn.training.data_source import DataSource
    from pixelcnn.training.presets import find_preset
    from pixelcnn.training.run_folder import RunConfig

    preset = find_preset("small")
    return RunConfig(
        preset,
        DataSource("doodles", per_class=PER_CLASS, seed=seed),
        epochs=None,
        minutes=minutes,
        batch_size=preset.batch_size,
        learning_rate=preset.learning_rate,
        dtype="auto",
        seed=seed,
        held_out=200,
        condition_dropout=CONDITION_DROPOUT,
        sample_rows=0,  # no drawings after an epoch, which would take time from training
        keep=1,
    )


def train_demo(config: Any, output: Path) -> Any:
    """Train into the run folder, with a line of progress every ten seconds; return the distribution.

    Args:
        config: A `RunConfig`.
        output: The run folder.
    """
    from pixelcnn.training.run import train

    return train(config, output, every=10.0, say=say)


def write_figure(model: Any, config: Any, path: Path, seed: int, guidance: float) -> None:
    """Sample all classes and write the article's figure.

    Args:
        model: The trained distribution.
        config: The `RunConfig` of the training.
        path: The PNG file to write.
        seed, guidance: As in `sample`.
    """
    from pixelcnn import plot
    from pixelcnn.cli.options import class_names, load_split
    from pixelcnn.cli.sample import drawings_of, first_of_each

    labels = list(range(model.num_classes))
    real = first_of_each(*load_split(config.data, "test", model), labels, DRAWINGS)
    say(f"drawing {DRAWINGS} of each of {len(labels)} classes")
    images = drawings_of(model, labels, DRAWINGS, seed=seed, guidance=guidance)
    plot.save(plot.real_vs_generated(real, images, class_names(model), low=model.low, high=model.high), path)
