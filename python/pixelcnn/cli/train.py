"""`pixelcnn train`: train a PixelCNN++ into a run folder, or go on with one."""

import dataclasses
from contextlib import contextmanager

from pixelcnn.cli.options import (
    Interrupted,
    add_choice_arguments,
    add_command,
    add_place_arguments,
    class_list,
    command,
    data_source,
    folder_path,
    given,
    refuse,
)
from pixelcnn.cli.terminal import say
from pixelcnn.files import DISK_ERRORS
from pixelcnn.training.presets import DTYPES, PRESETS, find_preset

# Options that --resume refuses, because config.json has them; only the budget and the output after epochs may change.
FIXED_TRAINING = ("preset", "batch_size", "learning_rate", "dtype", "seed", "condition_dropout")
FIXED = (*FIXED_TRAINING, "data", "classes", "per_class", "data_dir", "source", "size")


def register(subparsers):
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "train",
        run,
        "train a PixelCNN++ into a run folder, or go on with one",
        "pixelcnn train --preset tiny --minutes 1 --output runs/first                 # on doodles, offline",
        "pixelcnn train --data quickdraw --per-class 1500 --minutes 30 --output runs/quickdraw",
        "pixelcnn train --data quickdraw --minutes 30 --condition-dropout 0.1 --output runs/guided",
        "pixelcnn train --data folder:photos --size 32x32 --preset blog --epochs 10 --output runs/photos",
        "pixelcnn train --resume --output runs/quickdraw                              # after an interrupt",
        "pixelcnn train --resume --minutes 60 --output runs/quickdraw                 # longer than first planned",
    )
    parser.add_argument("--output", type=folder_path, required=True, metavar="RUN", help="the run folder")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in RUN from its last whole checkpoint; --epochs and --minutes change its budget",
    )
    add_choice_arguments(add_place_arguments(parser, "doodles"))
    group = parser.add_argument_group("training")
    group.add_argument("--preset", choices=PRESETS, help="size of the model, see `pixelcnn info` (default: small)")
    group.add_argument("--epochs", type=int, metavar="N", help="passes over the data (default: the preset's)")
    group.add_argument(
        "--minutes",
        type=float,
        metavar="M",
        help="wall-clock budget; the schedule ends with it (default: --epochs alone counts)",
    )
    group.add_argument("--batch-size", type=int, metavar="B", help="images a step (default: the preset's)")
    group.add_argument("--learning-rate", type=float, metavar="R", help="its peak (default: the preset's)")
    group.add_argument(
        "--dtype",
        choices=DTYPES,
        help="auto measures which is faster here (default: auto)",
    )
    group.add_argument("--seed", type=int, metavar="S", help="seed of weights, order and dropout (default: 0)")
    group.add_argument(
        "--condition-dropout",
        type=float,
        metavar="P",
        help="probability of training without the class, for guidance (default: 0)",
    )
    group.add_argument("--held-out", type=int, metavar="N", help="test images measured each epoch (default: 1024)")
    group.add_argument(
        "--samples", dest="sample_rows", type=int, metavar="N", help="drawings a class after each epoch (default: 2)"
    )
    group.add_argument("--keep", type=int, metavar="N", help="how many of the last checkpoints stay (default: 3)")


def run(arguments):
    """Train or resume."""
    config = resumed_config(arguments) if arguments.resume else new_config(arguments)
    if not arguments.resume:  # before the data is loaded, which may take minutes
        from pixelcnn.training import RunFolder

        RunFolder(arguments.output).require_new()
    from pixelcnn.training import train

    with telling_what_is_kept(arguments.output):
        train(config, arguments.output, resume=arguments.resume, say=say)
    say(f"wrote {arguments.output / 'model.keras'}; next:")
    say(f"  {command('pixelcnn', 'sample', arguments.output, '--output', 'figure.png')}")
    say(f"  {command('pixelcnn', 'evaluate', arguments.output, '--fidelity')}")


def new_config(arguments):
    """Return the `RunConfig` of a new run.

    Args:
        arguments: Parsed.

    Raises:
        ValueError: If an argument is out of range.
    """
    from pixelcnn.training.run_folder import RunConfig

    preset = find_preset(arguments.preset or "small")
    epochs = arguments.epochs
    if epochs is None and arguments.minutes is None:
        epochs = preset.epochs
    names = ("seed", "condition_dropout", "held_out", "sample_rows", "keep", "batch_size", "learning_rate")
    defaults = {"batch_size": preset.batch_size, "learning_rate": preset.learning_rate}
    settings = defaults | given(arguments, names)
    return RunConfig(
        preset=preset,
        data=data_source(arguments, class_list(arguments.classes), arguments.per_class, arguments.seed or 0),
        epochs=epochs,
        minutes=arguments.minutes,
        dtype=arguments.dtype or "auto",
        **settings,
    )


def resumed_config(arguments):
    """Return the `RunConfig` of the run in `--output`, with the budget of the arguments where they give one.

    Args:
        arguments: Parsed.

    Raises:
        ValueError: If the folder holds no run, or an argument contradicts it.
    """
    from pixelcnn.training.run_folder import RunFolder

    config = RunFolder(arguments.output).read_config()
    refuse(arguments, FIXED, f"with --resume: {arguments.output / 'config.json'} has it")
    changed = given(arguments, ("held_out", "sample_rows", "keep")) | budget(arguments, config)
    return dataclasses.replace(config, **changed)


def budget(arguments, config):
    """Return the changes to a run's budget that the arguments ask for.

    `--minutes` replaces a budget in epochs, and `--epochs` one in minutes, because the old budget, if it is spent,
    would end the training at once. A run that has both budgets keeps the one that is not given.

    Args:
        arguments: Parsed.
        config: The `RunConfig` of the run.
    """
    named = given(arguments, ("epochs", "minutes"))
    has_both = config.epochs is not None and config.minutes is not None
    return named if has_both or not named else {"epochs": None, "minutes": None} | named


@contextmanager
def telling_what_is_kept(output):
    """A context that adds what the run has kept to an interrupt, or to the error of a training or a disk that fails.

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


def what_was_kept(output):
    """Return what a run that ended early has kept, and how to go on ("" if nothing was written).

    Args:
        output: The run folder.
    """
    from pixelcnn.training.run_folder import RunFolder

    folder = RunFolder(output)
    epochs, checkpoint = folder.last_checkpoint()
    if not folder.config.exists():
        return "nothing was written", ""
    resume = command("pixelcnn", "train", "--resume", "--output", output)
    if checkpoint:
        return f"kept {checkpoint} ({epochs} epochs)", f"go on with: {resume}"
    return "no epoch was finished", f"start again with: {resume}"
