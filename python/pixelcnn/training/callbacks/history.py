"""The table `history.csv`, with one row per epoch."""

import csv
import io
import math
import os
from pathlib import Path
from typing import Any

import keras

from pixelcnn import require
from pixelcnn.backend import is_first_machine
from pixelcnn.files import read_text, write_text
from pixelcnn.training.schedule import Clock


class HistoryFile(keras.callbacks.Callback):
    """Write `history.csv` with one row per epoch, each time as a whole, so that no row is ever cut off.

    Rows of an earlier training in the file stay, and the epochs of this training are numbered after them. A resumed
    training drops the rows after epoch `initial_epoch`, because it repeats an epoch that has a row but no checkpoint.

    Args:
        path: Path of the file.
        clock: A `Clock`, whose seconds and steps are columns of the file.
        batch_size: Number of images of a step.
        initial_epoch: Number of epochs of a resumed training before it resumes; None for a new training.

    Raises:
        ValueError: If the file exists and is not a table with the same columns.
    """

    columns = ("epoch", "seconds", "steps", "images", "learning_rate", "loss", "bits_per_dim", "val_bits_per_dim")

    def __init__(self, path: str | os.PathLike[str], clock: Clock, batch_size: int, initial_epoch: int | None = None):
        super().__init__()
        self.path, self.clock, self.batch_size = Path(path), clock, batch_size
        last = math.inf if initial_epoch is None else initial_epoch
        self.rows = [row for row in read_history(path) if int(row["epoch"]) <= last]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the row of the epoch."""
        logs = logs or {}
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        row = {
            "epoch": max([epoch, *(int(row["epoch"]) for row in self.rows)]) + 1,
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
        if is_first_machine():
            write_text(self.path, text.getvalue())


def read_history(path):
    """Return the rows of a `history.csv` as dictionaries of texts; no rows if the file does not exist or is empty.

    Args:
        path: Path of the file.

    Raises:
        ValueError: If the file is not a table that `HistoryFile` writes.
        OSError: If the file cannot be read.
    """
    if not Path(path).exists():
        return []
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    try:
        if reader.fieldnames not in (None, list(HistoryFile.columns)):
            raise ValueError(f"its columns are {', '.join(reader.fieldnames)}")
        return [_checked(row) for row in reader]
    except (ValueError, csv.Error) as error:
        expected = f"a table with the columns {', '.join(HistoryFile.columns)}"
        raise ValueError(f"{path} is damaged at line {reader.line_num} ({error}): expected {expected}.") from None


def _checked(row):
    """Check the numbers of a row that a resumed training uses, and return the row."""
    if None in row or None in row.values():
        raise ValueError("it has too many or too few fields")
    for name, low in (("epoch", 1), ("steps", 0), ("images", 0)):
        if not (row[name].isascii() and row[name].isdecimal() and len(row[name]) < 20 and int(row[name]) >= low):
            raise ValueError(f"{name}={require.short(row[name])} is not a whole number of at least {low}")
    if not 0 <= float(row["seconds"]) < math.inf:
        raise ValueError(f"seconds={require.short(row['seconds'])} is not a finite number of at least 0")
    return row
