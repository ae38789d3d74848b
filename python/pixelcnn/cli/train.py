"""`pixelcnn train`: train a PixelCNN++ into a run folder, or resume a run."""

import argparse
import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixelcnn.cli.machines import add_machine_arguments, join
from pixelcnn.cli.options import (
    Interrupted,
    add_choice_arguments,
    add_command,
    add_devices_argument,
    add_place_arguments,
    class_list,
    command,
    data_source,
    devices_in_use,
    folder_path,
    options_given,
    refuse,
    whole_number_or_auto,
)
from pixelcnn.cli.terminal import say
from pixelcnn.files import DISK_ERRORS
from pixelcnn.training.presets import DTYPES, OPTIMIZERS, PRESETS, find_preset

# Options that --resume refuses, because config.json has them. Only the budget and the outputs of epochs may change.
FIXED_TRAINING = (
    "preset",
    "batch_size",
    "accumulate",
    "remat",
    "learning_rate",
    "dtype",
    "seed",
    "condition_dropout",
    "orders",
    "held_out",
    "shift",
    "flip",
    "balance",
)
# Fields of the preset that options change.
OF_PRESET = ("num_resnet", "num_filters", "dropout_p", "ema_momentum", "optimizer")
FIXED = (*FIXED_TRAINING, *OF_PRESET, "data", "classes", "per_class", "data_dir", "source", "size")
OUTPUTS = ("sample_rows", "keep", "checkpoint_minutes")  # options that --resume takes


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "train",
        run,
        "train a PixelCNN++ into a run folder, or resume a run",
        "pixelcnn train --preset tiny --minutes 1 --output runs/first                 # on doodles, offline",
        "pixelcnn train --data quickdraw --per-class 1500 --minutes 30 --output runs/quickdraw",
        "pixelcnn train --data quickdraw --minutes 30 --condition-dropout 0.1 --output runs/guided",
        "pixelcnn train --data quickdraw --shift 1 --flip butterfly,snowflake --minutes 30 --output runs/shifted",
        "pixelcnn train --data mnist --minutes 30 --output runs/digits                # binary, without classes",
        "pixelcnn train --data folder:photos --size 32x32 --preset blog --epochs 10 --output runs/photos",
        "pixelcnn train --preset blog --batch-size 8 --accumulate 4 --output runs/blog  # in less memory",
        "pixelcnn train --resume --output runs/quickdraw                              # after an interrupt",
        "pixelcnn train --resume --minutes 60 --output runs/quickdraw                 # longer than first planned",
    )
    parser.add_argument("--output", type=folder_path, required=True, metavar="RUN", help="the run folder")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="resume the run in RUN exactly where its last checkpoint stands; --epochs and --minutes change its budget",
    )
    add_choice_arguments(add_place_arguments(parser, "doodles"))
    add_devices_argument(parser)
    group = parser.add_argument_group("training")
    group.add_argument("--preset", choices=PRESETS, help="size of the model, as `pixelcnn info` lists (default: small)")
    group.add_argument("--num-resnet", type=int, metavar="N", help="blocks on each grid (default: the preset's)")
    group.add_argument("--num-filters", type=int, metavar="F", help="filters (default: the preset's)")
    group.add_argument("--dropout-p", type=float, metavar="P", help="dropout of features (default: the preset's)")
    group.add_argument(
        "--ema-momentum",
        type=float,
        metavar="M",
        help="momentum of the moving averages of the weights, with which a training ends; they span about 1 / (1 - M) "
        "steps (default: the preset's)",
    )
    group.add_argument("--optimizer", choices=OPTIMIZERS, help="optimizer (default: the preset's)")
    group.add_argument("--epochs", type=int, metavar="N", help="number of passes over the data (default: the preset's)")
    group.add_argument(
        "--minutes",
        type=float,
        metavar="M",
        help="limit of wall-clock time, at which the learning rate reaches its end (default: no limit)",
    )
    group.add_argument(
        "--batch-size",
        type=whole_number_or_auto,
        metavar="B",
        help="images in a training step, or auto: the largest power of two that fits into memory (default: the "
        "preset's)",
    )
    group.add_argument(
        "--accumulate",
        type=int,
        metavar="N",
        help="steps whose gradients are averaged for one update: the gradient of a batch N times as large, in the "
        "memory of one batch (default: 1)",
    )
    group.add_argument(
        "--remat",
        action="store_true",
        help="compute the blocks of the network again for their gradients: less memory, more time",
    )
    group.add_argument("--learning-rate", type=float, metavar="R", help="largest learning rate (default: the preset's)")
    group.add_argument(
        "--dtype",
        choices=DTYPES,
        help="auto measures which type is faster on this machine (default: auto)",
    )
    group.add_argument("--seed", type=int, metavar="S", help="seed of doodles, weights, order and dropout (default: 0)")
    group.add_argument(
        "--condition-dropout",
        type=float,
        metavar="P",
        help="probability of training without the class, for guidance (default: 0)",
    )
    group.add_argument(
        "--shift",
        type=int,
        metavar="N",
        help="shift training images by up to N pixels at random, anew in each epoch; the pixels from outside are empty "
        "in drawings and digits, and repeat the edge of a folder's pictures (default: 0)",
    )
    group.add_argument(
        "--flip",
        metavar="NAMES",
        help="classes whose training images are mirrored, left to right, with probability 1/2, such as symmetric ones: "
        "comma-separated names, or all (default: none)",
    )
    group.add_argument(
        "--balance",
        type=float,
        metavar="B",
        help="how much more often images of scarce classes are trained on: a class of n images has a share of an epoch "
        "in proportion to n^(1-B), so 1 gives all classes equal shares (default: 0)",
    )
    group.add_argument(
        "--orders",
        type=int,
        metavar="N",
        help="orders of the pixels that one model learns: 1, 4 (flips), or 8 for square images (flips and "
        "transpositions), which make completions from each side exact (default: 1)",
    )
    group.add_argument(
        "--ignore-memory", action="store_true", help="train although the estimated memory is above what is available"
    )
    group.add_argument(
        "--held-out",
        type=int,
        metavar="N",
        help="most validation images, which each epoch measures and which are not trained on: the last tenth of each "
        "class for training; 0 for none (default: 1024)",
    )
    group.add_argument(
        "--samples",
        dest="sample_rows",
        type=int,
        metavar="N",
        help="drawings a class after each epoch (default: 2)",
    )
    group.add_argument(
        "--checkpoint-minutes",
        type=float,
        metavar="M",
        help="minutes between two checkpoints within an epoch; there is one after each epoch too (default: 5)",
    )
    group.add_argument(
        "--keep",
        type=int,
        metavar="N",
        help="number of last checkpoints that are kept, beside that of the best epoch (default: 3)",
    )

    add_machine_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Train a new run or resume a run."""
    writes = join(arguments)
    config = resumed_config(arguments) if arguments.resume else new_config(arguments)
    if writes and not arguments.resume:  # before the data is loaded, because that may take minutes
        from pixelcnn.training import RunFolder

        RunFolder(arguments.output).require_new()
    from pixelcnn.training import train
    from pixelcnn.training.fitting_memory import TooLittleMemory

    try:
        with devices_in_use(arguments), telling_what_is_kept(arguments.output):
            model = train(
                config, arguments.output, resume=arguments.resume, say=say, ignore_memory=arguments.ignore_memory
            )
    except TooLittleMemory as error:
        raise ValueError(error.text(as_option, " ")) from None
    if not writes:
        return
    say(f"wrote {arguments.output / 'model.keras'}; next:")
    say(f"  {command('pixelcnn', 'sample', arguments.output, '--output', 'figure.png')}")
    say(f"  {command('pixelcnn', 'evaluate', arguments.output, *(['--fidelity'] if model.num_classes else []))}")


def as_option(name: str, value: Any) -> str:
    """Return an argument of a run as this command takes it.

    Args:
        name: Name of the argument.
        value: Its value; True for an option without a value.

    Example:
        >>> as_option("batch_size", 16), as_option("remat", True)
        ('--batch-size 16', '--remat')
    """
    option = f"--{name.replace('_', '-')}"
    return option if value is True else f"{option} {value}"


def new_config(arguments: argparse.Namespace) -> Any:
    """Return the `RunConfig` of a new run.

    Args:
        arguments: Parsed arguments.

    Raises:
        ValueError: If an argument does not fit.
    """
    from pixelcnn.training.run_folder import RunConfig

    preset = find_preset(arguments.preset or "small")
    preset = dataclasses.replace(preset, **options_given(arguments, OF_PRESET))
    epochs = arguments.epochs
    if epochs is None and arguments.minutes is None:
        epochs = preset.epochs
    names = [name for name in (*FIXED_TRAINING, *OUTPUTS) if name not in ("preset", "dtype")]
    defaults = {"batch_size": preset.batch_size, "learning_rate": preset.learning_rate}
    settings = defaults | options_given(arguments, names)
    if arguments.flip is not None:
        settings["flip"] = class_list(arguments.flip, "--flip")
    classes = None if arguments.classes is None else class_list(arguments.classes)
    return RunConfig(
        preset=preset,
        data=data_source(arguments, classes, arguments.per_class, arguments.seed or 0),
        epochs=epochs,
        minutes=arguments.minutes,
        dtype=arguments.dtype or "auto",
        **settings,
    )


def resumed_config(arguments: argparse.Namespace) -> Any:
    """Return the `RunConfig` of the run in `--output`, with the budget of the arguments if they have one.

    Args:
        arguments: Parsed arguments.

    Raises:
        ValueError: If the folder holds no run, or an argument contradicts it.
    """
    from pixelcnn.training.run_folder import RunFolder

    config = RunFolder(arguments.output).read_config()
    refuse(arguments, FIXED, f"with --resume, because {arguments.output / 'config.json'} has it")
    changed = options_given(arguments, OUTPUTS) | budget(arguments, config)
    return dataclasses.replace(config, **changed)


def budget(arguments: argparse.Namespace, config: Any) -> dict[str, Any]:
    """Return the changes of the arguments to a run's budget.

    `--minutes` replaces a budget in epochs, and `--epochs` a budget in minutes, because the old budget, if it is spent,
    would end the training at once. A run with both budgets keeps the budget that is not given.

    Args:
        arguments: Parsed arguments.
        config: The `RunConfig` of the run.
    """
    named = options_given(arguments, ("epochs", "minutes"))
    has_both = config.epochs is not None and config.minutes is not None
    return named if has_both or not named else {"epochs": None, "minutes": None} | named


@contextmanager
def telling_what_is_kept(output: Path) -> Iterator[None]:
    """Return a context that adds the files that are kept to an interrupt, or to an error of the training or the disk.

    Args:
        output: The run folder.

    Raises:
        Interrupted: in place of KeyboardInterrupt.
        FloatingPointError, OSError: with the added text.
    """
    try:
        yield
    except KeyboardInterrupt:
        kept, go_on = what_was_kept(output)
        raise Interrupted(f"{kept}; {go_on}" if go_on else kept) from None
    except FloatingPointError as error:
        kept, _ = what_was_kept(output)
        raise FloatingPointError(f"{error} {kept[0].upper()}{kept[1:]}.") from None
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        kept = "; ".join(filter(None, what_was_kept(output)))
        raise OSError(error.errno, f"{error.strerror} ({kept})", error.filename) from None


def what_was_kept(output: Path) -> tuple[str, str]:
    """Return a text about the files that an interrupted run has kept, and a text on how to go on ("" without files).

    Args:
        output: The run folder.
    """
    from pixelcnn.training.run_folder import RunFolder

    folder = RunFolder(output)
    epochs, batches, checkpoint = folder.last_checkpoint()
    if not folder.config.exists():
        return "nothing was written", ""
    resume = command("pixelcnn", "train", "--resume", "--output", output)
    if checkpoint:
        done = f"{epochs} epochs" + (f" and {batches} batches" if batches else "")
        return f"kept {checkpoint} ({done})", f"go on with: {resume}"
    return "no checkpoint was written", f"start again with: {resume}"
