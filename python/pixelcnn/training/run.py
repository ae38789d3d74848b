"""Train a PixelCNN++ into a run folder, or resume a run."""

import dataclasses
import math
import os
import warnings
from collections.abc import Callable
from contextlib import nullcontext

import keras
import numpy as np

from pixelcnn.backend import (
    devices_in_use,
    has_accelerator,
    is_first_machine,
    number_of_first,
    replicas,
    require_shares,
    require_single_steps,
    telling_of_lost_machines,
)
from pixelcnn.data.augmented_batches import AugmentedBatches
from pixelcnn.data.image_data import ImageData
from pixelcnn.data.validation import set_aside
from pixelcnn.model_file import SMALLEST_WEIGHT
from pixelcnn.networks.pixel_cnn_plus_plus import PixelCNNPlusPlus
from pixelcnn.training.callbacks import (
    Backup,
    Forecast,
    HeldOut,
    HistoryFile,
    Progress,
    SampleGrid,
    list_all_checkpoints,
    read_history,
    tensorboard,
)
from pixelcnn.training.cost import pixel_cnn_plus_plus_cost
from pixelcnn.training.data_source import checksum_as
from pixelcnn.training.dtype import fastest_dtype
from pixelcnn.training.fitting_memory import choose_batch_size, memory_line, require_fitting
from pixelcnn.training.machines import agreed, require_epochs
from pixelcnn.training.memory_limits import available_memory
from pixelcnn.training.muon import Muon
from pixelcnn.training.presets import FIGURE_GUIDANCE
from pixelcnn.training.run_folder import RunConfig, RunFolder, installed_versions
from pixelcnn.training.schedule import Budget, Clock, CosineAnnealing

UNBOUNDED_EPOCHS = 1_000_000  # of a run with a budget in minutes alone, because Keras needs a number of epochs
HELD_OUT_BATCH = 64
WARMUP_STEPS = 50
MOST_WEIGHTS = 1 << 27  # of a resumed run without a larger checkpoint; twice the weights of the largest preset


def train(
    config: RunConfig,
    output: str | os.PathLike[str],
    resume: bool = False,
    every: float = 15.0,
    say: Callable[[str], object] = print,
    ignore_memory: bool = False,
) -> keras.Model:
    """Train a PixelCNN++ and write `model.keras`, `config.json`, `history.csv`, logs, drawings and checkpoints.

    `train` loads the data and builds the model before it writes a file. A resumed run continues from its last
    checkpoint with the same order of images, the same dropout and the same schedule. With a budget in epochs, the
    result is therefore that of an uninterrupted run. A damaged checkpoint is skipped with a warning. Signals wait for a
    checkpoint, as `Backup` describes.

    After `pixelcnn.join_machines` all machines call `train` with the same arguments; machine 0 writes the folder, which
    all machines must see. The budget must be in epochs.

    Args:
        config: A `RunConfig`; `pixelcnn.use_devices` chooses the devices. With `resume`, the `RunConfig` with which the
            run began, perhaps with another budget, other outputs of epochs or another place of the data; "auto" and
            None then mean what the run began with.
        output: The run folder.
        resume: Whether to resume the run in `output`.
        every: Seconds between lines of progress; infinity for none.
        say: Function that prints a line.
        ignore_memory: Whether to train although the estimated memory is above what is available.

    Returns:
        The trained distribution, with the averaged weights.

    Raises:
        ValueError: If `output` is not empty (without `resume`) or holds no run (with `resume`), the data or
            `config` do not fit or are not those with which the run began, the training will not fit into memory, or
            the files of the run do not tell how much of the budget is spent.
        OSError: If the data cannot be read, the folder cannot be written, or another process trains in it.
        FloatingPointError: If a gradient is not finite for 10 steps in a row.
    """
    with telling_of_lost_machines():
        return _train(config, RunFolder(output), resume, every, say if is_first_machine() else _silent, ignore_memory)


def _silent(line):
    """Print nothing, because machine 0 prints the line."""


