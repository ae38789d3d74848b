"""Train a PixelCNN++ into a run folder, or go on with one."""

import dataclasses
import math
import os
import warnings
from collections.abc import Callable

import keras
import numpy as np

from pixelcnn.data.batches import ShuffledBatches
from pixelcnn.model_file import SMALLEST_WEIGHT
from pixelcnn.training.callbacks import (
    EpochCheckpoint,
    EpochSeed,
    HeldOut,
    HistoryFile,
    Progress,
    SampleGrid,
    list_checkpoints,
    read_history,
    tensorboard,
)
from pixelcnn.training.cost import pixel_cnn_plus_plus_cost
from pixelcnn.training.data_source import checksum
from pixelcnn.training.dtype import fastest_dtype
from pixelcnn.training.run_folder import RunConfig, RunFolder, installed_versions
from pixelcnn.training.schedule import Budget, Clock, CosineAnnealing

# With a time budget alone Keras still wants a number of epochs; no run gets there.
UNBOUNDED_EPOCHS = 1_000_000
HELD_OUT_BATCH = 64
WARMUP_STEPS = 50
MOST_WEIGHTS = 1 << 27  # of a resumed run: twice those of the largest preset


def train(
    config: RunConfig,
    output: str | os.PathLike[str],
    resume: bool = False,
    every: float = 15.0,
    say: Callable[[str], object] = print,
) -> keras.Model:
    """Train a PixelCNN++ and write `model.keras`, `config.json`, `history.csv`, logs, drawings and checkpoints.

    Nothing is written before the data are loaded and the model is built. A run that was interrupted goes on from its
    last checkpoint with the same order of images, the same dropout and the same schedule, so with a budget in epochs
    the result is that of an uninterrupted run. A damaged checkpoint is passed over, with a warning.

    Args:
        config: A `RunConfig`. With `resume`, the one in the folder, whose budget may be changed.
        output: The run folder.
        resume: Go on with the run in `output`.
        every: Seconds between lines of progress; infinity for none.
        say: Function that prints a line.

    Returns:
        The trained distribution, with the averaged weights.

    Raises:
        ValueError: If `output` is not empty (without `resume`) or holds no run (with `resume`), the data do not fit, or
            the folder does not say how much of the budget is spent.
        OSError: If the data cannot be read, the folder cannot be written, or another process trains in it.
        FloatingPointError: If gradients are not finite, step after step.
    """
    folder = RunFolder(output)
    if resume:
        folder.read_config()
        folder.require_writable()
        with folder.locked():  # raises its error before the data are read, which may take long
            pass
    else:
        folder.require_new()
    images, labels, class_names = config.data.load("train")
    held_out = _held_out(config)
    if resume:
        _check_model_size(config, folder, images.shape[1:], len(class_names))
    config = _complete(config, images, labels, class_names)
    model = build(config)
    say(f"{len(images):,} images of {len(class_names)} classes, {model.count_params():,} parameters, {config.dtype}")
    batches = ShuffledBatches(images, labels, config.batch_size, config.seed)
    with folder.locked():
        if not resume:
            folder.require_new()  # another process may have begun a run there meanwhile
        folder.remove_partial_files()
        _fit(model, config, folder, batches, held_out, every, say)
        model.save(folder.model)
    return model


def _fit(model, config, folder, batches, held_out, every, say):
    """Train from the last checkpoint, if there is one, to the end of the budget."""
    epoch = _load_last_checkpoint(model, folder)
    clock = _clock(model, config, batches, epoch, folder)
    folder.write_config(config)
    if clock.fraction() >= 1.0:
        say("the budget of this run is spent; nothing to train")
        model.optimizer.finalize_variable_values(model.trainable_variables)
        return
    callbacks = _callbacks(config, folder, batches, held_out, clock, epoch, every, say)
    epochs = config.epochs or UNBOUNDED_EPOCHS
    model.fit(batches, epochs=epochs, initial_epoch=epoch, callbacks=callbacks, shuffle=False, verbose=0)


