"""`pixelcnn train`: train a PixelCNN++ into a run folder, or go on with one."""

import dataclasses
from pathlib import Path

from pixelcnn.cli.options import (
    Interrupted,
    add_choice_arguments,
    add_command,
    add_place_arguments,
    class_list,
    data_source,
)
from pixelcnn.training.presets import PRESETS, find_preset

DTYPES = ("auto", "float32", "mixed_bfloat16")
# Given again with --resume these must say what the run's config.json says; the budget alone may change.
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
    parser.add_argument("--output", type=Path, required=True, metavar="RUN", help="the run folder")
    parser.add_argument("--resume", action="store_true", help="go on with the run in RUN from its last checkpoint")
    add_choice_arguments(add_place_arguments(parser, "doodles"))
    group = parser.add_argument_group("training")
    group.add_argument("--preset", choices=PRESETS, help="size of the model, see `pixelcnn info` (default: small)")
    group.add_argument("--epochs", type=int, metavar="N", help="passes over the data (default: the preset's)")
    group.add_argument("--minutes", type=float, metavar="M", help="wall-clock budget; the schedule ends with it")
    group.add_argument("--batch-size", type=int, metavar="B", help="images a step (default: the preset's)")
    group.add_argument("--learning-rate", type=float, metavar="R", help="its peak (default: the preset's)")
    group.add_argument("--dtype", choices=DTYPES, help="auto measures which is faster here (default: auto)")
    group.add_argument("--seed", type=int, metavar="S", help="of weights, order and dropout (default: 0)")
    group.add_argument(
        "--condition-dropout", type=float, metavar="P", help="probability of no class, for guidance (default: 0)"
    )
    group.add_argument("--held-out", type=int, metavar="N", help="test images measured each epoch (default: 1024)")
    group.add_argument("--samples", type=int, metavar="N", help="drawings a class after each epoch (default: 2)")
    group.add_argument("--keep", type=int, metavar="N", help="how many of the last checkpoints stay (default: 3)")


def run(arguments):
    """Train or resume."""
    config = resumed_config(arguments) if arguments.resume else new_config(arguments)
    if not arguments.resume:  # before the data is loaded, which may take minutes
        from pixelcnn.training import RunFolder

        RunFolder(arguments.output).require_new()
    from pixelcnn.training import train

    try:
        train(config, arguments.output, resume=arguments.resume)
    except KeyboardInterrupt:
        raise Interrupted(what_was_kept(arguments.output)) from None
    print(f"wrote {arguments.output / 'model.keras'}; next:")
    print(f"  pixelcnn sample {arguments.output} --output figure.png")
    print(f"  pixelcnn evaluate {arguments.output} --fidelity")


def new_config(arguments):
    """Return the `RunConfig` of a new run.

    Args:
        arguments: parsed.

    Raises:
        ValueError: an argument is out of range.
    """
    from pixelcnn.training.run_folder import RunConfig

    preset = find_preset(arguments.preset or "small")
    epochs = arguments.epochs
    if epochs is None and arguments.minutes is None:
        epochs = preset.epochs
    names = ("seed", "condition_dropout", "held_out", "keep", "batch_size", "learning_rate")
    given = {name: getattr(arguments, name) for name in names}
    given["sample_rows"] = arguments.samples
    defaults = {"batch_size": preset.batch_size, "learning_rate": preset.learning_rate}
    settings = defaults | {name: value for name, value in given.items() if value is not None}
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
        arguments: parsed.

    Raises:
        ValueError: the folder holds no run, or an argument contradicts it.
    """
    from pixelcnn.training.run_folder import RunFolder

    config = RunFolder(arguments.output).read_config()
    for name in FIXED:
        value = getattr(arguments, name)
        if value is not None:
            raise ValueError(
                f"--{name.replace('_', '-')} cannot be given with --resume: {arguments.output / 'config.json'} has it."
            )
    named = {"epochs": "epochs", "minutes": "minutes", "held_out": "held_out", "samples": "sample_rows", "keep": "keep"}
    changed = {field: getattr(arguments, name) for name, field in named.items() if getattr(arguments, name) is not None}
    return dataclasses.replace(config, **changed)


def what_was_kept(output):
    """Return what an interrupted run left, and how to go on.

    Args:
        output: the run folder.
    """
    from pixelcnn.training.run_folder import RunFolder

    folder = RunFolder(output)
    epochs, checkpoint = folder.last_checkpoint()
    if checkpoint:
        return f"kept {checkpoint} ({epochs} epochs); go on with: pixelcnn train --resume --output {output}"
    if folder.config.exists():
        return f"no epoch was finished; start again with: pixelcnn train --resume --output {output}"
    return "nothing was written"
