"""Lines about the progress of a training."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from pixelcnn.training.schedule import Clock


class Progress(keras.callbacks.Callback):
    """Print the time, the number of images so far, the bits/dim since the line before and the time left.

    Args:
        clock: A `Clock`.
        batch_size: Number of images of a step.
        every: Seconds from one line to the next.
        say: Function that prints a line.
    """

    def __init__(self, clock: Clock, batch_size: int, every: float = 15.0, say: Callable[[str], object] = print):
        super().__init__()
        self.clock, self.batch_size, self.every, self.say = clock, batch_size, every, say
        self.recent: list[float] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Print the names of the columns."""
        self.session_steps, self.session_start = self.clock.steps, self.clock.seconds
        self.next_line = self.clock.seconds + self.every
        self.say("    time   epoch     images   bits/dim   images/s       left")

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Reset the running mean, because Keras resets its metrics at each epoch."""
        self.epoch, self.mean, self.count = epoch, 0.0, 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Note in an epoch that continues that the mean of its earlier batches is not known."""
        if batch and not self.count:
            self.mean, self.count = np.nan, batch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the bits/dim of the batch, and print a line if the last one was `every` seconds ago."""
        self._collect(logs)
        if self.clock.seconds >= self.next_line:
            self.line()
            self.next_line = self.clock.seconds + self.every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Print the bits/dim of the validation images, if the logs have it."""
        if logs and "val_bits_per_dim" in logs:
            self.say(
                f"{_clock_text(self.clock.seconds)}  {epoch + 1:>6}  validation bits/dim {logs['val_bits_per_dim']:.3f}"
            )

    def line(self) -> None:
        """Print one line, and drop the bits/dim of its batches."""
        elapsed = self.clock.seconds - self.session_start
        rate = (self.clock.steps - self.session_steps) * self.batch_size / max(elapsed, 1e-9)
        bits = f"{np.mean(self.recent):.3f}" if self.recent else "-"
        self.say(
            f"{_clock_text(self.clock.seconds)}  {self.epoch + 1:>6}  {self.clock.steps * self.batch_size:>9,}"
            f"  {bits:>9}  {rate:>9.1f}  {_clock_text(self.clock.seconds_left()):>9}"
        )
        self.recent = []

    def _collect(self, logs):
        # Keras reports the mean over the epoch so far, so the value of a batch is the difference of two sums.
        mean = float((logs or {}).get("bits_per_dim", np.nan))
        batch_value = mean * (self.count + 1) - self.mean * self.count
        self.mean, self.count = mean, self.count + 1
        if np.isfinite(batch_value):
            self.recent.append(batch_value)


def _clock_text(seconds):
    """Return seconds as m:ss, right-aligned in 8 characters."""
    if not np.isfinite(seconds):
        return f"{'?':>8}"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:>5}:{rest:02d}"