def _train(config, folder, resume, every, say, ignore_memory):
    require_epochs(config)
    first = is_first_machine()
    if resume:
        begun = folder.read_config()
        config = _as_begun(config, begun)
        if first:
            folder.require_writable()
        with _alone(folder):  # raises before the data are loaded, because loading may take minutes
            pass
    elif first:
        folder.require_new()
    _require_shares(config)
    images, labels, class_names = config.data.open("train")
    if resume:
        _check_model_size(config, folder, images.shape[1:], class_names)
    config = _with_data(config, images, labels, class_names)
    if resume:
        _require_same("batch_size", config.batch_size, begun.batch_size)
    (images, labels), held_out = _with_held_out(config, images, labels)
    config, memory = _with_memory(config, len(images), ignore_memory, resume)
    config = agreed(config)
    model = build(config)
    classes = f"of {len(class_names)} classes" if class_names else "without classes"
    say(f"{len(images):,} images {classes}, {model.count_params():,} parameters, {config.dtype}")
    say(memory)
    if config.held_out and held_out is None:
        say("no validation images, because no class has 10 training images, or --held-out is too small for the classes")
    elif config.held_out and config.held_out_split == "test":
        say("each epoch measures test images, with which this run began")
    batches = AugmentedBatches(
        ImageData(images, labels, class_names), int(config.batch_size), config.seed, config.shift, config.flip,
        config.data.background, config.balance,
    )  # fmt: skip
    with _alone(folder):
        if first and not resume:
            folder.require_new()  # because another process may have begun a run while this one loaded the data
        if first:
            folder.remove_partial_files()
        _fit(model, config, folder, batches, held_out, every, say)
        if first:
            model.save(folder.model)
    number_of_first(0)  # so that no machine ends before the file is written
    return model


def _alone(folder):
    """Return a context in which no other training writes the folder. Machine 0 has the lock for all machines."""
    return folder.locked() if is_first_machine() else nullcontext()


def _fit(model, config, folder, batches, held_out, every, say):
    """Train from the last checkpoint, or from the beginning without one, to the end of the budget."""
    backup = Backup(folder.checkpoints, config.checkpoint_minutes, config.keep, config.seed)
    position = backup.load(model)
    _require_no_checkpoint_missing(position, folder)
    steps, seconds = _spent(model, config, position, folder)
    clock = Clock(
        total_steps=None if config.epochs is None else config.epochs * len(batches),
        total_seconds=None if config.minutes is None else 60.0 * config.minutes,
        steps=steps,
        seconds=seconds,
    )
    if clock.total_steps is not None and clock.total_steps < config.accumulate:
        raise ValueError(
            f"accumulate={config.accumulate} does not fit {clock.total_steps} steps: expected at most that many, "
            "because the weights change once in so many steps."
        )
    backup.clock = clock
    if is_first_machine():
        folder.write_config(config)
    if clock.fraction() >= 1.0:
        say("the budget of this run is spent; nothing to train")
        model.optimizer.finalize_variable_values(model.trainable_variables)
        return
    callbacks = _callbacks(config, folder, batches, held_out, backup, every, say)
    # The budget ends the training. A number of epochs would not: an epoch that minutes cut off counts as a whole one.
    model.fit(batches, epochs=UNBOUNDED_EPOCHS, callbacks=callbacks, shuffle=False, verbose=0)


def _as_begun(config, begun):
    """Return a `RunConfig` with the values that a run began with in place of "auto" and None; refuse other values.

    The batch size is compared later, because it is at most the number of images.
    """
    chosen = ("batch_size", "dtype", "image_shape", "class_names", "checksum", "versions")  # by `train`
    taken = {name: getattr(begun, name) for name in chosen if getattr(config, name) in (None, "auto")}
    config = dataclasses.replace(config, **taken)
    steps = ("accumulate", "remat", "learning_rate", "dtype", "seed", "condition_dropout", "orders")
    images = ("held_out", "held_out_split", "shift", "flip", "balance", "image_shape", "class_names", "checksum")
    for name in ("preset", *steps, *images):
        _require_same(name, getattr(config, name), getattr(begun, name))
    if _without_place(config.data) != _without_place(begun.data):
        _require_same("data", config.data, begun.data)
    return config


def _require_same(name, value, begun):
    """Refuse to resume a run with another setting of the training than it began with."""
    if value != begun:
        raise ValueError(f"{name}={value!r} does not fit: expected {begun!r}, with which this run began.")


def _without_place(data):
    """Return what a `DataSource` says of the images, without the place where they lie; their checksum is compared."""
    record = dataclasses.asdict(data)
    return record | {"kind": data.kind.partition(":")[0], "data_dir": None, "source": None}


