"""`history.csv`: one row an epoch."""

import csv
import io
import math
import os
from pathlib import Path
from typing import Any

import keras

from pixelcnn.files import read_text, write_text
from pixelcnn.training.schedule import Clock


class HistoryFile(keras.callbacks.Callback):
    """Keep `history.csv`: one row an epoch, rewritten whole, so that it is never cut off in the middle of a row.

    If the file has rows of an earlier training, they stay, and this training's epochs are numbered after theirs. A
    training that goes on drops the rows of epochs from `initial_epoch` on: a run that was killed between the row and
    the checkpoint of an epoch does that epoch again.

    Args:
        path: Path of the file.
        clock: A `Clock`; its seconds and steps are columns of the file.
        batch_size: Number of images of a step.
        initial_epoch: Number of epochs that this training has done before, or None if it does not go on.

    Raises:
        ValueError: If the file exists and is not such a table.
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
        write_text(self.path, text.getvalue())


def read_history(path):
    """Return the rows of a `history.csv` as dictionaries of text; none when the file does not exist or is empty.

    Args:
        path: Path of the file.

    Raises:
        ValueError: If the file is not such a table.
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
