"""What happens around the steps of a training: order, held-out likelihood, progress, history, checkpoints, drawings."""

import csv
import io
import math
import re
from pathlib import Path

import keras
import numpy as np

from pixelcnn.files import read_text, require_writable, write_text
from pixelcnn.training.averaging import averaged_weights

SEED_STATE = "seed_generator_state"  # what Keras calls the state of a `SeedGenerator`


class EpochSeed(keras.callbacks.Callback):
    """Make the order of the images and the dropout of each epoch a function of (seed, epoch).

    Keras' checkpoints do not hold the state of random layers, so a resumed run would repeat the first epochs' noise.

    Args:
        batches: a `ShuffledBatches`; its seed is that of the dropout, too.
    """

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch, logs=None):
        """Choose the order, and where each random layer begins."""
        self.batches.set_epoch(epoch)
        random = np.random.default_rng((self.batches.seed, epoch, 1))
        for variable in self.model.variables:
            if variable.name == SEED_STATE:
                variable.assign(random.integers(0, 2**31, variable.shape).astype(variable.dtype))


class HeldOut(keras.callbacks.Callback):
    """Add `val_bits_per_dim` to the logs of each epoch: bits/dim of held-out images under the averaged weights.

    Args:
        images: (N, H, W, C) integers.
        labels: (N,) integers, or None.
        batch_size: images a chunk.
    """

    def __init__(self, images, labels, batch_size=64):
        super().__init__()
        self.images, self.labels, self.batch_size = images, labels, batch_size

    def on_epoch_end(self, epoch, logs=None):
        """Measure and log."""
        with averaged_weights(self.model):
            bits = self.model.bits_per_dim(self.images, conditional_input=self.labels, batch_size=self.batch_size)
        if logs is not None:
            logs["val_bits_per_dim"] = float(np.mean(bits))


class Progress(keras.callbacks.Callback):
    """Print a line with the time, the images seen, bits/dim since the line before and the time left.

    Args:
        clock: a `Clock`.
        batch_size: images a step.
        every: seconds between lines.
        say: function that prints a line.
    """

    def __init__(self, clock, batch_size, every=15.0, say=print):
        super().__init__()
        self.clock, self.batch_size, self.every, self.say = clock, batch_size, every, say
        self.recent = []

    def on_train_begin(self, logs=None):
        """Print what the columns are."""
        self.session_steps, self.session_start = self.clock.steps, self.clock.seconds
        self.next_line = self.clock.seconds + self.every
        self.say("    time   epoch     images   bits/dim   images/s       left")

    def on_epoch_begin(self, epoch, logs=None):
        """Forget the running mean: Keras' metrics start again with each epoch."""
        self.epoch, self.mean, self.count = epoch, 0.0, 0

    def on_train_batch_end(self, batch, logs=None):
        """Collect the batch; print when it is time."""
        self._collect(logs)
        if self.clock.seconds >= self.next_line:
            self.line()
            self.next_line = self.clock.seconds + self.every

    def on_epoch_end(self, epoch, logs=None):
        """Print the held-out figure, if there is one."""
        if logs and "val_bits_per_dim" in logs:
            self.say(
                f"{_clock_text(self.clock.seconds)}  {epoch + 1:>6}  held-out bits/dim {logs['val_bits_per_dim']:.3f}"
            )

    def line(self):
        """Print one line and forget what it told."""
        elapsed = self.clock.seconds - self.session_start
        rate = (self.clock.steps - self.session_steps) * self.batch_size / max(elapsed, 1e-9)
        bits = f"{np.mean(self.recent):.3f}" if self.recent else "-"
        self.say(
            f"{_clock_text(self.clock.seconds)}  {self.epoch + 1:>6}  {self.clock.steps * self.batch_size:>9,}"
            f"  {bits:>9}  {rate:>9.1f}  {_clock_text(self.clock.seconds_left()):>9}"
        )
        self.recent = []

    def _collect(self, logs):
        # Keras reports the mean over the epoch so far; the batch itself is the difference of two such sums.
        mean = float((logs or {}).get("bits_per_dim", np.nan))
        batch_value = mean * (self.count + 1) - self.mean * self.count
        self.mean, self.count = mean, self.count + 1
        if np.isfinite(batch_value):
            self.recent.append(batch_value)


def _clock_text(seconds):
    """Seconds as m:ss, right-aligned in 8 characters."""
    if not np.isfinite(seconds):
        return f"{'?':>8}"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:>5}:{rest:02d}"


class HistoryFile(keras.callbacks.Callback):
    """Keep `history.csv`: one row an epoch, rewritten whole, so that it is never cut off in the middle of a row.

    Rows of epochs from `initial_epoch` on are dropped at the start: a run that was killed between the row and the
    checkpoint of an epoch does that epoch again.

    Args:
        path: the file.
        clock: a `Clock`; its seconds and steps are columns.
        batch_size: images a step.
        initial_epoch: number of epochs that were done before; later rows in the file are dropped.

    Raises:
        ValueError: the file exists and is not such a table.
    """

    columns = ("epoch", "seconds", "steps", "images", "learning_rate", "loss", "bits_per_dim", "val_bits_per_dim")

    def __init__(self, path, clock, batch_size, initial_epoch=0):
        super().__init__()
        self.path, self.clock, self.batch_size = Path(path), clock, batch_size
        self.rows = [row for row in read_history(path) if int(row["epoch"]) <= initial_epoch]

    def on_epoch_end(self, epoch, logs=None):
        """Add the row of the epoch."""
        logs = logs or {}
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        row = {
            "epoch": epoch + 1,
            "seconds": round(self.clock.seconds, 2),
            "steps": self.clock.steps,
            "images": self.clock.steps * self.batch_size,
            "learning_rate": f"{rate:.3e}",
            "loss": f"{logs.get('loss', float('nan')):.6g}",
            "bits_per_dim": f"{logs.get('bits_per_dim', float('nan')):.6g}",
            "val_bits_per_dim": f"{logs['val_bits_per_dim']:.6g}" if "val_bits_per_dim" in logs else "",
        }
        self.rows.append({name: str(value) for name, value in row.items()})
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.path, text.getvalue())