def _check_model_size(config, folder, image_shape, num_classes):
    """Check that the model of a `config.json` is no larger than usual, or than a checkpoint, before it is built."""
    sizes = [path.stat().st_size // SMALLEST_WEIGHT for _, path in list_checkpoints(folder.checkpoints)]
    most = max([MOST_WEIGHTS, *sizes])
    weights = pixel_cnn_plus_plus_cost(image_shape, num_classes, **config.preset.model_arguments()).parameters
    if weights > most:
        raise ValueError(
            f"{folder.config} has a preset of {weights:,} weights; a run without a checkpoint of that size may have "
            f"{most:,}."
        )


def build(config):
    """Return the compiled, untrained distribution of a `RunConfig` with `image_shape` and `class_names` filled in.

    Args:
        config: A `RunConfig`.
    """
    import pixelcnn

    keras.utils.set_random_seed(config.seed)
    model = pixelcnn.PixelCNNPlusPlus(
        image_shape=config.image_shape,
        num_classes=len(config.class_names),
        class_names=config.class_names,
        condition_dropout=config.condition_dropout,
        dtype=config.dtype,
        **config.preset.model_arguments(),
    )
    model.compile(keras.optimizers.Adam(config.learning_rate), ema_momentum=config.preset.ema_momentum)
    return model


def _complete(config, images, labels, class_names):
    """Fill in what only the data and the machine know; a resumed run must find the data it began with."""
    image_shape = tuple(int(size) for size in images.shape[1:])
    class_names = tuple(str(name) for name in class_names)
    data_sum = checksum(images, labels)
    for name, now in (("image_shape", image_shape), ("class_names", class_names), ("checksum", data_sum)):
        before = getattr(config, name)
        if before not in (None, now):
            hint = " Put the training images back, or train anew in a new folder." if name == "checksum" else ""
            raise ValueError(f"the data has changed: {name} is {now}; this run began with {before}.{hint}")
    dtype, batch_size = config.dtype, min(config.batch_size, len(images))
    if dtype == "auto":
        dtype = fastest_dtype(config.preset.num_filters, images.shape[1], batch_size)
    return dataclasses.replace(
        config,
        dtype=dtype,
        batch_size=batch_size,
        image_shape=image_shape,
        class_names=class_names,
        checksum=data_sum,
        versions=config.versions or installed_versions(),
    )


def _load_last_checkpoint(model, folder):
    """Load the last whole checkpoint, and return the number of its epochs; 0 if the run has no checkpoint yet."""
    found = list_checkpoints(folder.checkpoints)
    for epoch, path in reversed(found):
        try:
            model.load_weights(path)
        except (ValueError, OSError) as error:
            warnings.warn(f"a damaged checkpoint is passed over: {error}", stacklevel=2)
        else:
            return epoch
    if found:
        raise ValueError(
            f"none of the {len(found)} checkpoints in {folder.checkpoints} can be read; "
            "to train from the beginning, move them to another folder."
        )
    # A run that was killed before its first checkpoint has at most one row, and no model.
    if folder.model.exists() or len(read_history(folder.history)) > 1:
        raise ValueError(f"{folder.checkpoints} lacks the checkpoints of this run; to train anew, give a new folder.")
    return 0


def _clock(model, config, batches, epoch, folder):
    """The clock of the run, set to the steps and seconds of its last checkpoint."""
    steps, seconds = _spent(model, config, epoch, folder)
    return Clock(
        total_steps=None if config.epochs is None else config.epochs * len(batches),
        total_seconds=None if config.minutes is None else 60.0 * config.minutes,
        steps=steps,
        seconds=seconds,
    )


def _spent(model, config, epoch, folder):
    """Steps and seconds that the run has spent up to an epoch: from `history.csv`, or the steps from the checkpoint."""
    if epoch == 0:
        return 0, 0.0
    rows = [row for row in read_history(folder.history) if int(row["epoch"]) <= epoch]
    if rows and int(rows[-1]["epoch"]) == epoch:
        return int(rows[-1]["steps"]), float(rows[-1]["seconds"])
    lacks = f"{folder.history} lacks the row of epoch {epoch}"
    if config.epochs is None:
        raise ValueError(
            f"{lacks}, so it is unknown how much of the {config.minutes:g} minutes is spent; to go on, give epochs in "
            f"place of minutes (the checkpoint has {epoch} epochs)."
        )
    warnings.warn(f"{lacks}; its steps are taken from the checkpoint, its seconds from the row before.", stacklevel=2)
    steps = int(keras.ops.convert_to_numpy(model.optimizer.iterations))
    return steps, float(rows[-1]["seconds"]) if rows else 0.0


def _held_out(config):
    """At most `held_out` images and labels of the test split, or None."""
    if not config.held_out:
        return None
    images, labels, _ = config.data.load("test")
    count = min(config.held_out, len(images))
    if count > HELD_OUT_BATCH:  # whole batches: a smaller last one would be compiled anew
        count -= count % HELD_OUT_BATCH
    chosen = np.random.default_rng(config.seed).permutation(len(images))[:count]
    return images[chosen], labels[chosen]


def _callbacks(config, folder, batches, held_out, clock, epoch, every, say):
    """The callbacks, in the order in which they act at the end of an epoch."""
    size = batches.batch_size
    # A short run must not spend itself on its warm-up.
    warmup = WARMUP_STEPS if clock.total_steps is None else min(WARMUP_STEPS, math.ceil(clock.total_steps / 10))
    callbacks = [EpochSeed(batches), CosineAnnealing(config.learning_rate, clock, warmup), Budget(clock)]
    if held_out is not None:
        callbacks.append(HeldOut(*held_out, batch_size=HELD_OUT_BATCH))
    callbacks.append(Progress(clock, size, every, say))
    # The row is written before the checkpoint: a row without a checkpoint can be dropped later, a missing one not
    # made up.
    callbacks.append(HistoryFile(folder.history, clock, size, epoch))
    callbacks.append(EpochCheckpoint(folder.checkpoints, config.keep, resume=True))
    if config.sample_rows:
        classes = len(config.class_names)
        callbacks.append(SampleGrid(folder.samples, classes, config.sample_rows, config.seed, resume=True))
    board = tensorboard(folder.logs)
    if board is None:
        say("no TensorBoard logs: the package tensorboard is not installed (pip install 'pixelcnn[tensorboard]')")
    else:
        callbacks.append(board)
    return callbacks