def _require_shares(config):
    """Refuse settings that do not fit the devices in use, before the data are loaded, because that may take minutes."""
    devices = devices_in_use()
    require_single_steps("accumulate", config.accumulate, devices, expected=1)
    if config.batch_size != "auto":
        require_shares("batch_size", config.batch_size, devices)


def _check_model_size(config, folder, image_shape, class_names):
    """Refuse a huge preset in `config.json` before its model takes memory, unless a checkpoint has as many weights."""
    sizes = [path.stat().st_size // SMALLEST_WEIGHT for _, path in list_all_checkpoints(folder.checkpoints)]
    most = max([MOST_WEIGHTS, *sizes])
    weights = _cost(config, image_shape, class_names).parameters
    if weights > most:
        raise ValueError(
            f"{folder.config} has a preset of {weights:,} weights, which does not fit: expected at most {most:,}, "
            "because no checkpoint of this run is larger."
        )


def _cost(config, image_shape, class_names):
    arguments = {**config.preset.model_arguments(), **config.data.head}
    return pixel_cnn_plus_plus_cost(image_shape, len(class_names) or None, orders=config.orders, **arguments)


def _with_memory(config, images, ignore_memory, resumed):
    """Choose the batch size if it is "auto", refuse a run that will not fit, and describe its memory in a line."""
    cost, available = _cost(config, config.image_shape, config.class_names), available_memory()
    kept = {"averages": config.preset.ema_momentum is not None, "sums": config.accumulate > 1}
    dropout = config.preset.dropout_p > 0
    devices = devices_in_use()
    sharing = devices if has_accelerator() else 1  # the devices of a processor have one memory

    def bytes_of(batch_size):
        return cost.training_bytes(-(-batch_size // sharing), dtype=config.dtype, dropout=dropout, **kept)

    if config.batch_size == "auto":
        fitting = choose_batch_size(bytes_of, images, available)
        config = dataclasses.replace(config, batch_size=max(fitting - fitting % devices, devices))
    line = memory_line(bytes_of, config.batch_size, available)
    if config.remat:  # takes less, and how much less is not estimated
        return config, f"less than {line.removeprefix('about ')}"
    if not ignore_memory:
        accumulate = config.accumulate if replicas() == 1 else None  # as `compile` allows
        require_fitting(bytes_of, config.batch_size, available, devices, accumulate, resumed)
    return config, line


def build(config):
    """Return the compiled, untrained distribution of a run.

    Args:
        config: A `RunConfig` with `image_shape` and `class_names`; without names the model has no classes.

    Raises:
        ValueError: If the preset or `condition_dropout` does not fit.
    """
    keras.utils.set_random_seed(config.seed)
    model = PixelCNNPlusPlus(
        image_shape=config.image_shape,
        class_names=config.class_names or None,
        condition_dropout=config.condition_dropout,
        orders=config.orders,
        dtype=config.dtype,
        **config.preset.model_arguments(),
        **config.data.head,
    )
    steps = config.accumulate if config.accumulate > 1 else None
    optimizer = {"adam": keras.optimizers.Adam, "muon": Muon}[config.preset.optimizer]
    model.compile(
        optimizer(config.learning_rate, gradient_accumulation_steps=steps),
        ema_momentum=config.preset.ema_momentum,
        remat=config.remat,
    )
    return model


def _with_data(config, images, labels, class_names):
    """Set the fields that depend on the data and the machine, and check that a resumed run has the same data."""
    fields = {
        "image_shape": tuple(int(size) for size in images.shape[1:]),
        "class_names": tuple(str(name) for name in class_names),  # none of images without labels
        "checksum": checksum_as(config.checksum, images, labels),
    }
    for name, now in fields.items():
        before = getattr(config, name)
        if before not in (None, now):
            hint = " Put the training images back, or train in a new folder." if name == "checksum" else ""
            raise ValueError(
                f"{name}={now} does not fit: expected {before}, because this run began with other data.{hint}"
            )
    dtype, batch_size, count, devices = config.dtype, config.batch_size, len(images), devices_in_use()
    if count < devices:
        raise ValueError(
            f"data of {count} training images does not fit {devices} devices: expected at least {devices} images, "
            "because each device computes its share of a batch."
        )
    if batch_size != "auto" and batch_size > count:
        batch_size = count - count % devices
    if dtype == "auto":
        timed = config.preset.batch_size if batch_size == "auto" else batch_size
        dtype = fastest_dtype(config.preset.num_filters, images.shape[1], timed)
    versions = config.versions or installed_versions()
    return dataclasses.replace(config, dtype=dtype, batch_size=batch_size, versions=versions, **fields)


def _require_no_checkpoint_missing(position, folder):
    """Refuse a run that has results and no checkpoint."""
    # A run that was killed before its first checkpoint has at most one row, and no model.
    begins = position.epoch == position.batch == 0
    if begins and (folder.model.exists() or len(read_history(folder.history)) > 1):
        raise ValueError(
            f"{folder.checkpoints} lacks the checkpoints of this run: put them back, or train in a new folder."
        )


def _spent(model, config, position, folder):
    """Return the steps and seconds up to a checkpoint, from `history.csv` if the checkpoint is of an older version."""
    epoch = position.epoch
    if position.seconds is not None:
        return position.steps, position.seconds
    if epoch == 0:
        return 0, 0.0
    rows = [row for row in read_history(folder.history) if int(row["epoch"]) <= epoch]
    if rows and int(rows[-1]["epoch"]) == epoch:
        return int(rows[-1]["steps"]), float(rows[-1]["seconds"])
    lacks = f"{folder.history} lacks the row of epoch {epoch}"
    if config.epochs is None:
        raise ValueError(
            f"{lacks}, which would tell how much of the {config.minutes:g} minutes is spent: give epochs instead of "
            f"minutes to resume the run (its checkpoint has {epoch} epochs)."
        )
    warnings.warn(f"{lacks}: the steps are read from the checkpoint, the seconds from the last row.", stacklevel=2)
    steps = int(keras.ops.convert_to_numpy(model.optimizer.iterations))
    return steps, float(rows[-1]["seconds"]) if rows else 0.0


def _with_held_out(config, images, labels):
    """Return `(images, labels)` to train on, and those that each epoch measures, or None for none."""
    if not config.held_out:
        return (images, labels), None
    rest = images, labels
    if config.held_out_split == "test":  # of runs of older versions
        images, labels, _ = config.data.open("test")
    elif "valid" in config.data.splits:
        images, labels, _ = config.data.open("valid")
    else:
        rest, (images, labels) = set_aside(images, labels, config.held_out)
    count = min(config.held_out, len(images))
    if count > HELD_OUT_BATCH:  # whole batches only, because another batch size would be compiled anew
        count -= count % HELD_OUT_BATCH
    chosen = np.random.default_rng(config.seed).permutation(len(images))[:count]
    return rest, (images[chosen], None if labels is None else labels[chosen]) if count else None


def _callbacks(config, folder, batches, held_out, backup, every, say):
    """Return the callbacks, in the order in which they act at the end of an epoch."""
    batch_size, clock = batches.batch_size, backup.clock
    # The warm-up of a short run is a tenth of its steps, because the run would otherwise consist of warm-up only.
    warmup = WARMUP_STEPS * config.accumulate
    if clock.total_steps is not None:
        warmup = min(warmup, math.ceil(clock.total_steps / 10))
    callbacks = [CosineAnnealing(config.learning_rate, clock, warmup), Budget(clock)]
    if held_out is not None:
        callbacks.append(HeldOut(*held_out, batch_size=HELD_OUT_BATCH))
    callbacks += [Progress(clock, batch_size, every, say), Forecast(clock, batch_size, say)]
    callbacks.append(HistoryFile(folder.history, clock, batch_size, backup.position.epoch))
    if config.sample_rows:
        classes = len(config.class_names) or None
        guidance = FIGURE_GUIDANCE if classes and config.condition_dropout else 0.0
        callbacks.append(SampleGrid(folder.samples, classes, config.sample_rows, config.seed, True, guidance))
    board = tensorboard(folder.logs) if is_first_machine() else None
    if board is None:
        say("no TensorBoard logs: the package tensorboard is not installed (pip install 'pixelcnn[tensorboard]')")
    else:
        callbacks.append(board)
    # The checkpoint comes last, because a resumed run can repeat the row and the drawing of an epoch, but cannot make
    # up missing ones.
    callbacks.append(backup)
    return callbacks