def read_history(path):
    """Return the rows of a `history.csv` as dictionaries of text; none when the file does not exist or is empty.

    Args:
        path: the file.

    Raises:
        ValueError: the file is not such a table.
        OSError: the file cannot be read.
    """
    if not Path(path).exists():
        return []
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    try:
        if reader.fieldnames not in (None, list(HistoryFile.columns)):
            raise ValueError(f"its columns are {', '.join(reader.fieldnames)}")
        return [_checked(row) for row in reader]
    except (ValueError, csv.Error) as error:
        expected = f"expected a table of {', '.join(HistoryFile.columns)}"
        raise ValueError(f"{path} is damaged at line {reader.line_num}: {error}; {expected}.") from None


def _checked(row):
    """Check the numbers of a row that a resumed training uses, and return the row."""
    if None in row or None in row.values():
        raise ValueError("it has too many or too few fields")
    for name, low in (("epoch", 1), ("steps", 0), ("images", 0)):
        if not (row[name].isascii() and row[name].isdecimal() and len(row[name]) < 20 and int(row[name]) >= low):
            raise ValueError(f"{name} is {row[name][:40]!r}, not a whole number of at least {low}")
    if not 0 <= float(row["seconds"]) < math.inf:
        raise ValueError(f"seconds is {row['seconds'][:40]!r}, not a finite number of at least 0")
    return row


class EpochCheckpoint(keras.callbacks.Callback):
    """Save model and optimizer after each epoch as `epoch-001.keras` and so on; a file is whole or absent.

    If the folder has checkpoints of an earlier training, they stay, and this training's numbers follow theirs: the
    highest number is the newest checkpoint.

    Args:
        folder: where to.
        keep: how many of the last ones stay; None for all.
        resume: whether the checkpoints in the folder belong to this training. Then the number of a file is its epoch,
            and `keep` counts the files that are in the folder already.
    """

    def __init__(self, folder, keep=3, resume=False):
        super().__init__()
        self.folder, self.keep, self.resume = Path(folder), keep, resume
        self.written = [path for _, path in list_checkpoints(folder)] if resume else []

    @property
    def last(self):
        """The path of the last checkpoint of this training, or None."""
        return self.written[-1] if self.written else None

    def on_train_begin(self, logs=None):
        """Check that the folder can be written, before an epoch is trained."""
        require_writable("folder", self.folder / "x")

    def on_epoch_end(self, epoch, logs=None):
        """Save the epoch, and remove the oldest checkpoints beyond `keep`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"epoch-{self._number(epoch):03d}.keras"
        self.model.save(path)
        self.written = [other for other in self.written if other != path] + [path]
        while self.keep and len(self.written) > self.keep:
            self.written.pop(0).unlink(missing_ok=True)

    def _number(self, epoch):
        found = [] if self.resume else list_checkpoints(self.folder)
        return max([epoch, *(number for number, _ in found)]) + 1


def list_checkpoints(folder):
    """Return `(epochs done, path)` of every checkpoint in `folder`, the earliest first.

    Args:
        folder: a run's `checkpoints` folder; it need not exist.
    """
    found = []
    for path in Path(folder).glob("epoch-*.keras"):
        match = re.fullmatch(r"epoch-(\d+)\.keras", path.name)
        if match and path.is_file():  # reading a pipe would wait
            found.append((int(match[1]), path))
    return sorted(found)


class SampleGrid(keras.callbacks.Callback):
    """Draw the same classes with the same noise after each epoch, as `epoch-001.png`.

    Seeing one fixed set of drawings sharpen tells more than a new set each time.

    Args:
        folder: where to.
        num_classes: K, or None for an unconditional model.
        rows: drawings of each class (in all, 8 times as many without classes).
        seed: of the noise.
    """

    def __init__(self, folder, num_classes, rows=2, seed=0):
        super().__init__()
        self.folder, self.num_classes, self.rows, self.seed = Path(folder), num_classes, rows, seed

    def on_epoch_end(self, epoch, logs=None):
        """Sample and write."""
        from pixelcnn import plot

        with averaged_weights(self.model):
            images = self._sample()
        picture = plot.grid(images, columns=self.num_classes or 8, low=self.model.low, high=self.model.high)
        plot.save(picture, self.folder / f"epoch-{epoch + 1:03d}.png")

    def _sample(self):
        if self.num_classes is None:
            return self.model.sample(8 * self.rows, seed=self.seed, verbose=0)
        labels = np.tile(np.arange(self.num_classes), self.rows)
        return self.model.sample(conditional_input=labels, seed=self.seed, verbose=0)


def tensorboard(folder):
    """Return Keras' TensorBoard callback writing to `folder`, or None where the package is not installed.

    Args:
        folder: where the logs go.
    """
    from importlib.util import find_spec

    if find_spec("tensorboard") is None or find_spec("tensorflow") is None:
        return None
    return keras.callbacks.TensorBoard(str(folder))
